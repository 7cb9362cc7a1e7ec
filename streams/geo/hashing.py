"""Hashes of words and of phrases, for many stretches of one text at a time.

A word's hash is a polynomial over its code points modulo 2^64, so that cumulative sums give the hash of any stretch in
constant time. A phrase's key mixes the hashes of its words in order: what stands between the words does not count.
The compiled gazetteer holds these keys: a change here asks for a new build.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Ints = NDArray[np.intp]

MAX_POINTS = 1 << 15
KEY_BITS = 42
BEGIN_BITS = 23
HEAD = 4  # letters by which stems are looked for
CUE = 5  # letters by which cue words are told
_BASE = 0x9E3779B97F4A7C15  # odd, so it has an inverse modulo 2^64
_POINT, _MIX_A, _MIX_B, _STEP = (
    np.uint64(n) for n in (0xD6E8FEB86659FD93, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xA0761D6478BD642F)
)  # odd constants of splitmix64 (Steele, Lea, Flood 2014) and of wyhash


def _powers(base: int) -> Hashes:
    factors = np.full(MAX_POINTS + 1, base, np.uint64)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)


_UP = _powers(_BASE)
_DOWN = _powers(pow(_BASE, -1, 1 << 64))
_WEIGHTS = _POINT * _UP
_ONE = np.uint64(1)
_UP.flags.writeable = _DOWN.flags.writeable = _WEIGHTS.flags.writeable = False


def mix(values: Hashes) -> Hashes:
    """Return the values with every input bit spread over every output bit (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX_A
    values = (values ^ (values >> np.uint64(27))) * _MIX_B
    return values ^ (values >> np.uint64(31))


@dataclass(frozen=True, slots=True)
class TextHash:
    """The cumulative hash of a folded text, from which the hash of any stretch follows."""

    sums: Hashes

    @classmethod
    def of(cls, points: NDArray[np.uint32]) -> "TextHash":
        """Hash code points (at most `MAX_POINTS` of them)."""
        sums = np.zeros(len(points) + 1, np.uint64)
        np.cumsum((points + _ONE) * _WEIGHTS[: len(points)], out=sums[1:])
        return cls(sums)

    def spelt(self, starts: Ints, ends: Ints) -> Hashes:
        """Return the hash of the letters of each stretch `[start, end)`."""
        return (self.sums[ends] - self.sums[starts]) * _DOWN[starts]

    def words(self, starts: Ints, ends: Ints) -> Hashes:
        """Return the mixed hash of each stretch `[start, end)`, taken as one word."""
        return mix(self.spelt(starts, ends))

    def joined(self, starts: Ints, ends: Ints, letters: Hashes) -> Hashes:
        """Return the mixed hash of each stretch with further letters (their `spelt` hashes) behind it."""
        return mix(self.spelt(starts, ends) + letters * _UP[ends - starts])

    def preceded(self, starts: Ints, ends: Ints, letters: Hashes, length: Ints | int) -> Hashes:
        """Return the mixed hash of each stretch with `length` further letters (their `spelt` hash) before it."""
        return mix(self.spelt(starts, ends) * _UP[length] + letters)


def spelt(letters: str) -> int:
    """Return the hash of a few letters."""
    points = np.frombuffer(letters.encode("utf-32-le"), np.uint32)
    return int(TextHash.of(points).sums[-1])


def phrase(head: Hashes, word: Hashes) -> Hashes:
    """Return the hashes of phrases `head` with one more word behind; a phrase of one word is that word's hash."""
    return mix(head * _STEP + word)


def prefix_hashes(name: str) -> list[int]:
    """Return the hashes of the first word, the first two words … of a folded name (single spaces between)."""
    result: list[Hashes] = []
    for word in name.split():
        points = np.frombuffer(word.encode("utf-32-le"), np.uint32)
        hashed = TextHash.of(points).words(np.array([0]), np.array([len(points)]))
        result.append(phrase(result[-1], hashed) if result else hashed)
    if not result:
        raise ValueError("an empty name has no hash")
    return [int(hashed[0]) for hashed in result]


def phrase_hash(name: str) -> int:
    """Return the hash of one folded name (words separated by single spaces)."""
    return prefix_hashes(name)[-1]


@lru_cache(maxsize=256)
def spoken(language: str) -> Hashes:
    """Return the hash of a language code, as an array of one: the first word of the keys that hold in one language."""
    hashed = np.array([phrase_hash(language)], np.uint64)
    hashed.flags.writeable = False
    return hashed
