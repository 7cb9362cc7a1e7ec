"""Words that tell a place of events from a government or a dateline: a table of cue words by language."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from streams.errors import ConfigError
from streams.geo.hashing import CUE, phrase_hash

TABLE = Path(__file__).parent / "data" / "contexts.tsv"
INSTITUTIONS = Path(__file__).parent / "data" / "institutions.tsv"
CLASSES = {"violence": 256, "speech": 512, "locative": 1024, "firm": 2048}  # the flags of words in the kernel

Cues = Mapping[int, int]
Institutions = Mapping[str, Mapping[int, str]]


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


def load_institutions(path: Path = INSTITUTIONS) -> Institutions:
    """Read the words that place an item in a country, by language and hash; ConfigError with file and line."""
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(("#", "lang\t")):
            continue
        cells = line.split("\t")
        if len(cells) != 3 or len(cells[1]) != 2:
            raise ConfigError(f"{path}:{number}: expected language, ISO 3166-1 code, words")
        found[cells[0]].update({phrase_hash(word): cells[1] for word in cells[2].split(";")})
    return found


def placed_by_institutions(
    hashes: Iterable[int], language: str, institutions: Institutions
) -> tuple[tuple[str, int], ...]:
    """Return the countries whose institutions and currencies a document's words name, with counts, most first."""
    known = {**institutions.get("*", {}), **institutions.get(language, {})}
    count = Counter(known[found] for found in hashes if found in known)
    return tuple(sorted(count.items(), key=lambda item: (-item[1], item[0])))
