"""What speaks for each conflict in one document: its own terms, its parties, its countries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from streams.conflict.matcher import Hit
from streams.conflict.model import REASONS, SEAT, Owner, Registry
from streams.document import Document
from streams.messages import CountryScore, Evidence, Place

PARTY: Final = "party"
COUNTRY: Final = "country of the war"
LEAD: Final = 400  # code points of the body that carry full weight
_LATER: Final = (0.6, 0.4)  # weight of the next 800, and of the rest
_REPEATED: Final = 0.1  # share of a term's points that each repetition brings back, up to the whole

_TRUSTED: Final = 0.5  # score from which on a place found by the gazetteer is believed
_NAMES_OF_PLACES: Final = frozenset((REASONS["places"], REASONS["hints"], SEAT))
_REMEMBERED: Final = 6  # repetitions whose place is kept
_DENIED: Final = 15  # code points after a negation within which there is no war
_TOGETHER: Final = 200  # code points within which two parties are named together
_APART: Final = 0.5  # what the pair is worth otherwise
_ABROAD: Final = 0.6  # what a country is worth where all that happens, happens in countries outside of the war
_BOTH: Final = 1 | 2  # the numbers of the sides


@dataclass(slots=True)
class Clue:
    """One reason to name a conflict: its points, its range in the folded text, and the kind of reason.

    `given` is set where the range comes from outside, as that of a place does: then it is the evidence itself.
    `others` are the first few places where the same is said again.
    """

    points: float
    start: int
    end: int
    reason: str
    given: Evidence | None = None
    others: tuple[int, ...] = ()

    def evidence(self, document: Document) -> Evidence:
        """Return the clue as a span of the title or of the text."""
        if self.given is not None:
            return self.given
        first, last = document.folded.source(self.start, self.end)
        field, start, end = document.locate(first, last)
        return Evidence(field, start, end, document.body[first:last], self.reason)


Clues = dict[str, Clue]  # by term: a term counts once, in whatever spellings


@dataclass(slots=True)
class Findings:
    """The hits of a document, sorted: clues by conflict, parties and countries by group, the words of war and peace.

    `context` are the words of war with their places, `times` how often each of them stands there.
    """

    cases: defaultdict[str, Clues] = field(default_factory=lambda: defaultdict(dict))
    groups: Clues = field(default_factory=dict)
    context: list[tuple[int, int, Owner]] = field(default_factory=list)
    times: dict[Owner, int] = field(default_factory=dict)
    against: dict[str, float] = field(default_factory=dict)


def gather(
    document: Document,
    hits: Iterable[Hit],
    places: Sequence[Place],
    countries: Sequence[CountryScore],
    registry: Registry,
) -> Findings:
    """Sort the hits by what they speak for, and add what follows from parties and countries named together."""
    found = Findings()
    located = _located(document, places, registry)
    times, against = found.times, found.against
    denied = 0
    for start, end, owners in hits:
        weight = 1.0 if start < LEAD else position_weight(start)
        land = located.get(document.folded.source(start, end)[0]) if located else None
        for owner in owners:
            kind = owner.kind
            if land is not None and _elsewhere(owner, land, registry):
                continue
            if kind == "context" and start >= denied and times.get(owner, 0) < _REMEMBERED:
                found.context.append((start, end, owner))
                times[owner] = times.get(owner, 0) + 1
            elif kind == "term":
                _add(found.cases[owner.key], owner.term, start, end, owner, weight)
            elif kind == "group":
                _add(found.groups, owner.key, start, end, owner, weight)
            elif kind == "negation":
                denied = end + _DENIED
            elif kind == "denial":
                found.context[:] = [word for word in found.context if word[1] < start - _DENIED]
            elif kind == "against":
                so_far = against.get(owner.term, 0.0)
                against[owner.term] = min(2 * owner.points, so_far + owner.points * weight * weight)
    _add_places(document, found.groups, places, countries, registry)
    _add_parties(found, registry)
    _add_countries(found, places, registry)
    return found


def _located(document: Document, places: Sequence[Place], registry: Registry) -> dict[int, str]:
    """Return where in the body a place is named that was found in a country of namesakes, and that country."""
    shift = len(document.title) + 1
    return {
        mention.start + (shift if mention.field == "text" else 0): place.country
        for place in places
        if place.country in registry.namesakes and place.score >= _TRUSTED
        for mention in place.mentions
    }


def _elsewhere(owner: Owner, land: str, registry: Registry) -> bool:
    """Tell whether the name is that of a namesake in a land of them, such as Moscow in Idaho."""
    if owner.kind == "group":
        return owner.key.isupper() and owner.key != land
    if owner.kind != "term" or owner.reason not in _NAMES_OF_PLACES:
        return False
    return land not in registry.conflicts[owner.key].lands


def position_weight(start: int) -> float:
    """Return how much a hit counts that starts there: what a text is about stands early in it."""
    if start < LEAD:
        return 1.0
    return _LATER[0] if start < 3 * LEAD else _LATER[1]


def _add(clues: Clues, key: str, start: int, end: int, owner: Owner, weight: float) -> None:
    known = clues.get(key)
    most = owner.points
    if known is None:
        clues[key] = Clue(most * weight, start, end, owner.reason)
        return
    if known.points != most:
        known.points = min(most, max(known.points, most * weight) + _REPEATED * most)
    if len(known.others) < _REMEMBERED:
        known.others = (*known.others, start)


def _add_places(
    document: Document,
    groups: Clues,
    places: Sequence[Place],
    countries: Sequence[CountryScore],
    registry: Registry,
) -> None:
    """Let the places of the item stand for their country where the text does not name it."""
    about = {country.code: country.score for country in countries}
    for place in places:
        code = place.country
        if code is None or code in groups or code not in registry.by_country or not place.mentions:
            continue
        mention = place.mentions[0]
        start = mention.start + (len(document.title) + 1 if mention.field == "text" else 0)
        given = Evidence(mention.field, mention.start, mention.end, mention.text, COUNTRY)
        points = about.get(code, 0.0) * position_weight(start)
        groups[code] = Clue(points, start, start + mention.end - mention.start, COUNTRY, given)


def _add_parties(found: Findings, registry: Registry) -> None:
    sides: dict[str, int] = {}
    for group in found.groups:
        for slug, number in registry.by_side.get(group, ()):
            sides[slug] = sides.get(slug, 0) | number
    for slug in [slug for slug, both in sides.items() if both == _BOTH]:
        conflict = registry.conflicts[slug]
        one, other = (_strongest(found.groups, side) for side in conflict.sides or ())
        points = conflict.pair * min(one.points, other.points) * _closeness(one, other)
        for number, clue in enumerate((one, other)):
            found.cases[slug][f"side {number}"] = Clue(points, clue.start, clue.end, PARTY, clue.given)


def _closeness(one: Clue, other: Clue) -> float:
    here = (one.start, *one.others)
    for there in (other.start, *other.others):
        for start in here:
            if abs(start - there) <= _TOGETHER:
                return 1.0
    return _APART


def _strongest(groups: Clues, side: frozenset[str]) -> Clue:
    named = sorted(side & groups.keys())
    return groups[named[0]] if len(named) == 1 else max([groups[name] for name in named], key=_points)


def _points(clue: Clue) -> float:
    return clue.points


def _add_countries(found: Findings, places: Sequence[Place], registry: Registry) -> None:
    """Let countries speak for their wars; less so if what happened, happened elsewhere."""
    scenes = [place.country for place in places if place.role == "focus" and place.country and place.score >= _TRUSTED]
    for code in sorted(found.groups.keys() & registry.by_country.keys()):
        clue = found.groups[code]
        for slug in registry.by_country[code]:
            conflict = registry.conflicts[slug]
            here = not scenes or not conflict.lands.isdisjoint(scenes)
            points = conflict.background[code] * clue.points * (1.0 if here else _ABROAD)
            found.cases[slug][f"country {code}"] = Clue(points, clue.start, clue.end, COUNTRY, clue.given)
