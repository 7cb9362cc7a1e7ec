"""From a document to its places and countries: the method, step by step."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from streams.document import Document
from streams.geo.candidates import Candidates, Reals, candidates_of
from streams.geo.context import Setting, scene_of
from streams.geo.cues import Cued, cued, placed_by_institutions
from streams.geo.focus import Scored, Weighed, country_weights, focused, home_of, scene_shares, weigh
from streams.geo.gazetteer import Gazetteer
from streams.geo.hashing import Ints
from streams.geo.keep import confirmed, kept
from streams.geo.kinds import ADMIN1, ADMIN2, CITY, COUNTRY, KINDS, PRECISIONS, NameKind
from streams.geo.mentions import matches
from streams.geo.passes import containment, pairs, prominence, settle, source
from streams.geo.words import Words, words_of
from streams.messages import CountryScore, Place, Precision

_LEAST_SHARE = 0.3
# Radius of a town: 7,000 inhabitants to the square kilometre at its heart, twice that area for its outskirts; those of
# divisions are medians of their kind.
_CITY_KM, _ADMIN2_KM, _ADMIN1_KM = 0.012, 30.0, 120.0
_WEAK, _LEAST_WEIGHT = 0.2, 0.6
_CAPITAL_NAMED = 4.0


@dataclass(frozen=True, slots=True)
class Geography:
    """The places an item names, those of focus first, and the countries it is about, best first."""

    places: tuple[Place, ...]
    countries: tuple[CountryScore, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """A document with its names resolved: which mention means which place, and what decided it."""

    words: Words
    cues: Cued
    settings: list[Setting]
    place: Ints
    candidates: Candidates
    scores: dict[str, Reals]
    chosen: Ints


def settled(document: Document, gazetteer: Gazetteer) -> Settled | None:
    """Return the names of a document resolved to places; None where there are none."""
    words = words_of(document)
    named = matches(words, document, gazetteer)
    cues = cued(words, document.language, gazetteer.cues)
    settings = kept(scene_of(document, words, named, cues, gazetteer), named, gazetteer)
    if not settings:
        return None
    found = [s.match for s in settings]
    c = candidates_of(found, gazetteer)
    scores = {
        "prominence": prominence(c, document.language),
        "containment": containment(c, pairs(found, document.body, c)),
        "capital": capital_named(c),
        "source": source(c, gazetteer.countries, document.domain),
    }
    base = sum(scores.values(), start=np.zeros(len(c.place)))
    chosen, total = settle(c, base)
    scores["context"] = total - base
    choice = dict(zip(c.names, chosen.tolist(), strict=True))
    support = scores["context"]
    settings = [s for s in settings if confirmed(s, float(support[choice[s.match.name]]))]
    place = c.place[[choice[s.match.name] for s in settings]]
    return Settled(words, cues, settings, place, c, scores, chosen)


def capital_named(c: Candidates) -> Reals:
    """Score the capitals of countries that the document names where they share a name with a country it does not.

    "عمان" is Amman beside Jordan, else Oman.
    """
    scores = np.zeros(len(c.place))
    capitals = np.flatnonzero(c.capital)
    if not len(capitals):
        return scores
    lands = c.kind == COUNTRY
    sole = lands & (np.diff(c.first)[c.owner] == 1)
    named = frozenset(c.country[sole].tolist())
    for n in capitals.tolist():
        rivals = frozenset(c.country[lands & (c.owner == c.owner[n])].tolist())
        if rivals and c.country[n] in named and rivals.isdisjoint({*named, int(c.country[n])}):
            scores[n] = _CAPITAL_NAMED
    return scores


def resolve(document: Document, gazetteer: Gazetteer) -> Geography:
    """Return the places and countries of a document; the same document always gives the same ones."""
    found = settled(document, gazetteer)
    if found is None or not found.settings:
        return Geography((), _fallback(found.words if found else words_of(document), document, gazetteer))
    words, place = found.words, found.place
    weighed = weigh(words, document, found.settings, place, found.cues, gazetteer)
    scored = _gathered(weighed, place.tolist(), gazetteer)
    focus = focused(scored, gazetteer)
    total = max(1.0, sum(p.weight for p in scored))
    ranked = sorted(scored, key=lambda p: (p.place not in focus, -p.weight, p.mentions[0].setting.match.start))
    places = (_place(p, p.place in focus, p.weight / total, gazetteer, document) for p in ranked)
    home = home_of(document.language, gazetteer.countries)
    countries = _countries(country_weights(ranked, home), scene_shares(ranked, focus), gazetteer) or _fallback(
        words, document, gazetteer
    )
    return Geography(tuple(p for p in places if p.mentions), countries)


def _fallback(words: Words, document: Document, gazetteer: Gazetteer) -> tuple[CountryScore, ...]:
    """Return the country of an item that names none, from its institutions and currencies; a weak guess."""
    found = placed_by_institutions(words, document.language, gazetteer.institutions)
    return tuple(CountryScore(country, _WEAK) for country, _ in found[:1])


def _gathered(weighed: list[Weighed], place: Iterable[int], gazetteer: Gazetteer) -> list[Scored]:
    mentions: dict[int, list[Weighed]] = defaultdict(list)
    for number, w in zip(place, weighed, strict=True):
        mentions[number].append(w)
    index = list(mentions)
    kinds, countries = gazetteer.kind[index].tolist(), gazetteer.country[index].tolist()
    sizes = (gazetteer.size[index] / 25.0).tolist()
    return [
        Scored(number, kind, country, size, tuple(group), sum(w.weight for w in group))
        for kind, country, size, (number, group) in zip(kinds, countries, sizes, mentions.items(), strict=True)
    ]


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


def _place(p: Scored, focus: bool, share: float, gazetteer: Gazetteer, document: Document) -> Place:
    place, kind = p.place, p.kind
    precision, radius = _precision(p, gazetteer)
    named = (w.setting.match for w in p.mentions if w.setting.form != NameKind.GOVERNMENT)
    return Place(
        name=gazetteer.name(place),
        kind=KINDS[kind],
        geonames_id=int(gazetteer.geonames_id[place]) or None,
        wikidata=gazetteer.wikidata[place] or None if place < len(gazetteer.wikidata) else None,
        country=gazetteer.countries[p.country] or None,
        admin1=gazetteer.admin1_iso[gazetteer.admin1[place]] or None,
        lat=round(float(gazetteer.lat[place]), 4),
        lon=round(float(gazetteer.lon[place]), 4),
        precision=precision,
        radius_km=radius,
        role="focus" if focus else "mention",
        score=round(min(1.0, share), 3),
        mentions=tuple(document.span(match.start, match.end) for match in named),
    )


def _precision(p: Scored, gazetteer: Gazetteer) -> tuple[Precision, float]:
    """Return how exact the point is, and how far off the event may be: as stated, else by kind and inhabitants."""
    if p.place < len(gazetteer.radius):
        stated = PRECISIONS[int(gazetteer.precision[p.place])]
        return stated or _OF_KIND.get(p.kind, "area"), round(float(gazetteer.radius[p.place]), 1)
    if p.kind == CITY:
        return "exact", round(max(1.0, _CITY_KM * 10 ** (p.size / 2)), 1)
    return ("admin2", _ADMIN2_KM) if p.kind == ADMIN2 else ("admin1", _ADMIN1_KM)


_OF_KIND: dict[int, Precision] = {CITY: "exact", ADMIN2: "admin2", ADMIN1: "admin1", COUNTRY: "country"}
