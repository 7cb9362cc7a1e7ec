"""Stretches of a document that the gazetteer knows as names, longest first, without overlap."""

from collections.abc import Iterator

import msgspec
import numpy as np

from streams.document import Document
from streams.geo.gazetteer import SMALL, STEMS, Gazetteer, Name
from streams.geo.hashing import HEAD, Hashes, Ints, phrase, spoken
from streams.geo.inflection import variants
from streams.geo.kinds import ADMIN1, PLACE_BITS, NameKind
from streams.geo.words import Flags, Words

MAX_WORDS = 6
_MAX_SIGNS = 10
_SHORT = 3
_MAX_STEM = 16
_INFLECTED_WORDS = 3
_KNOWN_SIZE = 104  # 25·log10(15,000)


Columns = tuple[Ints, Ints, Ints, Ints, Hashes, Flags]
Found = tuple[int, int, int, int, int, Name]
"""Start, end negated (of equal starts the longest comes first), first word, last word, hash, and what it is."""


class Match(msgspec.Struct, frozen=True, gc=False):
    """A name found at the words `[first, last)`, at `body[start:end]`; `name` is its hash."""

    first: int
    last: int
    start: int
    end: int
    name: int
    known: Name


def matches(words: Words, document: Document, gazetteer: Gazetteer) -> list[Match]:
    """Return the names of the gazetteer in the text, left to right, the longest at each place."""
    if not len(words):
        return []
    found = _named([_phrases(words, gazetteer), *_runs(words, gazetteer)], gazetteer)
    free = np.ones(len(words), np.bool_)
    free[[row[2] for row in found]] = False
    found.extend(_forms(words, document.language, gazetteer))
    found.extend(inflected(words, free, document.language, gazetteer))
    found.sort(key=_place_in_text)
    taken, kept = -1, []
    for start, end, first, last, hashed, name in found:
        if start >= taken and (
            match := _admitted(Match(first, last, start, -end, hashed, name), document.body, gazetteer)
        ):
            kept.append(match)
            taken = match.end
    return kept


def _place_in_text(found: Found) -> tuple[int, int]:
    return found[:2]


def _named(columns: list[Columns], gazetteer: Gazetteer) -> list[Found]:
    """Look up stretches that are written like a name, and those that are only partly if they are no small places."""
    found = []
    lookup = gazetteer.lookup
    for first, last, start, end, hashed, sure in zip(
        *(np.concatenate(column).tolist() for column in zip(*columns, strict=True)), strict=True
    ):
        name = lookup(hashed)
        if name and (sure or name.kind >= ADMIN1):
            found.append((start, -end, first, last, hashed, name))
    return found


def _forms(words: Words, language: str, gazetteer: Gazetteer) -> Iterator[Found]:
    """Yield the words that stand for a country without a capital: whole ones, and stems with any ending."""
    if not gazetteer.speaks(language):
        return
    known = gazetteer.may_speak(phrase(spoken(language), np.concatenate([words.hashes, words.heads]).reshape(2, -1)))
    length = words.last - words.first
    whole = (known[0] & ~words.unspaced & (length >= HEAD - 1)).nonzero()[0]
    yield from _spoken(words, whole, words.last[whole], language, SMALL, gazetteer)
    long = (known[1] & ~words.unspaced & (length >= HEAD)).nonzero()[0]
    if len(long):
        size = np.arange(HEAD, _MAX_STEM + 1)
        index, size = long.repeat(len(size)), np.tile(size, len(long))
        fits = size <= length[index]
        index, size = index[fits], size[fits]
        yield from _spoken(words, index, words.first[index] + size, language, STEMS, gazetteer)


def _spoken(words: Words, index: Ints, until: Ints, language: str, part: int, gazetteer: Gazetteer) -> Iterator[Found]:
    if not len(index):
        return
    hashes = phrase(spoken(language), words.sums.words(words.first[index], until))
    low, known = gazetteer.find(hashes, part)
    row = known.nonzero()[0]
    if not len(row):
        return
    index, hashes, low = index[row], hashes[row], low[row]
    columns = index, words.start[index], words.end[index], hashes, low, gazetteer.end(hashes, part)
    for at, start, end, hashed, first, last in zip(*(column.tolist() for column in columns), strict=True):
        yield start, -end, at, at + 1, hashed, gazetteer.described(first, last)


