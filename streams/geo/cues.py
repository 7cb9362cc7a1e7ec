"""Words that tell a place of events from a government or a dateline: a table of cue words by language."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streams.errors import ConfigError
from streams.geo.hashing import Hashes, Ints, phrase_hash
from streams.geo.words import Flags, Words

TABLE = Path(__file__).parent / "data" / "contexts.tsv"
CLASSES = ("violence", "speech", "locative")
_HEAD = 5

Cues = Mapping[tuple[str, str], Hashes]


def load_cues(path: Path = TABLE) -> Cues:
    """Read the cue words, as sorted hashes of their first letters; ConfigError with file and line where it is wrong."""
    cues: dict[tuple[str, str], set[int]] = defaultdict(set)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(("#", "lang\t")):
            continue
        cells = line.split("\t")
        if len(cells) != 3 or cells[1] not in CLASSES:
            raise ConfigError(f"{path}:{number}: expected language, one of {', '.join(CLASSES)}, words")
        cues[cells[0], cells[1]].update(phrase_hash(word[:_HEAD]) for word in cells[2].split(";"))
    return {key: np.array(sorted(found), np.uint64) for key, found in cues.items()}


@dataclass(frozen=True, slots=True)
class Cued:
    """For each word of a document, whether it is a cue of each class."""

    violence: Flags
    speech: Flags
    locative: Flags


def cued(words: Words, language: str, cues: Cues) -> Cued:
    """Find the cue words of a document."""
    heads = words.sums.words(words.first, np.minimum(words.first + _HEAD, words.last))
    return Cued(*(_among(heads, cues.get((language, name))) for name in CLASSES))


def _among(heads: Hashes, known: Hashes | None) -> Flags:
    if known is None or not len(heads):
        return np.zeros(len(heads), np.bool_)
    found: Flags = known[np.minimum(np.searchsorted(known, heads), len(known) - 1)] == heads
    return found


def near(flags: Flags, index: Ints, reach: int) -> Flags:
    """Return for each word number whether a flag is set within `reach` words of it."""
    sums = np.concatenate([[0], np.cumsum(flags)])
    found: Flags = sums[np.minimum(index + reach + 1, len(flags))] > sums[np.maximum(index - reach, 0)]
    return found
