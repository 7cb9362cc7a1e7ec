"""Which armed conflicts a document is about: points of evidence for and against, added up to a probability.

The points are log-odds: a term, a pair of parties or a country brings points, war vocabulary around them brings more,
the words of sport, film, courts or commemoration take some away, and so does a date outside of the war.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from streams.conflict.calibration import probability
from streams.conflict.clues import COUNTRY, PARTY, Clue, Clues, Findings, gather
from streams.conflict.matcher import find
from streams.conflict.model import FIGURES, REASONS, SEAT, Conflict, Owner, Registry
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
_SPARE: Final = (1.0, 0.3)  # units that figures of speech make at most without literal ones; where all clues are vague
_FOREIGN_CRIME: Final = 0.25  # what words of crime count in a war that is not one of gangs
_AGAINST: Final = (0.8, 3.0)  # points for a unit of peaceful vocabulary, and at most
_METAPHOR: Final = 0.7  # share of the words of war that is figurative among nothing but words that speak against a war
_SERIOUS: Final = 0.75  # points against from which on the peak of a war is no reason to think of it
_OUT_OF_TIME, _ENDED, _PEAK = -4.0, -0.75, 0.8  # item outside of the war, item without a date and war over, at its peak
_HINT: Final = 1.0  # points up to which a hint only adds to something else
_SHOWN: Final = (6, 2)  # clues and words of war shown as evidence
# What clues lose where there is no fighting: countries at peace say nothing of a war, a town of the war says less.
_PEACE: Final = {PARTY: 1.0, COUNTRY: 1.0, REASONS["places"]: 0.4}

_HINTED: Final = REASONS["hints"]
_VAGUE: Final = frozenset((COUNTRY, _HINTED))
_SPECIFIC: Final = frozenset((PARTY, SEAT, REASONS["names"], REASONS["actors"]))
_SHARED: Final = -1.5  # points for a war of places alone in a country for which another is named
_CLOSE: Final = 0.5  # points by which such a place may be ahead of the actor and yet give way
_LATER: Final = -1.0  # points for every war but the first: where one explains the words, others are less likely
_SURE: Final = 0.98  # scores from which on more evidence tells nothing of rank

_Word = tuple[float, int, int]  # of war: minus its weight, and its range in the folded text


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conflict that was considered: its score 0..1, the points that made it (log-odds), and the evidence.

    The score is the calibrated probability of the sum of the points.
    `vague` if nothing but its country, or words that fit other wars of the country as well, speaks for it.
    """

    conflict: Conflict
    score: float
    points: Mapping[str, float]
    vague: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Verdict:
    conflict: Conflict
    points: Mapping[str, float]
    log_odds: float
    clues: Sequence[Clue]
    words: Sequence[_Word]

    @property
    def score(self) -> float:
        return 1 / (1 + math.exp(-self.log_odds))

    @property
    def vague(self) -> bool:
        return all(clue.reason in _VAGUE for clue in self.clues)

    @property
    def specific(self) -> bool:
        return any(clue.reason in _SPECIFIC for clue in self.clues)

    @property
    def first(self) -> int:
        return min([clue.start for clue in self.clues])

    def plus(self, name: str, points: float) -> "_Verdict":
        return replace(self, points={**self.points, name: points}, log_odds=self.log_odds + points)


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
    hits = find(document, registry, [place.country for place in places])
    if not hits:
        return ()
    findings = gather(document, hits, places, countries, registry)
    peaceful = sum(findings.against.values())
    warlike = sum([owner.points for owner in findings.times])
    doubts = min(_AGAINST[1], _AGAINST[0] * peaceful)
    plain = 1 - _METAPHOR * peaceful / (peaceful + warlike) if peaceful else 1.0
    needed = _log_odds(least) - _PRIOR - plain * min(_FIGHTING[1], _FIGHTING[0] * warlike) + doubts
    found = []
    for slug, clues in findings.cases.items():
        points = [clue.points for clue in clues.values()]
        if sum(points) < needed - _PEAK:
            continue
        conflict = registry.conflicts[slug]
        time = _time(document, conflict)
        if doubts > _SERIOUS:
            time = min(time, 0.0)
        if _together(points) + time >= needed and _anchored(clues):
            verdict = _judge(conflict, clues, findings, doubts, plain, time)
            if verdict.score >= least:
                found.append(verdict)
    return _shown(document, found, least) if found else ()


def _judge(conflict: Conflict, clues: Clues, findings: Findings, doubts: float, plain: float, time: float) -> _Verdict:
    ordered = sorted(clues.values(), key=lambda clue: (-clue.points, clue.start))
    spare = _SPARE[all(clue.reason in _VAGUE for clue in ordered)]
    fighting, talks, words = _context(conflict, findings.context, sorted(clue.start for clue in ordered), spare)
    gate = 1.0 if time > 0 else min(1.0, (fighting + 0.3 * talks) / _GATE)
    strength = _together([clue.points * (1 - _PEACE.get(clue.reason, 0.0) * (1 - gate)) for clue in ordered])
    points = {
        "prior": _PRIOR,
        "terms": strength,
        "fighting": plain * min(_FIGHTING[1], _BEYOND + strength, _FIGHTING[0] * (fighting + talks)),
        "against": -doubts,
        "time": time,
    }
    return _Verdict(conflict, points, sum(points.values()), ordered, words)