def inflected(words: Words, free: Flags, language: str, gazetteer: Gazetteer) -> Iterator[Found]:
    """Yield the words that an ending or beginning of the language hides as names of places of some size."""
    rules = gazetteer.rules.get(language)
    among = (free & words.named).nonzero()[0]
    if not rules or not len(among):
        return
    tail, hashes = variants(words, among, rules)
    begun = gazetteer.begin(hashes)
    first, last, found = tail[begun], tail[begun] + 1, hashes[begun]
    rows = [(first, last, found)]
    if any(side.at_end for side in rules):
        rows.append(_paired(words, _heads(words, first, found, gazetteer), tail, hashes, gazetteer))
    for _ in range(1, _INFLECTED_WORDS):
        more = words.joined[last - 1]
        first, last, found = first[more], last[more] + 1, phrase(found[more], words.hashes[last[more]])
        rows.append((first, last, found))
    first, last, found = (np.concatenate(column) for column in zip(*rows, strict=True))
    row = gazetteer.holds(found).nonzero()[0]
    first, last = first[row], last[row]
    columns = words.start[first], words.end[last - 1], first, last, found[row]
    for s, e, a, b, hashed in zip(*(column.tolist() for column in columns), strict=True):
        name = gazetteer.lookup(hashed)
        if name and (name.kind >= ADMIN1 or name.size >= _KNOWN_SIZE):
            yield s, -e, a, b, hashed, name


def _heads(words: Words, first: Ints, hashes: Hashes, gazetteer: Gazetteer) -> tuple[Ints, Hashes]:
    """Return the words that may begin a name of two words, as they stand and in the base forms given."""
    plain = (words.named & words.joined).nonzero()[0]
    plain = plain[gazetteer.begin(words.hashes[plain])]
    joined = words.joined[first]
    return np.concatenate([plain, first[joined]]), np.concatenate([words.hashes[plain], hashes[joined]])


def _paired(
    words: Words, heads: tuple[Ints, Hashes], tail: Ints, hashes: Hashes, gazetteer: Gazetteer
) -> tuple[Ints, Ints, Hashes]:
    """Return the names of two words of which the second is inflected: "Хан-Юнисе", "Новой Каховке"."""
    order = np.argsort(tail, kind="stable")
    tail, hashes = tail[order], hashes[order]
    low, high = tail.searchsorted(heads[0] + 1), tail.searchsorted(heads[0] + 1, side="right")
    count = high - low
    owner = np.repeat(np.arange(len(count)), count)
    pick = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + low[owner]
    paired = phrase(heads[1][owner], hashes[pick])
    begun = gazetteer.begin(paired)
    first = heads[0][owner[begun]]
    return first, first + 2, paired[begun]


def _forms_at(low: int, high: int, gazetteer: Gazetteer) -> list[int]:
    forms: list[int] = (gazetteer.entries[low:high] >> np.uint64(PLACE_BITS) & np.uint64(7)).tolist()
    return forms


def _admitted(match: Match, body: str, gazetteer: Gazetteer) -> Match | None:
    """Return the match as what its writing allows: a name, an abbreviation of a state behind a comma, or nothing."""
    if match.known.last_form >= NameKind.ABBREVIATION:
        return _abbreviation(match, body[match.start : match.end], body, gazetteer)
    if match.end - match.start <= _SHORT and (text := body[match.start : match.end]).isascii():
        return _acronym(match, text, gazetteer)
    return match


def _as(match: Match, name: int, low: int, high: int, end: int, gazetteer: Gazetteer) -> Match:
    return Match(match.first, match.last, match.start, end, name, gazetteer.described(low, high))


