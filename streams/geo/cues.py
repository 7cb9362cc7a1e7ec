"""Words that tell a place of events from a government or a dateline: a table of cue words by language."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streams.errors import ConfigError
from streams.geo.hashing import CUE, Hashes, Ints, phrase_hash
from streams.geo.words import Flags, Words

TABLE = Path(__file__).parent / "data" / "contexts.tsv"
INSTITUTIONS = Path(__file__).parent / "data" / "institutions.tsv"
CLASSES = ("violence", "speech", "locative", "firm")

Cues = Mapping[tuple[str, str], Hashes]
Institutions = Mapping[str, Mapping[int, str]]


def load_cues(path: Path = TABLE) -> Cues:
    """Read the cue words, as sorted hashes of their first letters; ConfigError with file and line where it is wrong."""
    cues: dict[tuple[str, str], set[int]] = defaultdict(set)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(("#", "lang\t")):
            continue
        cells = line.split("\t")
        if len(cells) != 3 or cells[1] not in CLASSES:
            raise ConfigError(f"{path}:{number}: expected language, one of {', '.join(CLASSES)}, words")
        cues[cells[0], cells[1]].update(phrase_hash(word[:CUE]) for word in cells[2].split(";"))
    return {key: np.array(sorted(found), np.uint64) for key, found in cues.items()}


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


def placed_by_institutions(words: Words, language: str, institutions: Institutions) -> tuple[tuple[str, int], ...]:
    """Return the countries whose institutions and currencies a document names, with their counts, most first."""
    known = {**institutions.get("*", {}), **institutions.get(language, {})}
    count = Counter(known[found] for found in words.hashes.tolist() if found in known)
    return tuple(sorted(count.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True)
class Cued:
    """For each word of a document, whether it is a cue of each class."""

    violence: Flags
    speech: Flags
    locative: Flags
    firm: Flags


def cued(words: Words, language: str, cues: Cues) -> Cued:
    """Find the cue words of a document."""
    return Cued(*(_among(words.cues, cues.get((language, name))) for name in CLASSES))


def _among(heads: Hashes, known: Hashes | None) -> Flags:
    if known is None or not len(heads):
        return np.zeros(len(heads), np.bool_)
    found: Flags = known[np.minimum(known.searchsorted(heads), len(known) - 1)] == heads
    return found


def near(flags: Flags, index: Ints, reach: int) -> Flags:
    """Return for each word number whether a flag is set within `reach` words of it."""
    sums = np.concatenate([[0], np.cumsum(flags)])
    found: Flags = sums[np.minimum(index + reach + 1, len(flags))] > sums[np.maximum(index - reach, 0)]
    return found
