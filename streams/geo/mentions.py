"""Stretches of a document that the gazetteer knows as names, longest first, without overlap."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from streams.document import Document
from streams.geo.gazetteer import SMALL, STEMS, Gazetteer
from streams.geo.hashing import HEAD, Hashes, Ints, phrase, spoken
from streams.geo.inflection import variants
from streams.geo.kinds import PLACE_BITS, NameKind
from streams.geo.words import Flags, Words

MAX_WORDS = 6
_MAX_SIGNS = 10
_SHORT = 3
_MAX_STEM = 16
_INFLECTED_WORDS = 3


Columns = tuple[Ints, Ints, Ints, Ints, Hashes]
Located = tuple[Ints, Ints, Ints, Ints, Hashes, Ints, Ints]


@dataclass(frozen=True, slots=True)
class Match:
    """A name found at the words `[first, last)`, at `body[start:end]`, with its entries `[low, high)`."""

    first: int
    last: int
    start: int
    end: int
    name: int
    low: int
    high: int


def matches(words: Words, document: Document, gazetteer: Gazetteer) -> list[Match]:
    """Return the names of the gazetteer in the text, left to right, the longest at each place."""
    if not len(words):
        return []
    named = _named([*_phrases(words, gazetteer), *_runs(words, gazetteer)], gazetteer)
    free = np.ones(len(words), np.bool_)
    free[named[0]] = False
    found = (
        named,
        *_forms(words, document.language, gazetteer),
        *inflected(words, free, document.language, gazetteer),
    )
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    order = np.lexsort((-columns[3], columns[2]))
    taken, kept = -1, []
    last_forms = _forms_at(columns[6][order] - 1, gazetteer)
    for form, *row in zip(last_forms, *(column[order].tolist() for column in columns), strict=True):
        if row[2] >= taken and (match := _admitted(Match(*row), form, document.body, gazetteer)):
            kept.append(match)
            taken = match.end
    return kept


def _named(found: list[Columns], gazetteer: Gazetteer) -> Located:
    first, last, start, end, hashes = (np.concatenate(column) for column in zip(*found, strict=True))
    low, known = gazetteer.find(hashes)
    index = np.flatnonzero(known)
    hashes = hashes[index]
    return first[index], last[index], start[index], end[index], hashes, low[index], gazetteer.end(hashes)


def _forms(words: Words, language: str, gazetteer: Gazetteer) -> Iterator[Located]:
    """Yield the words that stand for a country without a capital: whole ones, and stems with any ending."""
    if not gazetteer.speaks(language):
        return
    head = spoken(language)
    every = np.flatnonzero(~words.unspaced & (words.last - words.first >= HEAD - 1))
    yield from _spoken(words, every, words.last[every], head, SMALL, gazetteer)
    every = every[words.last[every] - words.first[every] >= HEAD]
    heads = phrase(head, words.sums.words(words.first[every], words.first[every] + HEAD))
    every = every[gazetteer.opens(heads)]
    length = words.last[every] - words.first[every]
    for size in range(HEAD, min(_MAX_STEM, int(length.max(initial=0))) + 1):
        long = every[length >= size]
        yield from _spoken(words, long, words.first[long] + size, head, STEMS, gazetteer)


def _spoken(words: Words, index: Ints, until: Ints, head: Hashes, part: int, gazetteer: Gazetteer) -> Iterator[Located]:
    hashes = phrase(head, words.sums.words(words.first[index], until))
    low, known = gazetteer.find(hashes, part)
    index, hashes, low = index[known], hashes[known], low[known]
    if len(index):
        high = gazetteer.end(hashes, part)
        yield index, index + 1, words.start[index], words.end[index], hashes, low, high


def inflected(words: Words, free: Flags, language: str, gazetteer: Gazetteer) -> Iterator[Located]:
    """Yield the words that an ending or beginning of the language hides as names of places of some size."""
    rules = gazetteer.rules.get(language)
    among = np.flatnonzero(free & (words.capital | words.caseless))
    if not rules or not len(among):
        return
    first, hashes = variants(words, among, rules)
    last = first + 1
    begun = gazetteer.begin(hashes)
    first, last, hashes = first[begun], last[begun], hashes[begun]
    for _ in range(_INFLECTED_WORDS):
        low, known = gazetteer.find(hashes)
        row = np.flatnonzero(known)
        row = row[gazetteer.known_places(low[row])]
        start, end = words.start[first[row]], words.end[last[row] - 1]
        yield first[row], last[row], start, end, hashes[row], low[row], gazetteer.end(hashes[row])
        more = words.joined[last - 1]
        first, last, hashes = first[more], last[more] + 1, phrase(hashes[more], words.hashes[last[more]])


def _forms_at(entries: Ints, gazetteer: Gazetteer) -> list[int]:
    forms: list[int] = (gazetteer.entries[entries] >> np.uint64(PLACE_BITS) & np.uint64(7)).tolist()
    return forms


def _admitted(match: Match, last_form: int, body: str, gazetteer: Gazetteer) -> Match | None:
    """Return the match as what its writing allows: a name, an abbreviation of a state behind a comma, or nothing."""
    text = body[match.start : match.end]
    if last_form >= NameKind.ABBREVIATION:
        return _abbreviation(match, text, body, gazetteer)
    if len(text) <= _SHORT and text.isascii():
        return _acronym(match, text, gazetteer)
    return match


def _acronym(match: Match, text: str, gazetteer: Gazetteer) -> Match | None:
    """Return a match of two or three letters as an acronym ("UK") if it is written so, as a name ("Goa") if not."""
    if not text.isupper():
        return match if len(text) == _SHORT else None
    forms = _forms_at(np.arange(match.low, match.high), gazetteer)
    if NameKind.SHORT not in forms:
        return None
    low = match.low + forms.index(NameKind.SHORT)
    return replace(match, name=match.name ^ 2, low=low, high=low + forms.count(NameKind.SHORT))


def _abbreviation(match: Match, text: str, body: str, gazetteer: Gazetteer) -> Match | None:
    """Return a match that may be an abbreviation either as one ("Macon, Ga.", "Macon, GA") or as a name only."""
    forms = _forms_at(np.arange(match.low, match.high), gazetteer)
    behind_comma = body[: match.start].endswith(", ")
    dotted = body[match.end : match.end + 1] == "." and NameKind.ABBREVIATION in forms
    postal = text.isupper() and len(text) == 2 and NameKind.POSTAL in forms
    spelt = "." in text and NameKind.SHORT in forms
    if spelt or (behind_comma and (dotted or postal)):
        wanted = NameKind.SHORT if spelt else NameKind.ABBREVIATION if dotted else NameKind.POSTAL
        low = match.low + forms.index(wanted)
        end = match.end + (body[match.end : match.end + 1] == "." and not postal)
        return replace(match, name=match.name ^ 1, low=low, high=low + forms.count(wanted), end=end)
    high = match.low + sum(form < NameKind.ABBREVIATION for form in forms)
    return replace(match, high=high) if high > match.low and len(text) > _SHORT else None


def _phrases(words: Words, gazetteer: Gazetteer) -> list[Columns]:
    """Return the sequences of up to `MAX_WORDS` words that begin and end like a name."""
    edge = words.capital | words.caseless
    head = np.flatnonzero(edge & ~words.unspaced)
    hashes, found = words.hashes[head], []
    for length in range(1, MAX_WORDS + 1):
        begun = gazetteer.begin(hashes)
        head, hashes = head[begun], hashes[begun]
        tail = head + length - 1
        ends = edge[tail]
        found.append((head[ends], tail[ends] + 1, words.start[head[ends]], words.end[tail[ends]], hashes[ends]))
        more = words.joined[tail]
        head, hashes = head[more], hashes[more]
        if not len(head):
            break
        hashes = phrase(hashes, words.hashes[head + length])
    return found


def _runs(words: Words, gazetteer: Gazetteer) -> list[Columns]:
    """Return the stretches of up to `_MAX_SIGNS` signs inside the words of scripts that set no spaces."""
    index = np.flatnonzero(words.unspaced)
    if not len(index):
        return []
    size = (words.last - words.first)[index]
    word = np.repeat(index, size)
    head = np.arange(len(word)) - np.repeat(np.cumsum(size) - size, size) + words.first[word]
    found = []
    for length in range(2, _MAX_SIGNS + 1):
        fits = head + length <= words.last[word]
        word, head = word[fits], head[fits]
        if not len(head):
            break
        shift = words.start[word] - words.first[word]
        hashes = words.sums.words(head, head + length)
        row = np.flatnonzero(gazetteer.begin(hashes))
        start = (head + shift)[row]
        found.append((word[row], word[row] + 1, start, start + length, hashes[row]))
    return found
