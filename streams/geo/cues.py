"""Words beside names: cues that tell a scene from a government or a dateline, institutions that tell a country."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.document import Document
from streams.errors import ConfigError
from streams.geo.hashing import CUE, Hashes, phrase_hash

TABLE = Path(__file__).parent / "data" / "contexts.tsv"
INSTITUTIONS = Path(__file__).parent / "data" / "institutions.tsv"
CLASSES = {"violence": 256, "speech": 512, "locative": 1024, "firm": 2048}  # the flags of words in the kernel

KINDS = ("agency", "firm", "currency", "former", "exchange", "money", "group")
SURE = ("agency", "firm", "currency")  # kinds that count even where places are named
_FORMER_UNTIL = 1991
_LEAD_WORDS, _LEAD_SIGNS = 60, 600
_SHARE_CODE = re.compile(r"[<(]\.?\w{1,8}\.([A-Z]{1,2})[)>]")

Cues = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Institutions:
    """The countries that words stand for in one language, by hash; `exchanges` those of the endings of share codes.

    `sure` words count beside places, `former` ones in items of their time, `every` one where no place is named.
    """

    every: Mapping[int, str]
    sure: Mapping[int, str]
    former: Mapping[int, str]
    exchanges: Mapping[str, str]


def load_cues(path: Path = TABLE) -> Mapping[str, Cues]:
    """Read the cue words of each language: hash of their first letters, flags; ConfigError with file and line."""
    cues: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(("#", "lang\t")):
            continue
        cells = line.split("\t")
        if len(cells) != 3 or cells[1] not in CLASSES:
            raise ConfigError(f"{path}:{number}: expected language, one of {', '.join(CLASSES)}, words")
        for word in cells[2].split(";"):
            cues[cells[0]][phrase_hash(word[:CUE])] |= CLASSES[cells[1]]
    return cues


def load_institutions(path: Path = INSTITUTIONS) -> Mapping[str, Institutions]:
    """Read the words that place an item in a country, by language (`*`: any other); ConfigError with file and line."""
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: {kind: {} for kind in KINDS})
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(("#", "lang\t")):
            continue
        cells = line.split("\t")
        if len(cells) != 4 or len(cells[1]) != 2 or cells[2] not in KINDS:
            raise ConfigError(f"{path}:{number}: expected language, ISO 3166-1 code, one of {', '.join(KINDS)}, words")
        found[cells[0]][cells[2]].update(dict.fromkeys(cells[3].split(";"), cells[1]))
    return {language: _institutions(found["*"], own) for language, own in {"*": found["*"], **found}.items()}


def _institutions(common: Mapping[str, Mapping[str, str]], own: Mapping[str, Mapping[str, str]]) -> Institutions:
    def hashed(*kinds: str) -> dict[int, str]:
        words = {word: country for kind in kinds for word, country in {**common[kind], **own[kind]}.items()}
        return {phrase_hash(word): country for word, country in words.items()}

    every = hashed(*(kind for kind in KINDS if kind != "exchange"))
    return Institutions(every, hashed(*SURE), hashed("former"), {**common["exchange"], **own["exchange"]})


def told_by_lead(document: Document, hashes: Hashes, known: Institutions) -> Counter[str]:
    """Return the countries of the institutions of headline and lead, each with how many there are."""
    lead = hashes[:_LEAD_WORDS].tolist()
    found = [known.sure[word] for word in lead if word in known.sure]
    if document.published_at and document.published_at.year <= _FORMER_UNTIL:
        found += [known.former[word] for word in lead if word in known.former]
    codes = {code for code in _SHARE_CODE.findall(document.body[:_LEAD_SIGNS]) if code in known.exchanges}
    return Counter([*found, *(known.exchanges[code] for code in sorted(codes))])


def told_at_all(hashes: Iterable[int], known: Institutions) -> str | None:
    """Return the country most of a document's words stand for."""
    count = Counter(known.every[word] for word in hashes if word in known.every)
    return min(count, key=lambda country: (-count[country], country), default=None)
