"""Which armed conflicts a document is about: points of evidence for and against, added up to a probability.

The points are log-odds: a term, a pair of parties or a country brings points, war vocabulary around them brings more,
the words of sport, film, courts or commemoration take some away, and so does a date outside of the war.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from streams.conflict.clues import COUNTRY, PARTY, Clue, Clues, Findings, gather
from streams.conflict.matcher import Hit, find
from streams.conflict.model import REASONS, Conflict, Owner, Registry
from streams.document import Document
from streams.messages import ConflictMatch, CountryScore, Evidence, Place

THRESHOLD: Final = 0.5  # the score from which on a conflict is named
_PRIOR: Final = -2.6  # log-odds of a conflict before any evidence
_DECAY: Final = 0.35  # each further clue counts this much of the one before
_MOST: Final = 5.5  # points that clues give together at most
_FIGHTING: Final = (0.95, 2.4)  # points for a unit of war vocabulary, and at most
_BEYOND: Final = 1.2  # war vocabulary adds at most this much more than the clues: passing mentions stay such
_TALKS: Final = 0.7  # units that the vocabulary of diplomacy makes at most
_GATE: Final = 0.8  # units at which countries and parties count in full: without any they are at peace
_NEAR: Final = 160  # code points within which war vocabulary belongs to a clue
_FAR: Final = 0.4  # what it counts elsewhere
_FOREIGN_CRIME: Final = 0.25  # what words of crime count in a war that is not one of gangs
_AGAINST: Final = (0.8, 3.0)  # points for a unit of peaceful vocabulary, and at most
_SERIOUS: Final = 0.75  # points against from which on the peak of a war is no reason to think of it
_OUT_OF_TIME, _ENDED, _PEAK = -3.0, -0.75, 0.8  # item outside of the war, item without a date and war over, at its peak
_HINT: Final = 1.0  # points up to which a hint only adds to something else
_SHOWN: Final = (6, 2)  # clues and words of war shown as evidence
# What clues lose where there is no fighting: countries at peace say nothing of a war, a town of the war says less.
_PEACE: Final = {PARTY: 1.0, COUNTRY: 1.0, REASONS["places"]: 0.4}

_Word = tuple[float, int, int]  # of war: minus its weight, and its range in the folded text


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conflict that was considered: its score 0..1, the points that made it (log-odds), and the evidence.

    `vague` if nothing but its country, or words that fit other wars of the country as well, speaks for it.
    """

    conflict: Conflict
    score: float
    points: Mapping[str, float]
    vague: bool
    evidence: tuple[Evidence, ...]


class _Verdict(NamedTuple):
    conflict: Conflict
    score: float
    points: Mapping[str, float]
    vague: bool
    clues: Sequence[Clue]
    words: Sequence[_Word]


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
        for found in _consider(document, places, countries, registry, THRESHOLD)
    )


def explain(
    document: Document, places: Sequence[Place], countries: Sequence[CountryScore], registry: Registry
) -> tuple[Candidate, ...]:
    """Return every conflict considered, best first, whatever its score; `classify` names those from THRESHOLD on."""
    return _consider(document, places, countries, registry, 0.0)


def _consider(
    document: Document,
    places: Sequence[Place],
    countries: Sequence[CountryScore],
    registry: Registry,
    least: float,
) -> tuple[Candidate, ...]:
    hits = find(document, registry, any(place.country in registry.by_country for place in places))
    if not hits:
        return ()
    findings = gather(document, hits, places, countries, registry)
    doubts = min(_AGAINST[1], _AGAINST[0] * sum(findings.against.values()))
    most_fighting = min(_FIGHTING[1], _FIGHTING[0] * sum(owner.points for _, owner in findings.context))
    found = []
    for slug, clues in findings.cases.items():
        conflict = registry.conflicts[slug]
        time = _time(document, conflict)
        if doubts > _SERIOUS:
            time = min(time, 0.0)
        reach = _PRIOR + _together(clue.points for clue in clues.values()) + most_fighting - doubts + time
        if reach >= _log_odds(least) and _anchored(clues):
            found.append(_judge(conflict, clues, findings, doubts, time))
    return _shown(document, [verdict for verdict in found if verdict.score >= least])


