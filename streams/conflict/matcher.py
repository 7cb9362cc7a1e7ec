"""One pass over a folded document: which owners' terms stand where."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

import daachorse

from streams.conflict.model import Case, Owner, Pattern, Registry
from streams.conflict.variants import MAX_ENDING, Term, spellings, unspaced
from streams.document import Document

_FALLBACK: Final = "en"  # whose words count in languages without a vocabulary of their own
_FITTING: Final[dict[Case, tuple[int, ...]]] = {"any": (0, 1, 2), "initial": (1, 2), "name": (1,), "all": (2,)}
_AROUND: Final = 30  # code points on each side that tell capitals in a sentence from a sentence in capitals


class Hit(NamedTuple):
    """A pattern found at `[start, end)` of the folded text, with the owners that count in this document."""

    start: int
    end: int
    owners: tuple[Owner, ...]


def compile_patterns(
    terms: Iterable[tuple[Term, str, Owner]],
) -> tuple[daachorse.CharwiseDoubleArrayAhoCorasick, tuple[Pattern, ...]]:
    """Compile `(term, language, owner)` into an automaton and the table its pattern numbers index."""
    owners: dict[tuple[str, int, int, bool], dict[Owner, None]] = defaultdict(dict)
    for term, language, owner in terms:
        pad = 0 if unspaced(term.text) else 1
        tail = 0 if term.open_ended else pad
        name = owner.kind in ("term", "group") and not term.open_ended
        for spelling in spellings(term.text, language, name):
            owners[" " * pad + spelling + " " * tail, pad, tail, bool(term.open_ended and pad)][owner] = None
    patterns = tuple(_pattern(head, tail, open_, tuple(found)) for (_, head, tail, open_), found in owners.items())
    return daachorse.CharwiseDoubleArrayAhoCorasick([text for text, *_ in owners]), patterns


def _pattern(head: int, tail: int, open_ended: bool, owners: tuple[Owner, ...]) -> Pattern:
    bound_to = {owner.language for owner in owners}
    cases = {owner.case for owner in owners}
    languages = None if None in bound_to else frozenset(name for name in bound_to if name is not None)
    name = len(bound_to) == 1 and cases == {"initial"}
    bound = not name and (len(bound_to) > 1 or cases != {"any"})
    return Pattern(head, tail, open_ended, languages, name, bound, owners)


def find(document: Document, registry: Registry, in_question: bool = False) -> Sequence[Hit]:
    """Return the hits in order of their end, without those inside a masking phrase.

    Returns none if no conflict is named or hinted at, unless something else puts one `in_question`.
    """
    folded = document.folded.text
    haystack = f" {folded} ".replace("\n", " ")
    found = registry.automaton.find_overlapping(haystack)
    if not in_question and registry.leads.isdisjoint([number for _, _, number in found]):
        return ()
    known = document.language in registry.languages
    spoken = frozenset((document.language,) if known else (document.language, _FALLBACK))
    boundary = folded.find("\n")
    body, offsets = document.body, document.folded.offsets
    hits = []
    for start, end, number in found:
        head, tail, open_ended, languages, name, bound, owners = registry.patterns[number]
        if languages is not None and languages.isdisjoint(spoken):
            continue
        first, last = start + head - 1, end - tail - 1
        if open_ended:
            last = haystack.index(" ", end) - 1
        if last - end >= MAX_ENDING or first < boundary < last:
            continue
        if name and body[first if offsets is None else offsets[first]].islower():
            continue
        if bound:
            owners = _fitting(document, first, last, owners, spoken)
        if owners:
            hits.append(Hit(first, last, owners))
    return _longest(_unmasked(hits))


def _longest(hits: Sequence[Hit]) -> Sequence[Hit]:
    """Leave out names inside a longer one that stands for another war or country: Sudan in South Sudan."""
    names = [hit for hit in hits if hit.owners[0].kind in ("term", "group")]
    names.sort(key=lambda hit: (hit.start, -hit.end))
    hidden, outer = set(), None
    for hit in names:
        if outer is None or hit.end > outer.end:
            outer = hit
        elif hit.end - hit.start < outer.end - outer.start and not _akin(hit, outer):
            hidden.add(id(hit))
    return [hit for hit in hits if id(hit) not in hidden] if hidden else hits


def _akin(inner: Hit, outer: Hit) -> bool:
    if inner.owners[0].kind != outer.owners[0].kind:
        return True
    return not {owner.key for owner in inner.owners}.isdisjoint(owner.key for owner in outer.owners)


def _unmasked(hits: Sequence[Hit]) -> Sequence[Hit]:
    masks = sorted((hit.start, hit.end) for hit in hits if hit.owners[0].kind == "mask")
    if not masks:
        return hits
    starts = [start for start, _ in masks]
    furthest = list(accumulate((end for _, end in masks), max))
    return [hit for hit in hits if not _inside(hit, starts, furthest)]


def _inside(hit: Hit, starts: Sequence[int], furthest: Sequence[int]) -> bool:
    before = bisect_right(starts, hit.start)
    return before > 0 and furthest[before - 1] >= hit.end


def _fitting(
    document: Document, start: int, end: int, owners: Sequence[Owner], languages: frozenset[str]
) -> tuple[Owner, ...]:
    fitting = [owner for owner in owners if owner.language is None or owner.language in languages]
    if all(owner.case == "any" for owner in fitting):
        return tuple(fitting)
    case = _case(document, start, end)
    return tuple(owner for owner in fitting if case in _FITTING[owner.case])


def _case(document: Document, start: int, end: int) -> int:
    """Return 0 if the original begins small, 1 if with a capital, 2 if all of it alone is in capitals."""
    first, last = document.folded.source(start, end)
    found = document.body[first:last]
    if not found.isupper():
        return int(not found[0].islower())
    around = document.body[max(0, first - _AROUND) : first] + document.body[last : last + _AROUND]
    alone = any(char.islower() for char in around) or not any(char.isalpha() for char in around)
    return 2 if alone else 1
