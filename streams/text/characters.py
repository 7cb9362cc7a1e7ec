"""Characters: scraped text in NFC, without markup, entities, control and invisible signs."""

import html
import re
import unicodedata
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

_WHITE = re.compile("[\t\x1f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")  # but for the space, within a line
_SPACES = re.compile("  +")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NESTED = re.compile(r"&(?:(?:amp|#0*38|#[xX]0*26);)+(?=#?[0-9A-Za-z]{1,32};)")
_MAX_NESTED = 4
_MAX_ENTITIES, _MAX_TAGS = 30_000, 20_000  # in what is no article more stay as they are, or decoding takes too long
_MAX_MARKS = 30  # on one letter, as in the stream-safe text format of UAX #15
_LONG = 2048  # below, sorting marks takes no time even if there is nothing else
_BLOCK_TAG = re.compile(
    r"</?(?:p|br|div|h[1-6]|ul|ol|li|blockquote|figure|figcaption|section|article|table|tr|hr)(?:[\s/][^<>]*)?>", re.I
)
_INLINE_TAG = re.compile(
    r"</?(?:a|b|i|u|em|strong|span|img|small|sup|sub|font|cite|time|td|th|code|mark|abbr)(?:[\s/][^<>]*)?>", re.I
)
# Joiners are letters' business in Persian, the Indic scripts and emoji; between spaces they are nothing.
_JOINERS = "\u200c\u200d"
_REPEATED_JOINER = re.compile(f"[{_JOINERS}](?=[{_JOINERS}])")
_INVISIBLE = (
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_DROPPED = re.compile(f"{_INVISIBLE}{_INVISIBLE}*")  # three times as fast as with a plus


def paragraphs(text: str) -> list[str]:
    """Return the lines of a text that say something: NFC, single spaces, no markup, entities or invisible signs."""
    if "&" in text:
        text = _decode_entities(text)
    if 0 < text.count("<") <= _MAX_TAGS:
        text = _INLINE_TAG.sub("", _BLOCK_TAG.sub("\n", text))
    if not text.isascii():
        text = unicodedata.normalize("NFC", _few_marks(text)).replace("\xa0", " ")
    if "  " in text:
        text = _SPACES.sub(" ", text)
    lines = text.splitlines()
    if not all(map(str.isprintable, lines)):  # where all are, there is no white space but the space
        lines = list(map(_clean_line, lines))
    return list(filter(None, map(str.strip, lines)))


def _clean_line(line: str) -> str:
    if line.isprintable():
        return line
    line = _DROPPED.sub("", _WHITE.sub(" ", line))
    if "\u200c" in line or "\u200d" in line:
        line = _REPEATED_JOINER.sub("", line).strip(f" {_JOINERS}")
        for joiner in _JOINERS:
            line = line.replace(f" {joiner}", " ").replace(f"{joiner} ", " ")
    return _SPACES.sub(" ", line) if "  " in line else line


def _decode_entities(text: str) -> str:
    """Decode entities, also those encoded twice; `AT&T` and `a=1&copy=2` have none and stay."""
    left = _MAX_ENTITIES
    for _ in range(_MAX_NESTED):
        decoded, count = _ENTITY.subn(_sign, _NESTED.sub("&", text), left)
        left -= count
        if decoded == text or left <= 0:
            return decoded
        text = decoded
    return text


def _sign(match: re.Match[str]) -> str:
    return _decoded(match[0])


@lru_cache(maxsize=4096)
def _decoded(entity: str) -> str:
    return html.unescape(entity)


def _few_marks(text: str) -> str:
    """Drop the marks of a letter beyond `_MAX_MARKS`: normalizing takes time with the square of their number."""
    if len(text) <= _LONG:
        return text
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    letters = np.flatnonzero(_letters().take(points, mode="clip"))
    if np.diff(letters, prepend=-1, append=len(points)).max() <= _MAX_MARKS + 1:
        return text
    places = np.arange(len(points), dtype=np.int64)
    own = np.full(len(points), -1, np.int64)
    own[letters] = letters
    kept = points[places - np.maximum.accumulate(own) <= _MAX_MARKS]
    return kept.tobytes().decode("utf-32-le", "surrogatepass")


@cache
def _letters() -> NDArray[np.bool_]:
    """Return which code points are no combining marks; all beyond the table are none."""
    every = (unicodedata.normalize("NFD", chr(point))[0] for point in range(0x1F000))
    return np.fromiter((unicodedata.combining(first) == 0 for first in every), np.bool_)
