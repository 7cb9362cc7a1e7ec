"""Which armed conflicts a document is about: points of evidence for and against, added up to a probability."""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from streams.conflict.matcher import Hit, find
from streams.conflict.model import Conflict, Owner, Registry
from streams.document import Document
from streams.messages import ConflictMatch, CountryScore, Evidence, Place

PRIOR: Final = -2.6  # log-odds of a conflict before any evidence
THRESHOLD: Final = 0.5
_LEAD = 400  # code points of the body that carry full weight
_NEAR = 160  # code points within which war vocabulary belongs to a term
_DECAY = 0.35  # each further term counts this much of the one before
_MOST = 5.5  # points terms may give together
_CONTEXT = (0.95, 2.4)  # points per unit of war vocabulary, and at most
_AGAINST = (0.8, 3.0)
_OUT_OF_TIME, _ENDED, _PEAK = -3.0, -0.75, 0.8
_GATE = 0.8  # units of war vocabulary at which countries and parties count in full: without any they are at peace
_PEACEFUL = frozenset(("party", "country of the war"))
_TALKS = 0.7
_EVIDENCE = 8  # spans shown with a match


@dataclass(slots=True)
class _Clue:
    points: float
    hit: Hit
    reason: str


@dataclass(slots=True)
class _Case:
    """What was found for one conflict; `clues` by folded text, so that a repeated term counts once."""

    clues: dict[str, _Clue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conflict that was considered, with the points for and against it and its evidence.

    `vague` if nothing but its country speaks for it.
    """

    conflict: Conflict
    score: float
    points: Mapping[str, float]
    vague: bool
    evidence: tuple[Evidence, ...]


def classify(
    document: Document, places: Sequence[Place], countries: Sequence[CountryScore], registry: Registry
) -> tuple[ConflictMatch, ...]:
    """Return the armed conflicts the document is about, best first; empty means none known, or unsure.

    `places` and `countries` are context only: they may be empty or wrong. Pure and deterministic.
    """
    return tuple(
        ConflictMatch(
            id=found.conflict.slug,
            name=found.conflict.name,
            ucdp_conflict_id=found.conflict.ucdp,
            wikidata=found.conflict.wikidata,
            score=round(found.score, 3),
            evidence=found.evidence,
        )
        for found in explain(document, places, countries, registry)
        if found.score >= THRESHOLD
    )


def explain(
    document: Document, places: Sequence[Place], countries: Sequence[CountryScore], registry: Registry
) -> tuple[Candidate, ...]:
    """Return every conflict considered, best first, with the points that made its score."""
    hits = find(document, registry)
    cases, groups, context, against = _sort(document, hits)
    _add_sides(cases, groups, registry)
    _add_background(cases, groups, countries, registry)
    doubts = min(
        _AGAINST[1], _AGAINST[0] * sum({(o.key, h.start): o.points * _position(h.start) for h, o in against}.values())
    )
    found = [
        _judge(document, registry.conflicts[slug], case, context, doubts) for slug, case in cases.items() if case.clues
    ]
    return _explained(found)


def _explained(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Sort the candidates; a country whose war is named does not speak for the other wars of that country any more."""
    named = [c.conflict.slug for c in found if c.score >= THRESHOLD and not c.vague]
    countries = {
        code for c in found if c.conflict.slug in named for code in (*c.conflict.countries, *c.conflict.background)
    }
    kept = [c for c in found if not (c.vague and countries & c.conflict.background.keys())]
    return tuple(sorted(kept, key=lambda c: (-c.score, c.conflict.slug)))


def _sort(
    document: Document, hits: Iterable[Hit]
) -> tuple[dict[str, _Case], dict[str, _Clue], list[tuple[Hit, Owner]], list[tuple[Hit, Owner]]]:
    cases: dict[str, _Case] = defaultdict(_Case)
    groups: dict[str, _Clue] = {}
    context: list[tuple[Hit, Owner]] = []
    against: list[tuple[Hit, Owner]] = []
    for hit in hits:
        for owner in hit.owners:
            if owner.kind == "term":
                _add(cases[owner.key].clues, owner.term, hit, owner)
            elif owner.kind == "group":
                _add(groups, owner.key, hit, owner)
            elif owner.kind == "context":
                context.append((hit, owner))
            else:
                against.append((hit, owner))
    return cases, groups, context, against


def _add(clues: dict[str, _Clue], key: str, hit: Hit, owner: Owner) -> None:
    points = owner.points * _position(hit.start)
    known = clues.get(key)
    if known is None:
        clues[key] = _Clue(points, hit, owner.reason)
    else:
        known.points = min(owner.points, max(known.points, points) + 0.1 * owner.points)


def _position(start: int) -> float:
    if start < _LEAD:
        return 1.0
    return 0.6 if start < 3 * _LEAD else 0.4


def _add_sides(cases: dict[str, _Case], groups: Mapping[str, _Clue], registry: Registry) -> None:
    slugs = {slug for group in groups for slug in registry.by_group.get(group, ())}
    for slug in sorted(slugs):
        sides = registry.conflicts[slug].sides or ()
        best = [max((groups[g] for g in side if g in groups), key=lambda c: c.points, default=None) for side in sides]
        if all(best):
            for number, clue in enumerate(best):
                assert clue is not None
                cases[slug].clues[f"side {number}"] = _Clue(
                    registry.conflicts[slug].pair * clue.points, clue.hit, "party"
                )


def _add_background(
    cases: dict[str, _Case], groups: Mapping[str, _Clue], countries: Sequence[CountryScore], registry: Registry
) -> None:
    about = {country.code: country.score for country in countries}
    for code in sorted(registry.by_country.keys() & (groups.keys() | about.keys())):
        clue = groups.get(code)
        for slug in registry.by_country[code]:
            points = registry.conflicts[slug].background[code]
            if clue:
                cases[slug].clues[f"country {code}"] = _Clue(points * clue.points, clue.hit, "country of the war")


def _judge(
    document: Document,
    conflict: Conflict,
    case: _Case,
    context: Sequence[tuple[Hit, Owner]],
    against: float,
) -> Candidate:
    clues = sorted(case.clues.values(), key=lambda clue: (-clue.points, clue.hit.start))
    fighting, talks, words = _context(conflict, context, sorted(clue.hit.start for clue in clues))
    time = _time(document, conflict)
    open_to_war = 1.0 if time > 0 else min(1.0, (fighting + 0.3 * talks) / _GATE)
    ranked = sorted((c.points * (open_to_war if c.reason in _PEACEFUL else 1.0) for c in clues), reverse=True)
    points = {
        "prior": PRIOR,
        "terms": min(_MOST, sum(value * _DECAY**rank for rank, value in enumerate(ranked))),
        "context": min(_CONTEXT[1], _CONTEXT[0] * (fighting + talks)),
        "against": -against,
        "time": time,
    }
    score = 1 / (1 + math.exp(-sum(points.values())))
    shown = [*((clue.hit, clue.reason) for clue in clues[: _EVIDENCE - 2]), *((hit, "fighting") for hit in words[:2])]
    vague = all(clue.reason == "country of the war" for clue in clues)
    return Candidate(conflict, score, points, vague, tuple(_evidence(document, hit, reason) for hit, reason in shown))


def _context(
    conflict: Conflict, context: Sequence[tuple[Hit, Owner]], near: Sequence[int]
) -> tuple[float, float, list[Hit]]:
    """Return the words of war and of talks around the terms, in units, and the hits of the first, strongest first."""
    weights: dict[tuple[str, str], tuple[float, Hit]] = {}
    for hit, owner in context:
        weight = 0.25 * owner.points if owner.key == "crime" and not conflict.criminal else owner.points
        weight *= 1.0 if _distance(hit.start, near) <= _NEAR else 0.4
        key = (owner.key, owner.term)
        if key not in weights or weights[key][0] < weight:
            weights[key] = (weight, hit)
    talks = sum(weight for (name, _), (weight, _) in weights.items() if name == "talks")
    ranked = sorted((pair for (name, _), pair in weights.items() if name != "talks"), key=lambda p: (-p[0], p[1].start))
    return sum(weight for weight, _ in ranked), min(_TALKS, talks), [hit for _, hit in ranked]


def _distance(position: int, near: Sequence[int]) -> int:
    index = bisect_left(near, position)
    return min(abs(position - near[i]) for i in (index - 1, index) if 0 <= i < len(near))


def _time(document: Document, conflict: Conflict) -> float:
    """Return the points for the date of the item: outside of the years of the war, at its peak, undated."""
    if document.published_at is None:
        return _ENDED if conflict.end else 0.0
    day = document.published_at.date()
    if (conflict.start and day < conflict.start) or (conflict.end and day > conflict.end):
        return _OUT_OF_TIME
    return _PEAK if conflict.peak and day >= conflict.peak else 0.0


def _evidence(document: Document, hit: Hit, reason: str) -> Evidence:
    span = document.span(*document.folded.source(hit.start, hit.end))
    return Evidence(field=span.field, start=span.start, end=span.end, text=span.text, reason=reason)
