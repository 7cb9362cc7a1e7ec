"""Why a name was taken for the place it was: every candidate with what each pass said for it."""

from dataclasses import dataclass

import numpy as np

from streams.document import Document
from streams.geo.gazetteer import Gazetteer
from streams.geo.kinds import NAME_BITS, PLACE_BITS, NameKind
from streams.geo.mentions import CANDIDATE, PASSES, THRESHOLD, Mention, read, settle
from streams.geo.words import Rows

_SHOWN = 8

__all__ = ["THRESHOLD", "Candidate", "Explanation", "explain"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place a name may mean, with the score of each pass; `form` is what the name is to the place."""

    name: str
    kind: str
    country: str | None
    form: str
    score: float
    passes: dict[str, float]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A name of the document: where it stands, whether it is a place, what it may be, best first.

    It is a place if its `score`, the `trust` from the words around it and what other names add, is over `THRESHOLD`; of
    a name that stands several times, that of the likeliest. `decided` is the pass that put the first candidate before
    the second, None where there is one only.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    kept: bool
    score: float
    trust: float
    candidates: tuple[Candidate, ...]
    decided: str | None


def explain(document: Document, gazetteer: Gazetteer) -> tuple[Explanation, ...]:
    """Return each name that may be a place, in order of mention, with its candidates; offsets are of the body.

    Spans are those that are places, or all where none is. Names that nothing could make a place are left out.
    """
    reading = read(document, gazetteer)
    candidates = np.empty(settle(reading, document, gazetteer), CANDIDATE)
    settle(reading, document, gazetteer, candidates)
    named: dict[int, list[Mention]] = {}
    for mention in reading.mentions():
        named.setdefault(mention.name, []).append(mention)
    bounds = np.searchsorted(candidates["owner"], np.arange(len(named) + 1)).tolist()
    explained = []
    for own, low, high in zip(named.values(), bounds, bounds[1:], strict=False):
        kept = [mention for mention in own if mention.confirmed]
        best = max(own, key=lambda mention: mention.score)
        shown = _ranked(candidates[low:high], own[0], gazetteer)[:_SHOWN]
        spans = tuple((mention.start, mention.end) for mention in kept or own)
        text = document.body[slice(*spans[0])]
        score, trust = round(best.score, 3), round(best.trust, 3)
        explained.append(Explanation(text, spans, bool(kept), score, trust, shown, _decisive(shown)))
    return tuple(explained)


def _ranked(candidates: Rows, mention: Mention, gazetteer: Gazetteer) -> tuple[Candidate, ...]:
    entries = gazetteer.entries[mention.low : mention.low + len(candidates)]
    forms = (entries >> np.uint64(PLACE_BITS) & np.uint64((1 << NAME_BITS) - 1)).tolist()
    found = [
        _candidate(place, form, dict(zip(PASSES, scores, strict=True)), gazetteer)
        for (_, place, *scores), form in zip(candidates.tolist(), forms, strict=True)
    ]
    return tuple(sorted(found, key=lambda candidate: -candidate.score))


def _candidate(place: int, form: int, passes: dict[str, float], gazetteer: Gazetteer) -> Candidate:
    known = gazetteer.described(place).place
    return Candidate(
        name=known.name,
        kind=known.kind,
        country=known.country,
        form=NameKind(form).name.lower(),
        score=round(sum(passes.values()), 3),
        passes={name: round(score, 3) for name, score in passes.items()},
    )


def _decisive(shown: tuple[Candidate, ...]) -> str | None:
    if len(shown) < 2:
        return None
    first, second = shown[0].passes, shown[1].passes
    return max(first, key=lambda name: first[name] - second[name])
