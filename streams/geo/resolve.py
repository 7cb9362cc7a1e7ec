"""From a document to its places and countries: the method, step by step."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from streams.document import Document
from streams.geo.candidates import candidates_of
from streams.geo.context import scene_of
from streams.geo.cues import cued, placed_by_institutions
from streams.geo.focus import Scored, Weighed, country_weights, focused, weigh
from streams.geo.gazetteer import Gazetteer
from streams.geo.keep import confirmed, kept
from streams.geo.kinds import ADMIN1, ADMIN2, CITY, COUNTRY, KINDS, PRECISIONS, NameKind
from streams.geo.mentions import matches
from streams.geo.passes import containment, pairs, prominence, settle, source
from streams.geo.words import Words, words_of
from streams.messages import CountryScore, Place, Precision

_LEAST_SHARE = 0.25
_WEAK, _LEAST_WEIGHT = 0.2, 0.6


@dataclass(frozen=True, slots=True)
class Geography:
    """The places an item names, those of focus first, and the countries it is about, best first."""

    places: tuple[Place, ...]
    countries: tuple[CountryScore, ...]


def resolve(document: Document, gazetteer: Gazetteer) -> Geography:
    """Return the places and countries of a document; the same document always gives the same ones."""
    words = words_of(document)
    named = matches(words, document, gazetteer)
    cues = cued(words, document.language, gazetteer.cues)
    settings = kept(scene_of(document, words, named, cues, gazetteer), named, gazetteer)
    if not settings:
        return Geography((), _fallback(words, document, gazetteer))
    found = [s.match for s in settings]
    c = candidates_of(found, gazetteer)
    base = prominence(c, document.language) + containment(c, pairs(found, document.body, c))
    base = base + source(c, gazetteer.countries, document.domain)
    chosen, scores = settle(c, base)
    choice = dict(
        zip(c.names, zip(c.place[chosen].tolist(), (scores - base)[chosen].tolist(), strict=True), strict=True)
    )
    settings = [s for s in settings if confirmed(s, choice[s.match.name][1])]
    place = np.array([choice[s.match.name][0] for s in settings], np.intp)
    weighed = weigh(words, document, settings, place, cues, gazetteer)
    scored = _gathered(weighed, place.tolist())
    focus = focused(scored, gazetteer)
    total = max(1.0, sum(p.weight for p in scored))
    ranked = sorted(scored, key=lambda p: (p.place not in focus, -p.weight, p.mentions[0].setting.match.start))
    places = (_place(p, p.place in focus, p.weight / total, gazetteer, document) for p in ranked)
    countries = _countries(ranked, gazetteer) or _fallback(words, document, gazetteer)
    return Geography(tuple(p for p in places if p.mentions), countries)


def _fallback(words: Words, document: Document, gazetteer: Gazetteer) -> tuple[CountryScore, ...]:
    """Return the country of an item that names none, from its institutions and currencies; a weak guess."""
    found = placed_by_institutions(words, document.language, gazetteer.institutions)
    return tuple(CountryScore(country, _WEAK) for country, _ in found[:1])


def _gathered(weighed: list[Weighed], place: Iterable[int]) -> list[Scored]:
    mentions: dict[int, list[Weighed]] = defaultdict(list)
    for number, w in zip(place, weighed, strict=True):
        mentions[number].append(w)
    return [Scored(number, tuple(group), sum(w.weight for w in group)) for number, group in mentions.items()]


def _countries(scored: list[Scored], gazetteer: Gazetteer) -> tuple[CountryScore, ...]:
    """Add up what the mentions say for their countries; those far behind the first are left out."""
    weights = country_weights(scored, gazetteer)
    if max(weights.values(), default=0.0) < _LEAST_WEIGHT:
        return ()
    total = sum(weights.values())
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        CountryScore(gazetteer.countries[country], int(1000 * weight / total) / 1000)
        for country, weight in ranked
        if weight >= _LEAST_SHARE * ranked[0][1]
    )


def _place(p: Scored, focus: bool, share: float, gazetteer: Gazetteer, document: Document) -> Place:
    place, kind = p.place, int(gazetteer.kind[p.place])
    precision, radius = _precision(place, kind, gazetteer)
    named = (w.setting.match for w in p.mentions if w.setting.form != NameKind.GOVERNMENT)
    return Place(
        name=gazetteer.name(place),
        kind=KINDS[kind],
        geonames_id=int(gazetteer.geonames_id[place]) or None,
        wikidata=gazetteer.wikidata[place] or None if place < len(gazetteer.wikidata) else None,
        country=gazetteer.countries[gazetteer.country[place]] or None,
        admin1=gazetteer.admin1_iso[gazetteer.admin1[place]] or None,
        lat=round(float(gazetteer.lat[place]), 4),
        lon=round(float(gazetteer.lon[place]), 4),
        precision=precision,
        radius_km=radius,
        role="focus" if focus else "mention",
        score=round(min(1.0, share), 3),
        mentions=tuple(document.span(match.start, match.end) for match in named),
    )


def _precision(place: int, kind: int, gazetteer: Gazetteer) -> tuple[Precision, float]:
    size = float(gazetteer.size[place]) / 25
    if place < len(gazetteer.radius):
        stated = PRECISIONS[int(gazetteer.precision[place])]
        return stated or _OF_KIND.get(kind, "area"), round(float(gazetteer.radius[place]), 1)
    if kind == CITY:
        return "exact", round(max(1.0, 0.012 * 10 ** (size / 2)), 1)
    return ("admin2", 30.0) if kind == ADMIN2 else ("admin1", 120.0)


_OF_KIND: dict[int, Precision] = {CITY: "exact", ADMIN2: "admin2", ADMIN1: "admin1", COUNTRY: "country"}
