"""Stretches of a document that the gazetteer knows as names, longest first, without overlap."""

from dataclasses import dataclass

import numpy as np

from streams.geo.gazetteer import Gazetteer
from streams.geo.hashing import Hashes, Ints, phrase
from streams.geo.words import Words

MAX_WORDS = 6
_MAX_SIGNS = 10


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


def matches(words: Words, gazetteer: Gazetteer) -> list[Match]:
    """Return the names of the gazetteer in the text, left to right, the longest at each place."""
    if not len(words):
        return []
    found = [*_phrases(words), *_runs(words)]
    first, last, start, end, hashes = (np.concatenate(column) for column in zip(*found, strict=True))
    low, known = gazetteer.find(hashes)
    index = np.flatnonzero(known)
    index = index[np.lexsort((-end[index], start[index]))]
    columns = (first, last, start, end, hashes, low)
    high = gazetteer.end(hashes[index])
    rows = zip(*(column[index].tolist() for column in columns), high.tolist(), strict=True)
    taken, kept = -1, []
    for row in rows:
        if row[2] >= taken:
            kept.append(Match(*row))
            taken = row[3]
    return kept


Columns = tuple[Ints, Ints, Ints, Ints, Hashes]


def _phrases(words: Words) -> list[Columns]:
    """Return the sequences of up to `MAX_WORDS` words that begin and end like a name."""
    edge = words.capital | words.caseless
    head = np.flatnonzero(edge & ~words.unspaced)
    hashes, found = words.hashes[head], []
    for length in range(1, MAX_WORDS + 1):
        tail = head + length - 1
        ends = edge[tail]
        found.append((head[ends], tail[ends] + 1, words.start[head[ends]], words.end[tail[ends]], hashes[ends]))
        more = words.joined[tail]
        head, hashes = head[more], hashes[more]
        if not len(head):
            break
        hashes = phrase(hashes, words.hashes[head + length])
    return found


def _runs(words: Words) -> list[Columns]:
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
        found.append((word, word + 1, head + shift, head + length + shift, words.sums.words(head, head + length)))
    return found
