"""Words beside names: cues that tell a scene from a government or a dateline, institutions that tell a country."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.errors import ConfigError
from streams.geo.hashing import CUE, phrase_hash

TABLE = Path(__file__).parent / "data" / "contexts.tsv"
INSTITUTIONS = Path(__file__).parent / "data" / "institutions.tsv"
CLASSES = {"violence": 256, "speech": 512, "locative": 1024, "firm": 2048}  # the flags of words in the kernel

KINDS = ("agency", "firm", "money", "group")
SURE = ("agency", "firm")  # kinds that count even where places are named

Cues = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Institutions:
    """The countries that words stand for in one language, by hash; `sure` are those of the kinds in `SURE`."""

    every: Mapping[int, str]
    sure: Mapping[int, str]


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
    found: dict[str, dict[str, dict[int, str]]] = defaultdict(lambda: {kind: {} for kind in KINDS})
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(("#", "lang\t")):
            continue
        cells = line.split("\t")
        if len(cells) != 4 or len(cells[1]) != 2 or cells[2] not in KINDS:
            raise ConfigError(f"{path}:{number}: expected language, ISO 3166-1 code, one of {', '.join(KINDS)}, words")
        found[cells[0]][cells[2]].update({phrase_hash(word): cells[1] for word in cells[3].split(";")})
    common = found["*"]
    return {language: _institutions(common, kinds) for language, kinds in found.items()}


def _institutions(*tables: Mapping[str, Mapping[int, str]]) -> Institutions:
    def joined(kinds: Iterable[str]) -> dict[int, str]:
        return {word: country for kind in kinds for table in tables for word, country in table[kind].items()}

    return Institutions(joined(KINDS), joined(SURE))


def placed(hashes: Iterable[int], known: Mapping[int, str]) -> tuple[tuple[str, int], ...]:
    """Return the countries that a document's words stand for, with counts, most first."""
    found = [known[word] for word in hashes if word in known]
    return tuple(sorted(Counter(found).items(), key=lambda item: (-item[1], item[0]))) if found else ()