def _anchored(clues: Clues) -> bool:
    """Tell whether something more than words that fit many wars speaks for this one."""
    return any(clue.reason != _HINTED or clue.points > _HINT for clue in clues.values())


def _together(points: list[float]) -> float:
    total, share = 0.0, 1.0
    for value in sorted(points, reverse=True):
        total += value * share
        share *= _DECAY
    return min(_MOST, total)


def _context(
    conflict: Conflict, context: Sequence[tuple[int, int, Owner]], near: Sequence[int], spare: float
) -> tuple[float, float, list[_Word]]:
    """Return the words of war and of talks around the clues, in units, and those of war, the strongest first."""
    units: dict[Owner, _Word] = {}
    for start, end, owner in context:
        weight = _FOREIGN_CRIME * owner.points if owner.key == "crime" and not conflict.criminal else owner.points
        index = bisect_left(near, start - _NEAR)
        if index == len(near) or near[index] > start + _NEAR:
            weight *= _FAR
        known = units.get(owner)
        if known is None or -known[0] < weight:
            units[owner] = (-weight, start, end)
    literal, figures, talks, words = 0.0, 0.0, 0.0, []
    for owner, word in units.items():
        if owner.key == "talks":
            talks -= word[0]
            continue
        words.append(word)
        if owner.key == FIGURES:
            figures -= word[0]
        else:
            literal -= word[0]
    words.sort()
    return literal + min(figures, literal + spare), min(_TALKS, talks), words


def _time(document: Document, conflict: Conflict) -> float:
    """Return the points for the date of the item: outside of the years of the war, at its peak, unknown."""
    if document.published_at is None:
        return _ENDED if conflict.end else 0.0
    day = document.published_at.date()
    if (conflict.start and day < conflict.start) or (conflict.end and day > conflict.end):
        return _OUT_OF_TIME
    return _PEAK if conflict.peak and day >= conflict.peak else 0.0


def _shown(document: Document, found: Sequence[_Verdict], least: float) -> tuple[Candidate, ...]:
    """Sort the verdicts, without those that another one leaves no room for."""
    named = [verdict for verdict in found if verdict.score >= THRESHOLD]
    title = document.folded.text.find("\n")
    verdicts = [verdict for verdict in _fainter(found, named) if verdict.score >= least]
    verdicts.sort(key=lambda verdict: _rank(verdict, title))
    kept = [v for n, v in enumerate(verdicts) if not any(_instead(better, v) for better in verdicts[:n])]
    kept[1:] = [later for later in (v.plus("later", _LATER) for v in kept[1:]) if later.score >= least]
    return tuple(
        Candidate(v.conflict, probability(v.log_odds, further=n > 0), v.points, v.vague, _evidence(document, v))
        for n, v in enumerate(kept)
    )


def _rank(verdict: _Verdict, title: int) -> tuple[float, int, float, str]:
    """Return the sort key: the best score first, and among sure ones that which the title says first."""
    score = verdict.score
    if score < _SURE:
        return -score, 0, -score, verdict.conflict.slug
    return -_SURE, min(verdict.first, title), -score, verdict.conflict.slug


def _fainter(verdicts: Sequence[_Verdict], named: Sequence[_Verdict]) -> Iterator[_Verdict]:
    """Drop vague verdicts beside clear ones, and lower those of places where another war of the country is named."""
    clear = any(not verdict.vague for verdict in named)
    specific = [verdict for verdict in named if verdict.specific]
    for verdict in verdicts:
        if clear and verdict.vague:
            continue
        shared = specific and not verdict.specific and any(_covers(better, verdict) for better in specific)
        yield verdict.plus("shared", _SHARED) if shared else verdict


def _covers(better: _Verdict, verdict: _Verdict) -> bool:
    shared = not set(better.conflict.countries).isdisjoint(verdict.conflict.countries)
    return shared and better.log_odds > verdict.log_odds - _CLOSE


def _instead(better: _Verdict, verdict: _Verdict) -> bool:
    """Tell whether the better verdict leaves no room: the same terms in other years, the same armed group elsewhere."""
    one, other = better.conflict, verdict.conflict
    if one.terms_of == other.slug or other.terms_of == one.slug:
        return True
    if any(clue.reason != PARTY and clue.reason != COUNTRY for clue in verdict.clues):
        return False
    return not one.armed_groups.isdisjoint(other.armed_groups)


def _evidence(document: Document, verdict: _Verdict) -> tuple[Evidence, ...]:
    clues = verdict.clues[: _SHOWN[0]]
    words = [Clue(0.0, start, end, "fighting") for _, start, end in verdict.words[: _SHOWN[1]]]
    return tuple(clue.evidence(document) for clue in (*clues, *words))


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability)) if probability > 0 else -math.inf
