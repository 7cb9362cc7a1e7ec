"""Clean the plain text of scraped pages: what the page says around the article goes, the article stays whole."""

import re
from dataclasses import dataclass
from itertools import pairwise

from streams.text.boilerplate import Boilerplate, load
from streams.text.characters import paragraphs

MAX_TITLE, MAX_TEXT = 4096, 1 << 18  # characters; of 40,000 items of news none has a text of more than 58,751
_MAX_PASSES, _MAX_LINES = 4, 5_000
_MIN_WRAPPED, _MIN_WIDTH, _MAX_WIDTH, _WIDTH_QUANTILE, _WRAPPED_SHARE = 4, 50, 100, 0.7, 0.6
_HEAD_LINES = 12  # how far down a page a headline may stand
_PARAGRAPH, _SENTENCE, _HEADLINE, _MAX_HEADLINE, _SECTION = 100, 50, 20, 200, 60
_LEAD = 40  # so much of the lead must be repeated before a repeat is cut
_KEY = 24
_END = ".!?…。！？।۔።؟॥။។"
_QUOTES = "\"'”’»)]）】」"
_OPENING = "\"'“‘«„([（【「 "
_AFTER_TITLE = ".!?…。！？:：;|–—-"
_CUT_ENDS = ("...", "…", "[…]", "[...]", "(...)", "(…)")
_CUT = re.compile(r"(?:(?<!\.)\.\.\.+|…|\[…\]|\[\.\.\.\]|\(\.\.\.\)|\(…\))\s*$")
_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[:h]\d{2}|\d{1,4}(?P<sign>\. ?|[/-])\d{1,2}(?P=sign)\d{2,4}|\d{1,2}\D{1,20}(?:19|20)\d\d"
    r"|(?:19|20)\d\d\D{1,20}\d{1,2})(?!\d)"
)
_WORD = re.compile(r"[^\W\d_]+")
_MAX_DATE, _MAX_DATE_WORDS = 50, 5
_NOT_ALNUM = re.compile(r"[\W_]+")
_SITE = re.compile(r"\s+[|·«–—-]\s+")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Title and text of an article; paragraphs of the text are parted by one line break."""

    title: str
    text: str


def clean(title: str | None, text: str) -> Cleaned:
    """Return the article without what its page repeats or says around it; its paragraphs stay whole and in order.

    An empty title is filled from the text where a line is plainly the headline, and stays empty otherwise.
    Cleaning the result again changes nothing. Of a title longer than `MAX_TITLE` and a text longer than `MAX_TEXT`
    characters, the beginning is taken; of more than `_MAX_LINES` lines, only the characters are cleaned: no article is
    as long.
    """
    words = load()
    head = " ".join(paragraphs(title[:MAX_TITLE])) if title else ""
    lines = paragraphs(text[:MAX_TEXT])
    for _ in range(_MAX_PASSES if len(lines) <= _MAX_LINES else 0):
        before = head, lines
        head, lines = _pass(head, _unwrapped(lines), words)
        if (head, lines) == before:
            break
    return Cleaned(head, "\n".join(lines))


def _unwrapped(lines: list[str]) -> list[str]:
    """Join the lines of a text broken at a fixed width (old wires): there no line has room for the next word."""
    if (
        len(lines) < _MIN_WRAPPED
        or max(map(len, lines)) > _MAX_WIDTH
        or any(_weight(line) > len(line) for line in lines)
    ):
        return lines
    width = sorted(map(len, lines))[int(len(lines) * _WIDTH_QUANTILE)]
    full = [len(line) + len(after.split(" ", 1)[0]) >= width for line, after in pairwise(lines)]
    if width < _MIN_WIDTH or sum(full) < _WRAPPED_SHARE * len(full):
        return lines
    joined = [lines[0]]
    for goes_on, line in zip(full, lines[1:], strict=True):
        if goes_on or not (_ends(joined[-1]) or (line[0].isupper() and not line.isupper())):
            joined[-1] += " " + line
        else:
            joined.append(line)
    return joined


def _pass(head: str, lines: list[str], words: Boilerplate) -> tuple[str, list[str]]:
    if len(lines) > 1:
        lines = [line for line in lines if not (words.is_aside(line) or words.is_credit(line))] or lines
        lines = _without_edges(lines, words) or lines
        if not head:
            head, lines = _find_headline(lines)
    if head:
        head, lines = _without_headline(head, lines)
    if len(lines) > 1:
        lines = _without_repeats(_without_teasers(_without_duplicates(lines)))
    if lines:
        lines = [*lines[:-1], words.without_more(lines[-1])]
    return head, lines


def _weight(line: str) -> float:
    """Return the length of a line in Latin letters: an ideograph or a syllable says more than a letter."""
    return len(line) * (2.5 if line[len(line) // 2] >= "\u2e80" else 1.0)


def _ends(line: str) -> bool:
    """Say whether a line ends like a sentence."""
    return line.rstrip(_QUOTES)[-1:] in _END


def _is_paragraph(line: str) -> bool:
    weight = _weight(line)
    return weight >= _PARAGRAPH or (weight >= _SENTENCE and line.rstrip(_QUOTES)[-1:] in _END)


def _head_size(lines: list[str]) -> int:
    """Return how many lines stand before the first paragraph."""
    return next((index for index, line in enumerate(lines) if _is_paragraph(line)), len(lines))


def _without_edges(lines: list[str], words: Boilerplate) -> list[str]:
    """Drop menu words and dates before the first and after the last paragraph."""
    first = _head_size(lines)
    if first == len(lines):
        return [line for line in lines if not words.is_menu(line)]
    last = len(lines) - _head_size(lines[::-1])
    head = [line for line in lines[:first] if not (words.is_menu(line) or _is_date(line))]
    tail = [line for line in lines[last:] if not (words.is_menu(line) or _is_date(line))]
    return head + lines[first:last] + tail


def _is_date(line: str) -> bool:
    """Say whether a line is little more than a date or a time."""
    if _weight(line) > _MAX_DATE or "(" in line or not _DATE.search(line):  # `Paris, 3 March (AFP) -` says where
        return False
    return len(_WORD.findall(line)) <= _MAX_DATE_WORDS


def _find_headline(lines: list[str]) -> tuple[str, list[str]]:
    """Return the headline, or nothing, and the lines without it: one that is repeated, else one above a paragraph."""
    first = min(_head_size(lines), _HEAD_LINES)
    block = [line for line in lines[:first] if _HEADLINE <= _weight(line) <= _MAX_HEADLINE]
    repeated = [line for line in block if lines[:_HEAD_LINES].count(line) > 1]
    if not repeated and first < len(lines):
        repeated = [line for line in block if _begins_with(lines[first], line) is not None]
    if repeated:
        return max(repeated, key=len), lines
    head = next(filter(_may_be_headline, block), "") if first < len(lines) else ""
    return head, [line for line in lines if line != head]


def _may_be_headline(line: str) -> bool:
    if line[-1] in ".。।۔:：,،;–—-" or line[0] in "#@" or "://" in line:
        return False
    return line.count(" ") >= 3 or _weight(line) > len(line)


def _without_headline(head: str, lines: list[str]) -> tuple[str, list[str]]:
    """Drop the headline where the text repeats it, the section names above it, and the site's name from the title."""
    initial = head.lstrip(_OPENING)[:1]
    initials = (initial, initial.lower(), initial.upper())
    key = ""
    for index in range(min(len(lines), _HEAD_LINES) - 1, -1, -1):
        line = lines[index]
        if len(line) > 2 * _MAX_HEADLINE or (line[0] not in initials and line[0] not in _OPENING):
            continue
        key = key or _key(head)
        if not key.startswith(_key(line[:_KEY])) or not (line_key := _key(line)) or not key.startswith(line_key):
            continue
        site = line_key != key
        if site and not (_weight(line) >= _HEADLINE and _SITE.match(head, len(line))):
            continue
        above = lines[:index]
        if _weight(head) >= _HEADLINE and all(_weight(part) < _SECTION and not _ends(part) for part in above):
            above = []
        return (line if site else head), above + [part for part in lines[index + 1 :] if part != head]
    if lines and _weight(head) >= _HEADLINE and (cut := _begins_with(lines[0], head)) is not None:
        return head, [lines[0][cut:], *lines[1:]]
    return head, lines


