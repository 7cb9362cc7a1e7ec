"""One pass over a folded document: which owners' terms stand where."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import daachorse

from streams.conflict.model import Owner, Pattern, Registry
from streams.conflict.variants import MAX_ENDING, Term, spellings, unspaced
from streams.document import Document

_FALLBACK: Final = "en"  # whose words count in languages without a vocabulary of their own
_FITTING: Final = {"any": (0, 1, 2), "initial": (1, 2), "name": (1,), "all": (2,)}


@dataclass(frozen=True, slots=True)
class Hit:
    """A pattern found at `[start, end)` of the folded text, with the owners that count in this document."""

    start: int
    end: int
    owners: tuple[Owner, ...]


def compile_patterns(
    terms: Iterable[tuple[Term, str, Owner]],
) -> tuple[daachorse.CharwiseDoubleArrayAhoCorasick, tuple[Pattern, ...]]:
    """Compile `(term, language, owner)` into an automaton and the table its pattern numbers index."""
    owners: dict[tuple[str, int, int, bool], list[Owner]] = defaultdict(list)
    for term, language, owner in terms:
        pad = 0 if unspaced(term.text) else 1
        tail = 0 if term.open_ended else pad
        for spelling in spellings(term.text, language):
            found = owners[" " * pad + spelling + " " * tail, pad, tail, bool(term.open_ended and pad)]
            if owner not in found:
                found.append(owner)
    patterns = tuple(
        Pattern(head, tail, open_, any(o.language or o.case != "any" for o in found), tuple(found))
        for (_, head, tail, open_), found in owners.items()
    )
    return daachorse.CharwiseDoubleArrayAhoCorasick([text for text, *_ in owners]), patterns


def find(document: Document, registry: Registry) -> Sequence[Hit]:
    """Return the hits in order of their end, those inside a masking phrase left out; empty if no conflict is named."""
    folded = document.folded.text
    haystack = f" {folded} ".replace("\n", " ")
    found = registry.automaton.find_overlapping(haystack)
    languages = _languages(document.language, registry.languages)
    boundary = folded.find("\n")
    hits = [
        hit
        for start, end, number in found
        if (hit := _hit(haystack, start, end, registry.patterns[number], document, languages)) is not None
        and not hit.start < boundary < hit.end
    ]
    masks = [(hit.start, hit.end) for hit in hits if hit.owners[0].kind == "mask"]
    if masks:
        hits = [hit for hit in hits if not any(low <= hit.start and hit.end <= high for low, high in masks)]
    return hits


def _languages(language: str, known: frozenset[str]) -> frozenset[str]:
    return frozenset((language,)) if language in known else frozenset((language, _FALLBACK))


def _hit(
    haystack: str, start: int, end: int, pattern: Pattern, document: Document, languages: frozenset[str]
) -> Hit | None:
    first, last = start + pattern.head, end - pattern.tail
    if pattern.open_ended:
        last = haystack.index(" ", end)
        if last - end > MAX_ENDING:
            return None
    owners = pattern.owners
    if pattern.conditional:
        case = _case(document, first - 1, last - 1)
        owners = tuple(
            owner
            for owner in owners
            if (owner.language is None or owner.language in languages) and case in _FITTING[owner.case]
        )
    return Hit(first - 1, last - 1, owners) if owners else None


def _case(document: Document, start: int, end: int) -> int:
    """Return 0 if the original begins small, 1 if with a capital, 2 if all of it alone is in capitals."""
    first, last = document.folded.source(start, end)
    found = document.body[first:last]
    if not found.isupper():
        return int(found[0].isupper() or not found[0].islower())
    around = document.body[max(0, first - 30) : first] + document.body[last : last + 30]
    alone = any(char.islower() for char in around) or not any(char.isalpha() for char in around)
    return 2 if alone else 1