def _acronym(match: Match, text: str, gazetteer: Gazetteer) -> Match | None:
    """Return a match of two or three letters as an acronym ("UK") if it is written so, as a name ("Goa") if not."""
    if not text.isupper():
        return match if len(text) == _SHORT else None
    forms = _forms_at(match.known.low, match.known.high, gazetteer)
    if NameKind.SHORT not in forms:
        return None
    low = match.known.low + forms.index(NameKind.SHORT)
    return _as(match, match.name ^ 2, low, low + forms.count(NameKind.SHORT), match.end, gazetteer)


def _abbreviation(match: Match, text: str, body: str, gazetteer: Gazetteer) -> Match | None:
    """Return a match that may be an abbreviation either as one ("Macon, Ga.", "Macon, GA") or as a name only."""
    low = match.known.low
    forms = _forms_at(low, match.known.high, gazetteer)
    behind_comma = body[match.start - 2 : match.start] == ", "
    dotted = body[match.end : match.end + 1] == "." and NameKind.ABBREVIATION in forms
    postal = text.isupper() and len(text) == 2 and NameKind.POSTAL in forms
    spelt = "." in text and NameKind.SHORT in forms
    if spelt or (behind_comma and (dotted or postal)):
        wanted = NameKind.SHORT if spelt else NameKind.ABBREVIATION if dotted else NameKind.POSTAL
        low += forms.index(wanted)
        end = match.end + (body[match.end : match.end + 1] == "." and not postal)
        return _as(match, match.name ^ 1, low, low + forms.count(wanted), end, gazetteer)
    high = low + sum(form < NameKind.ABBREVIATION for form in forms)
    return _as(match, match.name, low, high, match.end, gazetteer) if high > low and len(text) > _SHORT else None


def _phrases(words: Words, gazetteer: Gazetteer) -> Columns:
    """Return the sequences of up to `MAX_WORDS` words with a word like a name, and whether they begin and end so."""
    head = (~words.unspaced).nonzero()[0]
    hashes, heads, keys = words.hashes[head], [], []
    for length in range(1, MAX_WORDS + 1):
        begun = gazetteer.begin(hashes).nonzero()[0]
        head, hashes = head[begun], hashes[begun]
        heads.append(head)
        keys.append(hashes)
        more = words.joined[head + (length - 1)].nonzero()[0]
        if not len(more):
            break
        head = head[more]
        hashes = phrase(hashes[more], words.hashes[head + length])
    first, hashes = np.concatenate(heads), np.concatenate(keys)
    last = first + np.repeat(np.arange(1, len(heads) + 1), [len(head) for head in heads])
    sure = words.named[first] & words.named[last - 1]
    sums = np.zeros(len(words) + 1, np.intp)
    np.cumsum(words.named & (words.caseless | (words.last - words.first > _SHORT)), out=sums[1:])
    row = ((sure | (sums[last] > sums[first])) & gazetteer.holds(hashes)).nonzero()[0]
    first, last = first[row], last[row]
    return first, last, words.start[first], words.end[last - 1], hashes[row], sure[row]


def _runs(words: Words, gazetteer: Gazetteer) -> Iterator[Columns]:
    """Yield the stretches of up to `_MAX_SIGNS` signs inside the words of scripts that set no spaces."""
    index = words.unspaced.nonzero()[0]
    if not len(index):
        return
    size = (words.last - words.first)[index]
    word = index.repeat(size)
    head = np.arange(len(word)) - np.repeat(np.cumsum(size) - size, size) + words.first[word]
    for length in range(2, _MAX_SIGNS + 1):
        fits = head + length <= words.last[word]
        word, head = word[fits], head[fits]
        if not len(head):
            break
        hashes = words.sums.words(head, head + length)
        row = (gazetteer.begin(hashes) & gazetteer.holds(hashes)).nonzero()[0]
        within = word[row]
        start = head[row] + (words.start[within] - words.first[within])
        yield within, within + 1, start, start + length, hashes[row], np.ones(len(row), np.bool_)
