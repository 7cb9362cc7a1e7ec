"""Fingerprints: what is kept of a text to recognise its copies.

A text is a set of shingles (three words in a row; in scripts without spaces, a few characters in a row). Each shingle
has a 64-bit hash, and the `SKETCH` smallest hashes are a uniform sample of the set, the same for a shingle wherever it
stands: two such samples give the Jaccard index and the containment of the whole sets (bottom-k sketch, Broder 1997).
"""

import numpy as np
import xxhash
from numpy.typing import NDArray

from streams.messages import Fingerprint

SKETCH, KEYS, FACTS = 64, 32, 16
MAX_POINTS = 1 << 16
WORDS = 3
CHARACTERS = {"zh": 6, "ja": 6, "th": 10, "my": 10, "km": 10, "lo": 10}

Hashes = NDArray[np.uint64]
Points = NDArray[np.uint32]

# Constants of splitmix64 (Steele 2014) and wyhash; the base of the rolling hash is 2^64 over the golden ratio, odd.
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_FIRST, _SECOND, _THIRD = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA0761D6478BD642F), np.uint64(0xE7037ED1A0B428DB)
_BASE = 0x9E3779B97F4A7C15
_S27, _S30, _S31, _S32, _S48 = (np.uint64(n) for n in (27, 30, 31, 32, 48))


def _powers(base: int) -> Hashes:
    powers = np.full(MAX_POINTS + 4, base, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


_POWER, _INVERSE = _powers(_BASE), _powers(pow(_BASE, -1, 1 << 64))
_UPPER = np.fromiter((chr(cp).isupper() for cp in range(0x1F00)), np.bool_, 0x1F00)
_UPPER[-1] = False


def _mix(hashes: Hashes) -> Hashes:
    hashes = hashes ^ (hashes >> _S30)
    hashes *= _MIX_1
    hashes ^= hashes >> _S27
    hashes *= _MIX_2
    hashes ^= hashes >> _S31
    return hashes


def _points(text: str) -> Points:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return starts and ends of the stretches that are True; the mask begins and ends with False."""
    edges = np.flatnonzero(mask[1:] != mask[:-1])
    return edges[0::2], edges[1::2]


def _shingles(words: Hashes) -> Hashes:
    return _mix(words[:-2] * _FIRST + words[1:-1] * _SECOND + words[2:] * _THIRD)


def _character_shingles(points: Points, length: int) -> Hashes:
    sums = np.zeros(len(points) + 1, np.uint64)
    np.cumsum(points * _POWER[: len(points)], out=sums[1:])
    return _mix((sums[length:] - sums[:-length]) * _INVERSE[: max(0, len(points) - length + 1)])


def _facts(hashes: Hashes) -> bytes:
    return np.unique((hashes >> _S48).astype("<u2"))[:FACTS].tobytes()


def _names(raw: str, folded: Points, starts: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which words are capitalised inside a sentence; none where folding has moved the characters."""
    source = _points(raw[: len(folded)])
    if len(source) != len(folded):
        return np.zeros(len(starts), np.bool_)
    capital = _UPPER[np.minimum(source[starts + 1], len(_UPPER) - 1)]
    capital &= source[starts] == 32
    capital &= folded[starts - 1] > 32
    return capital


def fingerprint(title: str, text: str, folded_title: str, folded_text: str, language: str) -> Fingerprint:
    """Return what dedup compares of one text: the same on every machine and in every process.

    Of texts longer than `MAX_POINTS` code points, the beginning is taken. `language` is ISO 639-1.
    """
    body = f"{folded_title}\n{folded_text}"[: MAX_POINTS - 3]
    points = _points(f"\n\n{body}\n")
    letters = points > 32
    sums = np.cumsum(points * _POWER[: len(points)])
    starts, ends = _runs(letters)
    words = _mix((sums[ends] - sums[starts]) * _INVERSE[starts])
    length = CHARACTERS.get(language)
    shingles = _character_shingles(points[letters], length) if length else _shingles(words)
    shingles.sort()
    if len(shingles) > 1:
        shingles = shingles[np.concatenate(([True], shingles[1:] != shingles[:-1]))]
    sketch = shingles[:SKETCH]
    first, last = _runs(points - np.uint32(48) < 10)
    numbers = _mix((sums[last] - sums[first]) * _INVERSE[first])
    names = words[_names(f"\n\n{title}\n{text}\n", points, starts)]
    return Fingerprint(
        exact=xxhash.xxh3_128_digest(words.tobytes()),
        words=len(words),
        shingles=len(shingles),
        sketch=(sketch >> _S32).astype("<u4").tobytes(),
        keys=np.maximum(sketch[:KEYS].astype("<u4"), 1).tobytes(),
        numbers=_facts(numbers),
        names=_facts(names),
    )
