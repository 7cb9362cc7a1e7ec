"""The words of a document as arrays: where they stand, how they are written, what stands between them."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from streams.document import Document
from streams.geo.hashing import CUE, HEAD, Hashes, Ints, TextHash

Flags = NDArray[np.bool_]

_TABLE_SIZE = 0x30000
NO_CASE, LOWER, UPPER, UNSPACED = range(4)
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0x20000, 0x2FFFF),
)
_JOINTS, _APOSTROPHES = " -־‑\u00a0·", "'’"
_JOINT, _APOSTROPHE = 4, 5
_DOT, _SPACE = ord("."), ord(" ")
_LONGEST_ABBREVIATED = 4
_READ = 1 << 14
_PARTS = np.array([[_READ], [HEAD], [CUE]], np.intp)
_LEAST_PART = 3  # letters; shorter ones are articles and endings ("L'est", "Kyiv's")


@cache
def _classes() -> NDArray[np.uint8]:
    """Return for each code point whether it is caseless, lower, upper, or of a script without spaces."""
    table = np.zeros(_TABLE_SIZE, np.uint8)
    for point in range(0x2000):
        char = chr(point)
        table[point] = UPPER if char.isupper() or char.istitle() else LOWER if char.islower() else NO_CASE
    for first, last in _UNSPACED:
        table[first : last + 1] = UNSPACED
    for char in _JOINTS:
        table[ord(char)] = _JOINT
    for char in _APOSTROPHES:
        table[ord(char)] = _APOSTROPHE
    table.flags.writeable = False
    return table


def _points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the first 16,384 code points of a body.

    `hashes` are those of the words, `heads` of their first 4 letters, `cues` of their first 5. `start` and `end` are
    offsets of the body, `first` and `last` (exclusive) of the folded text. `joined[i]` says
    that word i and the next may belong to one name: a space, hyphen or apostrophe between them, or a dot behind a
    short word ("St. Louis"). `named` are the words written like a name or a part of it: with a capital, of a caseless
    script, or behind an apostrophe in such a word ("Куп'янськ").
    """

    body: NDArray[np.uint32]
    sums: TextHash
    first: Ints
    last: Ints
    start: Ints
    end: Ints
    hashes: Hashes
    heads: Hashes
    cues: Hashes
    capital: Flags
    caseless: Flags
    unspaced: Flags
    joined: Flags
    named: Flags

    def __len__(self) -> int:
        return len(self.start)

    def shouted(self) -> Flags:
        """Return for each word whether it is in capitals: the first and the last of two or more letters are."""
        tail = _classes().take(self.body[self.end - 1], mode="clip")
        shouted: Flags = self.capital & (tail == UPPER) & (self.last - self.first > 1)
        return shouted


def _opening(text: str) -> str:
    """Return the first `_READ` code points, up to the end of a word: news says early where it happened."""
    if len(text) <= _READ:
        return text
    space = max(text.rfind(" ", 0, _READ), text.rfind("\n", 0, _READ))
    return text[: space if space > 0 else _READ]


def words_of(document: Document) -> Words:
    """Return the words of a document, in order."""
    folded = document.folded
    points = _points(_opening(folded.text))
    letter = np.zeros(len(points) + 2, np.bool_)
    np.greater(points, _SPACE, out=letter[1:-1])
    edges = (letter[1:] != letter[:-1]).nonzero()[0]
    first, last = edges[::2], edges[1::2]
    start, end = first, last
    if folded.offsets is not None and len(first):
        start, end = folded.offsets[first].astype(np.intp), folded.offsets[last - 1].astype(np.intp) + 1
    body = _points(document.body[: int(end[-1]) + 2] if len(end) else "")
    classes = _classes()
    head = classes.take(body[start], mode="clip")
    capital, caseless = head == UPPER, head == NO_CASE
    joined, inside = _joined(body, start, end)
    named = capital | caseless
    named[1:] |= named[:-1] & inside
    sums = TextHash.of(points)
    hashes, heads, cues = sums.words(first, np.minimum(last, first + _PARTS))
    return Words(
        body, sums, first, last, start, end, hashes, heads, cues, capital,
        caseless, head == UNSPACED, joined, named,
    )  # fmt: skip


def _joined(body: NDArray[np.uint32], start: Ints, end: Ints) -> tuple[Flags, Flags]:
    """Return for each word whether it is joined with the next, and for each but the first whether by an apostrophe."""
    joined = np.zeros(len(start), np.bool_)
    gap, sign = start[1:] - end[:-1], body[end[:-1]]
    one, length = gap == 1, (end - start)[:-1]
    kind = _classes().take(sign, mode="clip")
    inside = one & (kind == _APOSTROPHE)
    within = inside & (length >= _LEAST_PART) & ((end - start)[1:] >= _LEAST_PART)
    short = (sign == _DOT) & (length <= _LONGEST_ABBREVIATED)
    joined[:-1] = inside | (one & (kind == _JOINT))
    if short.any():
        spaced = (gap == 2) & (body[start[1:] - 1] == _SPACE)
        joined[:-1] |= short & (spaced | (one & (length == 1)))
    return joined, within
