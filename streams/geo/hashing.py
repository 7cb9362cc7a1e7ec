"""Hashes of words and of phrases.

A word's hash mixes a polynomial over its code points modulo 2^64. A phrase's mixes the hashes of its words in order:
what stands between the words does not count. The compiled gazetteer holds these hashes, and `streams/native/geo.h`
computes them likewise: a change here asks for one there, and for a new build.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Ints = NDArray[np.intp]

KEY_BITS = 42
BEGIN_BITS = 23
HEAD = 4  # letters by which stems are looked for
CUE = 5  # letters by which cue words are told
_MASK = (1 << 64) - 1
_BASE = 0x9E3779B97F4A7C15
# Odd constants of splitmix64 (Steele, Lea, Flood 2014) and of wyhash.
_POINT, _MIX_A, _MIX_B, _STEP = 0xD6E8FEB86659FD93, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xA0761D6478BD642F


def mix(value: int) -> int:
    """Return a value with every input bit spread over every output bit (the finaliser of splitmix64)."""
    value = (value ^ (value >> 30)) * _MIX_A & _MASK
    value = (value ^ (value >> 27)) * _MIX_B & _MASK
    return value ^ (value >> 31)


def spelt(letters: str) -> int:
    """Return the unmixed hash of a few letters."""
    total, power = 0, _POINT
    for letter in letters:
        total += (ord(letter) + 1) * power
        power = power * _BASE & _MASK
    return total & _MASK


def phrase(head: int, word: int) -> int:
    """Return the hash of a phrase: that of its beginning with one more word behind."""
    return mix((head * _STEP + word) & _MASK)


def prefix_hashes(name: str) -> list[int]:
    """Return the hashes of the first word, the first two words … of a folded name (single spaces between)."""
    result: list[int] = []
    for word in name.split():
        hashed = mix(spelt(word))
        result.append(phrase(result[-1], hashed) if result else hashed)
    if not result:
        raise ValueError("an empty name has no hash")
    return result


def phrase_hash(name: str) -> int:
    """Return the hash of one folded name (words separated by single spaces)."""
    return prefix_hashes(name)[-1]


def open_table(keys: Sequence[int]) -> tuple[Hashes, Ints]:
    """Return an open hash table (a power of two of slots, linear probing, 0: empty), and the slot of each key."""
    size = 1 << max(4, (2 * len(keys)).bit_length())
    table, slots = [0] * size, []
    for key in keys:
        slot = key & (size - 1)
        while table[slot] not in (0, key):
            slot = (slot + 1) & (size - 1)
        table[slot] = key
        slots.append(slot)
    return np.array(table, np.uint64), np.array(slots, np.intp)
