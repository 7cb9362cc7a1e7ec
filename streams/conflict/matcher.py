"""One pass over a folded document: which owners' terms stand where."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

import daachorse

from streams.conflict.model import Case, Owner, Pattern, Patterns, Registry
from streams.conflict.variants import MAX_ENDING, Term, spellings, unspaced
from streams.document import Document

# Whose words count in languages without a vocabulary of their own: those near to them, for which short texts are taken,
# else English.
_FALLBACK: Final = "en"
_NEAR: Final = {
    "af": "nl", "be": "ru", "bs": "sr", "ca": "es", "da": "sv", "gl": "es",
    "hr": "sr", "mk": "bg", "ms": "id", "no": "sv", "sk": "cs",
}  # fmt: skip
_FITTING: Final[dict[Case, tuple[int, ...]]] = {"any": (0, 1, 2), "initial": (1, 2), "name": (1,), "all": (2,)}
_NAMES: Final = frozenset(("term", "group"))
# Code points and patterns that are looked at; of 40,000 items of news none has more than 58,751 and 730.
_READ: Final = 1 << 16
_MOST: Final = 2048
_AROUND: Final = 30  # code points on each side that tell capitals in a sentence from a sentence in capitals


# A pattern found at `[start, end)` of the folded text, with the owners that count in this document.
Hit = tuple[int, int, tuple[Owner, ...]]


class Automata(NamedTuple):
    """All patterns, and those in ASCII with the same numbers: few enough to stay in the cache of a processor core."""

    ascii: daachorse.DoubleArrayAhoCorasick
    all: daachorse.CharwiseDoubleArrayAhoCorasick

    def find(self, haystack: str) -> list[tuple[int, int, int]]:
        """Return start, end and number of all matches, in order of their end."""
        if haystack.isascii():
            return self.ascii.find_overlapping(haystack.encode())
        return self.all.find_overlapping(haystack)


Key = tuple[str, int, int, bool]  # of a pattern: its text, its padding on both sides, whether any ending may follow


def compile_patterns(
    terms: Iterable[tuple[Term, str, Owner]], known: frozenset[str]
) -> tuple[Automata, Patterns, Sequence[tuple[Owner, ...]]]:
    """Compile `(term, language, owner)` into automata, for each language the table their numbers index, and all owners.

    What is bound to a language counts in no other. One that is not `known`, that has no vocabulary, gets the words of
    a near one or of English; the table "" is for all languages of which nothing is said.
    """
    owners: dict[Key, dict[Owner, None]] = defaultdict(dict)
    for term, language, owner in terms:
        pad = 0 if unspaced(term.text) else 1
        tail = 0 if term.open_ended else pad
        name = owner.kind in _NAMES and not term.open_ended
        for spelling in spellings(term.text, language, name):
            owners[" " * pad + spelling + " " * tail, pad, tail, bool(term.open_ended and pad)][owner] = None
    found = sorted(((key, tuple(entry)) for key, entry in owners.items()), key=lambda entry: not entry[0][0].isascii())
    texts = [key[0] for key, _ in found]
    automata = Automata(
        daachorse.DoubleArrayAhoCorasick([text.encode() for text in texts if text.isascii()]),
        daachorse.CharwiseDoubleArrayAhoCorasick(texts),
    )
    return automata, _by_language(found, known), [entry for _, entry in found]


def _by_language(found: Sequence[tuple[Key, tuple[Owner, ...]]], known: frozenset[str]) -> Patterns:
    free = [_pattern(key, [owner for owner in owners if owner.language is None]) for key, owners in found]
    bound: dict[str, set[int]] = defaultdict(set)
    for number, (_, owners) in enumerate(found):
        for owner in owners:
            if owner.language is not None:
                bound[owner.language].add(number)
    tables = {"": free}
    for language in sorted(known.union(bound, _NEAR)):
        heard = {language} if language in known else {language, _NEAR.get(language, _FALLBACK)}
        table = tables[language] = list(free)
        for number in set().union(*(bound.get(name, ()) for name in heard)):
            key, owners = found[number]
            table[number] = _pattern(key, [owner for owner in owners if (owner.language or language) in heard])
    return tables | {"": tables.get(_FALLBACK, free)}


def _pattern(key: Key, owners: Sequence[Owner]) -> Pattern | None:
    if not owners:
        return None
    _, head, tail, open_ended = key
    by_case = None
    if any(owner.case != "any" for owner in owners):
        small, initial, large = (_distinct(o for o in owners if case in _FITTING[o.case]) for case in range(3))
        by_case = small, initial, initial if initial == large else large
    return Pattern(head - 1, tail + 1, open_ended, _distinct(owners), by_case)


def _distinct(owners: Iterable[Owner]) -> tuple[Owner, ...]:
    """Return one owner of those that say the same in several languages: the strongest."""
    best: dict[tuple[str, str, str], Owner] = {}
    for owner in owners:
        name = owner.kind, owner.key, owner.term
        if name not in best or best[name].points < owner.points:
            best[name] = owner
    return tuple(best.values())


def find(document: Document, registry: Registry, countries: Iterable[str | None] = ()) -> Sequence[Hit]:
    """Return the hits in order of their end, without those inside a masking phrase or a longer name.

    Returns none if no conflict is named or hinted at, nor one of these `countries` has a war. Of what is longer than
    `_READ` or has more than `_MOST` patterns, the beginning is read.
    """
    folded = document.folded.text
    if len(folded) > _READ:
        folded = folded[:_READ].rpartition(" ")[0] or folded[:_READ]
    haystack = f" {folded} ".replace("\n", " ")
    found = registry.automata.find(haystack)[:_MOST]
    if registry.leads.isdisjoint([hit[2] for hit in found]) and registry.by_country.keys().isdisjoint(countries):
        return ()
    patterns = registry.patterns.get(document.language) or registry.patterns[""]
    boundary = folded.find("\n")
    hits: list[Hit] = []
    masks: list[tuple[int, int]] = []
    until, nested = 0, False
    for start, end, number in found:
        pattern = patterns[number]
        if pattern is None:
            continue
        head, tail, open_ended, owners, by_case = pattern
        first, last = start + head, end - tail
        if open_ended:
            last = haystack.index(" ", end) - 1
            if last - end >= MAX_ENDING:
                continue
        if first < boundary < last:
            continue
        if by_case is not None:
            owners = _fitting(document, first, last, by_case)
            if not owners:
                continue
        kind = owners[0].kind
        if kind == "mask":
            masks.append((first, last))
            continue
        if kind in _NAMES:
            nested = nested or first < until
            until = max(until, last)
        hits.append((first, last, owners))
    if masks:
        hits = _unmasked(hits, masks)
    return _longest(hits) if nested else hits


def _longest(hits: Sequence[Hit]) -> Sequence[Hit]:
    """Leave out names inside a longer one that stands for another war or country: Sudan in South Sudan."""
    names = [(start, -end, n) for n, (start, end, owners) in enumerate(hits) if owners[0].kind in _NAMES]
    hidden = set()
    begin = until = outer = -1
    for start, end, number in sorted(names):
        if -end > until:
            begin, until, outer = start, -end, number
        elif -end - start < until - begin and not _akin(hits[number][2], hits[outer][2]):
            hidden.add(number)
    return [hit for number, hit in enumerate(hits) if number not in hidden] if hidden else hits


def _akin(inner: Sequence[Owner], outer: Sequence[Owner]) -> bool:
    if inner[0].kind != outer[0].kind or inner[0].key == outer[0].key:
        return True
    return not {owner.key for owner in inner}.isdisjoint(owner.key for owner in outer)


def _unmasked(hits: Sequence[Hit], masks: list[tuple[int, int]]) -> list[Hit]:
    masks.sort()
    starts = [start for start, _ in masks]
    furthest = list(accumulate((end for _, end in masks), max))
    return [hit for hit in hits if not _inside(hit, starts, furthest)]


def _inside(hit: Hit, starts: Sequence[int], furthest: Sequence[int]) -> bool:
    before = bisect_right(starts, hit[0])
    return before > 0 and furthest[before - 1] >= hit[1]


def _fitting(
    document: Document, start: int, end: int, by_case: tuple[tuple[Owner, ...], tuple[Owner, ...], tuple[Owner, ...]]
) -> tuple[Owner, ...]:
    """Return the owners that count if the original begins small, with a capital, or if all of it alone is capitals."""
    small, initial, capitals = by_case
    offsets = document.folded.offsets
    if document.body[start if offsets is None else offsets[start]].islower():
        return small
    return initial if initial is capitals or not _stands_out(document, start, end) else capitals


def _stands_out(document: Document, start: int, end: int) -> bool:
    first, last = document.folded.source(start, end)
    if not document.body[first:last].isupper():
        return False
    around = document.body[max(0, first - _AROUND) : first] + document.body[last : last + _AROUND]
    return any(char.islower() for char in around) or not any(char.isalpha() for char in around)