def _begins_with(line: str, head: str) -> int | None:
    """Return where a line goes on that begins with the headline as a sentence of its own, None when it does not."""
    size = len(head)
    if len(line) <= size or line[:size].casefold() != head.casefold():
        return None
    rest = line[size:].lstrip(" " + _QUOTES)
    if not (_ends(head) or rest[:1] in _AFTER_TITLE) or not (rest := rest.lstrip(" " + _AFTER_TITLE)):
        return None
    return len(line) - len(rest)


def _key(line: str) -> str:
    return _NOT_ALNUM.sub("", line.casefold())


def _without_duplicates(lines: list[str]) -> list[str]:
    """Drop later copies of a line that is long enough to be no refrain."""
    if len(set(lines)) == len(lines):
        return lines
    seen: set[str] = set()
    kept = []
    for line in lines:
        if line not in seen or _weight(line) < _LEAD:
            kept.append(line)
        seen.add(line)
    return kept


def _without_teasers(lines: list[str]) -> list[str]:
    """Drop lines cut short with an ellipsis whose words another place of the text has in full."""
    cut = {index for index, line in enumerate(lines) if line.endswith(_CUT_ENDS)}
    if not cut:
        return lines
    starts = {
        _squeeze(line[: 2 * _KEY])[:_KEY]: index for index, line in reversed([*enumerate(lines)]) if index not in cut
    }
    gone = set()
    for index in cut:
        words = _squeeze(_CUT.sub("", lines[index]))
        start = starts.get(words[:_KEY])
        if start is not None and len(words) >= _LEAD and _is_prefix(words, lines, start):
            gone.add(index)
    return [line for index, line in enumerate(lines) if index not in gone]


def _without_repeats(lines: list[str]) -> list[str]:
    """Cut from the end what repeats the text from its lead on, as a line or glued to the last paragraph."""
    lead = next((index for index, line in enumerate(lines) if _weight(line) >= _SENTENCE), len(lines))
    if lead >= len(lines) - 1:
        return lines
    last = lines[-1]
    cut = last.find(lines[lead][:_LEAD])
    if cut < 0:
        return lines
    repeat = _squeeze(_CUT.sub("", last[cut:]))
    if len(repeat) < _LEAD or not _is_prefix(repeat, lines, lead):
        return lines
    rest = last[:cut].rstrip()
    return [*lines[:-1], rest] if rest else lines[:-1]


def _squeeze(text: str) -> str:
    return "".join(text.split()).rstrip(".…,;:")


def _is_prefix(words: str, lines: list[str], start: int) -> bool:
    """Say whether the text from line `start` on begins with these squeezed words."""
    at = 0
    for line in lines[start:]:
        squeezed = "".join(line.split())
        if not squeezed.startswith(words[at : at + len(squeezed)]):
            return False
        at += len(squeezed)
        if at >= len(words):
            return True
    return False
