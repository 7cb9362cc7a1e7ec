"""The words of a document as an array: where they stand, how they are written, what stands between them."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.document import Document
from streams.native import ffi

WORD = np.dtype(
    [
        ("hash", "u8"), ("head", "u8"), ("cue", "u8"), ("first", "i4"), ("last", "i4"), ("start", "i4"), ("end", "i4"),
        ("flags", "u4"), ("trait", "u4"),
    ],
    align=True,
)  # fmt: skip
Rows = NDArray[np.void]
CAPITAL, CASELESS, UNSPACED, JOINED, NAMED = 1, 2, 4, 8, 16

_TABLE_SIZE = 0x30000
_NO_CASE, _LOWER, _UPPER, _UNSPACED, _JOINT, _APOSTROPHE = range(6)
_LETTER, _WHITE, _STOP_SIGN = 8, 16, 32
_UNSPACED_SCRIPTS = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0x20000, 0x2FFFF),
)
_JOINTS, _APOSTROPHES = " -־‑\u00a0·", "'’"
_STOP_SIGNS = ".!?。！？؟۔።।"
_READ = 1 << 14
_BEHIND = 64  # code points of the body behind the last word that are looked at


@cache
def classes() -> NDArray[np.uint8]:
    """Return for each code point its case or what it is between words, and whether it is a letter or white space."""
    table = np.zeros(_TABLE_SIZE, np.uint8)
    for point in range(0x2000):
        char = chr(point)
        table[point] = _UPPER if char.isupper() or char.istitle() else _LOWER if char.islower() else _NO_CASE
    for first, last in _UNSPACED_SCRIPTS:
        table[first : last + 1] = _UNSPACED
    for chars, kind in ((_JOINTS, _JOINT), (_APOSTROPHES, _APOSTROPHE)):
        table[[ord(char) for char in chars]] = kind
    every = "".join(map(chr, range(_TABLE_SIZE)))
    table |= _LETTER * np.fromiter(map(str.isalpha, every), np.uint8)
    table |= _WHITE * np.fromiter(map(str.isspace, every), np.uint8)
    table[[ord(char) for char in _STOP_SIGNS]] |= _STOP_SIGN
    table.flags.writeable = False
    return table


class Text:
    """A document as the kernel reads it: the first 16,384 code points, as news says early where it happened."""

    __slots__ = ("_kept", "pointer", "room", "size")

    def __init__(self, document: Document) -> None:
        folded, offsets = document.folded, document.folded.offsets
        self.size = _opening(folded.text)
        self.room = self.size // 2 + 1  # words, or names, at most
        end = int(offsets[self.size - 1]) + 1 if offsets is not None and self.size else self.size
        self._kept = (  # what the pointers point at
            ffi.from_buffer("uint32_t[]", folded.points),
            ffi.from_buffer("uint32_t[]", folded.source_points),
            ffi.NULL if offsets is None else ffi.from_buffer("int32_t[]", offsets),
        )
        points, body, way_back = self._kept
        self.pointer: Any = ffi.new("geo_text *", (points, self.size, way_back, body, min(len(body), end + _BEHIND)))


def _opening(text: str) -> int:
    """Return how much of a text is read: the first `_READ` code points, up to the end of a word."""
    if len(text) <= _READ:
        return len(text)
    space = max(text.rfind(" ", 0, _READ), text.rfind("\n", 0, _READ))
    return space if space > 0 else _READ
