"""Characters: scraped text in NFC, without markup, entities, control and invisible signs."""

import html
import re
import unicodedata

_SPACES = re.compile("  +")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NESTED = re.compile(r"&(?:(?:amp|#0*38|#[xX]0*26);)+(?=#?[0-9A-Za-z]{1,32};)")
_MAX_NESTED = 4
_BLOCK_TAG = re.compile(
    r"</?(?:p|br|div|h[1-6]|ul|ol|li|blockquote|figure|figcaption|section|article|table|tr|hr)(?:[\s/][^<>]*)?>", re.I
)
_INLINE_TAG = re.compile(
    r"</?(?:a|b|i|u|em|strong|span|img|small|sup|sub|font|cite|time|td|th|code|mark|abbr)(?:[\s/][^<>]*)?>", re.I
)
# Joiners are letters' business in Persian, the Indic scripts and emoji; between spaces they are nothing.
_LOOSE_JOINER = re.compile(r"(?<![^\s\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d]+(?![^\s])")
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]+"
)


def paragraphs(text: str) -> list[str]:
    """Return the lines of a text that say something: NFC, single spaces, no markup, entities or invisible signs."""
    if "&" in text:
        text = _decode_entities(text)
    if "<" in text:
        text = _INLINE_TAG.sub("", _BLOCK_TAG.sub("\n", text))
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace("\xa0", " ")
    if "  " in text:
        text = _SPACES.sub(" ", text)
    lines = text.splitlines()
    if not all(map(str.isprintable, lines)):  # where all are, there is no white space but the space
        lines = list(map(_clean_line, lines))
    return list(filter(None, map(str.strip, lines)))


def _clean_line(line: str) -> str:
    if line.isprintable():
        return line
    line = " ".join(line.split())
    if line.isprintable():
        return line
    line = _DROPPED.sub("", line)
    if "\u200c" in line or "\u200d" in line:
        line = _LOOSE_JOINER.sub("", line)
    return " ".join(line.split())


def _decode_entities(text: str) -> str:
    """Decode entities, also those encoded twice; `AT&T` and `a=1&copy=2` have none and stay."""
    for _ in range(_MAX_NESTED):
        decoded = _ENTITY.sub(lambda match: html.unescape(match[0]), _NESTED.sub("&", text))
        if decoded == text:
            break
        text = decoded
    return text
