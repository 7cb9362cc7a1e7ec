"""Fingerprints: what is kept of a text to recognise its copies.

A text is a set of shingles (three words in a row; in scripts without spaces, a few characters in a row). Each shingle
has a 64-bit hash, and the `SKETCH` smallest hashes are a uniform sample of the set, the same for a shingle wherever it
stands: two such samples give the Jaccard index and the containment of the whole sets (bottom-k sketch, Broder 1997).
"""

import struct

import numpy as np
import xxhash
from numpy.typing import NDArray

from streams.messages import Fingerprint

SKETCH, KEYS, FACTS = 64, 32, 16
MAX_POINTS = 1 << 16
# Code points in a shingle of the languages that do not part words by spaces: about as much as three words.
CHARACTERS = {"zh": 6, "ja": 6, "th": 10, "my": 10, "km": 10, "lo": 10}

Hashes = NDArray[np.uint64]
Points = NDArray[np.uint32]
Positions = NDArray[np.intp]

# Odd constants of splitmix64 (Steele 2014) and wyhash; the base of the rolling hash is 2^64 over the golden ratio.
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_FIRST, _SECOND = np.uint64(0xA0761D6478BD642F), np.uint64(0xE7037ED1A0B428DB)
_BASE = 0x9E3779B97F4A7C15
_S29, _S32 = np.uint64(29), np.uint64(32)
_SPACE, _ZERO, _TEN = np.uint32(32), np.uint32(16), np.uint32(10)


def _powers(base: int) -> Hashes:
    powers = np.full(MAX_POINTS + 4, base, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


_POWER, _INVERSE = _powers(_BASE), _powers(pow(_BASE, -1, 1 << 64))
_UPPER = np.fromiter((chr(cp).isupper() for cp in range(0x1F00)), np.bool_, 0x1F00)
_UPPER[-1] = False


def _points(text: str) -> Points:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _starts(mask: NDArray[np.bool_]) -> Positions:
    """Return where stretches of True begin; the first element is False."""
    return (mask[1:] > mask[:-1]).nonzero()[0] + 1


def _hash_runs(points: Points, starts: Positions) -> Hashes:
    """Hash the stretches that begin at `starts` and end in zeros, wherever they stand, by a polynomial mod 2^64."""
    hashes = np.add.reduceat(points * _POWER[: len(points)], starts) if len(starts) else np.zeros(0, np.uint64)
    hashes *= _INVERSE[starts]
    hashes *= _MIX_1
    hashes ^= hashes >> _S32
    return hashes


def _word_shingles(words: Hashes) -> Hashes:
    hashes = words[:-2] * _FIRST
    hashes += words[1:-1] * _SECOND
    hashes += words[2:]
    return hashes


def _character_shingles(points: Points, length: int) -> Hashes:
    sums = np.zeros(len(points) + 1, np.uint64)
    np.cumsum(points * _POWER[: len(points)], out=sums[1:])
    return (sums[length:] - sums[:-length]) * _INVERSE[: max(0, len(points) - length + 1)]


def _distinct(hashes: Hashes) -> Hashes:
    """Mix the hashes so that all bits are even, and return them sorted, each once."""
    hashes ^= hashes >> _S32
    hashes *= _MIX_2
    hashes ^= hashes >> _S29
    hashes.sort()
    first = np.ones(len(hashes), np.bool_)
    np.not_equal(hashes[1:], hashes[:-1], out=first[1:])
    return hashes[first]


def _facts(hashes: Hashes) -> bytes:
    smallest = sorted(set(hashes.astype(np.uint16).tolist()))[:FACTS]
    return struct.pack(f"<{len(smallest)}H", *smallest)


def _names(raw: str, letters: NDArray[np.bool_], starts: Positions) -> NDArray[np.bool_]:
    """Tell which words are capitalised inside a sentence: after a letter or digit and one space."""
    source = _points(raw)
    names = _UPPER.take(source[starts], mode="clip")
    names &= source[starts - 1] == _SPACE
    names &= letters[starts - 2]
    return names


def _numbers(points: Points) -> Hashes:
    """Return the hashes of the stretches of digits."""
    digits = points - _ZERO < _TEN
    return _hash_runs(points * digits, _starts(digits))


def fingerprint(title: str, text: str, folded_title: str, folded_text: str, language: str) -> Fingerprint:
    """Return what dedup compares of one text: the same on every machine and in every process.

    Of texts longer than `MAX_POINTS` code points, the beginning is taken. `language` is ISO 639-1. Names are told by
    their capitals, so there are none in scripts without them, or where folding has dropped characters.
    """
    body = f"  {folded_title}\n{folded_text}"[: MAX_POINTS - 1]
    points = _points(body.replace("\n", " ") + " ") - _SPACE
    letters = points.astype(np.bool_)
    starts = _starts(letters)
    words = _hash_runs(points, starts)
    length = CHARACTERS.get(language)
    shingles = _distinct(_character_shingles(points[letters], length) if length else _word_shingles(words))
    same_length = len(title) == len(folded_title) and len(text) == len(folded_text)
    sketch = shingles[:SKETCH]
    return Fingerprint(
        exact=xxhash.xxh3_128_digest(words.tobytes()),
        words=len(words),
        shingles=len(shingles),
        sketch=(sketch >> _S32).astype("<u4").tobytes(),
        keys=np.maximum(sketch[:KEYS].astype("<u4"), 1).tobytes(),
        numbers=_facts(_numbers(points) if length else words[points[starts] - _ZERO < _TEN]),
        names=_facts(words[_names(f"  {title}\n{text}"[: len(body)], letters, starts)]) if same_length else b"",
    )