def _judge(conflict: Conflict, clues: Clues, findings: Findings, doubts: float, time: float) -> _Verdict:
    ordered = sorted(clues.values(), key=lambda clue: (-clue.points, clue.start))
    fighting, talks, words = _context(conflict, findings.context, sorted(clue.start for clue in ordered))
    gate = 1.0 if time > 0 else min(1.0, (fighting + 0.3 * talks) / _GATE)
    strength = _together(clue.points * (1 - _PEACE.get(clue.reason, 0.0) * (1 - gate)) for clue in ordered)
    points = {
        "prior": _PRIOR,
        "terms": strength,
        "fighting": min(_FIGHTING[1], _BEYOND + strength, _FIGHTING[0] * (fighting + talks)),
        "against": -doubts,
        "time": time,
    }
    vague = all(clue.reason in (COUNTRY, REASONS["hints"]) for clue in ordered)
    return _Verdict(conflict, 1 / (1 + math.exp(-sum(points.values()))), points, vague, ordered, words)


def _anchored(clues: Clues) -> bool:
    """Tell whether something more than words that fit many wars speaks for this one."""
    return any(clue.reason != REASONS["hints"] or clue.points > _HINT for clue in clues.values())


def _together(points: Iterable[float]) -> float:
    total, share = 0.0, 1.0
    for value in sorted(points, reverse=True):
        total += value * share
        share *= _DECAY
    return min(_MOST, total)


def _context(
    conflict: Conflict, context: Sequence[tuple[Hit, Owner]], near: Sequence[int]
) -> tuple[float, float, list[_Word]]:
    """Return the words of war and of talks around the clues, in units, and those of war, the strongest first."""
    units: dict[Owner, _Word] = {}
    for hit, owner in context:
        weight = _FOREIGN_CRIME * owner.points if owner.key == "crime" and not conflict.criminal else owner.points
        index = bisect_left(near, hit.start - _NEAR)
        if index == len(near) or near[index] > hit.start + _NEAR:
            weight *= _FAR
        known = units.get(owner)
        if known is None or -known[0] < weight:
            units[owner] = (-weight, hit.start, hit.end)
    talks = -sum(word[0] for owner, word in units.items() if owner.key == "talks")
    words = sorted(word for owner, word in units.items() if owner.key != "talks")
    return -sum(word[0] for word in words), min(_TALKS, talks), words


def _time(document: Document, conflict: Conflict) -> float:
    """Return the points for the date of the item: outside of the years of the war, at its peak, unknown."""
    if document.published_at is None:
        return _ENDED if conflict.end else 0.0
    day = document.published_at.date()
    if (conflict.start and day < conflict.start) or (conflict.end and day > conflict.end):
        return _OUT_OF_TIME
    return _PEAK if conflict.peak and day >= conflict.peak else 0.0


def _shown(document: Document, found: Sequence[_Verdict]) -> tuple[Candidate, ...]:
    """Sort the verdicts; a country whose war is named speaks no more for the other wars of that country."""
    named = [verdict.conflict for verdict in found if verdict.score >= THRESHOLD and not verdict.vague]
    spoken_for = {code for conflict in named for code in (*conflict.countries, *conflict.background)}
    kept = [v for v in found if not (v.vague and spoken_for & v.conflict.background.keys())]
    kept.sort(key=lambda v: (-v.score, v.conflict.slug))
    kept = [v for n, v in enumerate(kept) if not any(_instead(better, v) for better in kept[:n])]
    return tuple(Candidate(v.conflict, v.score, v.points, v.vague, _evidence(document, v)) for v in kept)


def _instead(better: _Verdict, verdict: _Verdict) -> bool:
    """Tell whether the better verdict leaves no room: the same terms in other years, the same armed group elsewhere."""
    one, other = better.conflict, verdict.conflict
    if one.terms_of == other.slug or other.terms_of == one.slug:
        return True
    if any(clue.reason not in (PARTY, COUNTRY) for clue in verdict.clues):
        return False
    return bool(_armed_groups(one) & _armed_groups(other))


def _armed_groups(conflict: Conflict) -> frozenset[str]:
    return frozenset(group for side in conflict.sides or () for group in side if not group.isupper())


def _evidence(document: Document, verdict: _Verdict) -> tuple[Evidence, ...]:
    clues = verdict.clues[: _SHOWN[0]]
    words = [Clue(0.0, start, end, "fighting") for _, start, end in verdict.words[: _SHOWN[1]]]
    return tuple(clue.evidence(document) for clue in (*clues, *words))


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability)) if probability > 0 else -math.inf
