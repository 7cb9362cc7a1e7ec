"""From a document to its places and countries: the method, step by step."""

from collections import defaultdict
from dataclasses import dataclass

from msgspec.structs import replace

from streams.document import Document
from streams.geo.cues import Institutions, placed
from streams.geo.focus import Scored, Weighed, country_weights, focused, home_of, scene_shares, weigh
from streams.geo.gazetteer import Gazetteer
from streams.geo.kinds import NameKind
from streams.geo.mentions import Reading, read, settle
from streams.geo.places import Known
from streams.messages import CountryScore, Place

_LEAST_SHARE = 0.4
_WEAK, _LEAST_WEIGHT = 0.2, 0.6
# Words of headline and lead in which institutions count, and how much one does, as much as a place in a headline.
_LEAD_WORDS, _INSTITUTION, _MOST_INSTITUTIONS = 60, 3.0, 2


@dataclass(frozen=True, slots=True)
class Geography:
    """The places an item names, those of focus first, and the countries it is about, best first."""

    places: tuple[Place, ...]
    countries: tuple[CountryScore, ...]


def resolve(document: Document, gazetteer: Gazetteer) -> Geography:
    """Return the places and countries of a document; the same document always gives the same ones."""
    reading = read(document, gazetteer)
    settle(reading, document, gazetteer)
    mentions = [mention for mention in reading.mentions() if mention.confirmed]
    if not mentions:
        return Geography((), _fallback(reading, document, gazetteer))
    scored = _gathered(weigh(document, mentions, gazetteer), gazetteer)
    focus = focused(scored, gazetteer)
    total = max(1.0, sum(p.weight for p in scored))
    ranked = sorted(scored, key=lambda p: (p.place not in focus, -p.weight, p.mentions[0].mention.start))
    places = (_place(p, p.place in focus, p.weight / total, document) for p in ranked)
    weights = country_weights(ranked, home_of(document.language, gazetteer.countries))
    for country, count in placed(_hashes(reading, _LEAD_WORDS), _institutions(document, gazetteer).sure):
        weights[gazetteer.countries.index(country)] += _INSTITUTION * min(count, _MOST_INSTITUTIONS)
    countries = _countries(weights, scene_shares(ranked, focus), gazetteer)
    return Geography(tuple(p for p in places if p.mentions), countries or _fallback(reading, document, gazetteer))


def _fallback(reading: Reading, document: Document, gazetteer: Gazetteer) -> tuple[CountryScore, ...]:
    """Return the country of an item that names none, from its institutions and currencies; a weak guess."""
    found = placed(_hashes(reading), _institutions(document, gazetteer).every)
    return tuple(CountryScore(country, _WEAK) for country, _ in found[:1])


def _institutions(document: Document, gazetteer: Gazetteer) -> Institutions:
    return gazetteer.institutions.get(document.language) or gazetteer.institutions["*"]


def _hashes(reading: Reading, count: int | None = None) -> list[int]:
    hashes: list[int] = reading.words["hash"][:count].tolist()
    return hashes


def _gathered(weighed: list[Weighed], gazetteer: Gazetteer) -> list[Scored]:
    """Return the places that the mentions were taken for, in order of first mention."""
    mentions: dict[int, list[Weighed]] = defaultdict(list)
    for w in weighed:
        mentions[w.mention.chosen].append(w)
    return [_scored(number, gazetteer.described(number), group) for number, group in mentions.items()]


def _scored(number: int, known: Known, mentions: list[Weighed]) -> Scored:
    return Scored(
        number, known.kind, known.country, known.size, tuple(mentions), sum(w.weight for w in mentions), known.place
    )


def _countries(weights: dict[int, float], lead: dict[int, float], gazetteer: Gazetteer) -> tuple[CountryScore, ...]:
    """Return the countries by weight and their lead, best first; those far behind the first are left out."""
    top = max(weights.values(), default=0.0)
    if top < _LEAST_WEIGHT:
        return ()
    led = {country: weight * lead[country] for country, weight in weights.items() if weight >= _LEAST_SHARE * top}
    total = sum(led.values()) + sum(weight for country, weight in weights.items() if country not in led)
    ranked = sorted(led.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        CountryScore(gazetteer.countries[country], int(1000 * weight / total) / 1000) for country, weight in ranked
    )


def _place(p: Scored, focus: bool, share: float, document: Document) -> Place:
    """Return a place as the item names it; a mention of its government is none of the place."""
    named = (w.mention for w in p.mentions if w.mention.form != NameKind.GOVERNMENT)
    return replace(
        p.described,
        role="focus" if focus else "mention",
        score=round(min(1.0, share), 3),
        mentions=tuple(document.span(mention.start, mention.end) for mention in named),
    )
