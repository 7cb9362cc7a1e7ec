"""Folding: one matching form for every script, with the way back to the original offsets."""

import unicodedata
from functools import cache
from typing import Any

import numpy as np

from streams.document import Folded
from streams.native import ffi, kernel

_SPACE, _DELETE = 32, 0
_TABLE_SIZE = 0x30000
# Scripts whose vowel signs are marks: dropping them would drop letters.
_KEEP_MARKS = ((0x0900, 0x109F), (0x1780, 0x17FF), (0xA8E0, 0xAAFF))
_LETTERS = {
    "ı": "i", "ł": "l", "đ": "d", "ø": "o", "ß": "s", "æ": "a", "œ": "o", "ð": "d", "þ": "t", "ə": "e",
    "ة": "ه", "ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه", "ە": "ه",
}  # fmt: skip
_ASCII = bytes(
    c if chr(c).isdigit() or c == 10 else ord(chr(c).lower()) if chr(c).isalpha() else _SPACE for c in range(128)
).ljust(256)


def _fold_code_point(cp: int) -> int:
    char = chr(cp)
    category = unicodedata.category(char)
    if category == "Cf" or cp == 0x640:  # joiners, bidi marks, soft hyphen, Arabic tatweel
        return _DELETE
    if category[0] == "M":
        kept = unicodedata.combining(char) == 0 or any(low <= cp <= high for low, high in _KEEP_MARKS)
        return cp if kept and not 0xFE00 <= cp <= 0xFE0F else _DELETE
    if category[0] not in "LN":
        return 10 if char == "\n" else _SPACE
    if category == "Nd":
        return ord("0") + unicodedata.digit(char)
    if 0xAC00 <= cp <= 0xD7A3 or any(low <= cp <= high for low, high in _KEEP_MARKS):
        return cp
    base = unicodedata.normalize("NFKD", char.lower())[0]
    base = unicodedata.normalize("NFKD", base.lower())[0]
    return ord(_LETTERS.get(base, base))


@cache
def _table() -> Any:
    table = np.fromiter((_fold_code_point(cp) for cp in range(_TABLE_SIZE)), np.uint32, _TABLE_SIZE)
    return ffi.from_buffer("uint32_t[]", table)


def fold(text: str) -> Folded:
    """Fold a text: lower-case, no diacritics, digits ASCII, any other sign a space, line breaks kept.

    Every code point becomes one code point or none (marks, joiners), so offsets lead back to the source exactly.
    """
    source = text.encode("utf-32-le", "surrogatepass")
    if text.isascii():
        folded = text.encode().translate(_ASCII).decode()
        return Folded(folded, folded.encode("utf-32-le"), source)
    room, offsets = np.empty(len(text), np.uint32), np.empty(len(text), np.int32)
    kept = kernel.text_fold(
        ffi.from_buffer("uint32_t[]", source), len(text), _table(), _TABLE_SIZE,
        ffi.from_buffer("uint32_t[]", room), ffi.from_buffer("int32_t[]", offsets),
    )  # fmt: skip
    points = room[:kept].tobytes()
    return Folded(points.decode("utf-32-le"), points, source, None if kept == len(text) else offsets[:kept])


def fold_name(name: str) -> str:
    """Fold a name for a table of patterns: as `fold`, white space squeezed to single spaces, trimmed."""
    return " ".join(fold(name).text.split())
