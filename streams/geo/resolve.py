"""From a document to its places and countries: the method, step by step."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from streams.document import Document
from streams.geo.candidates import candidates_of
from streams.geo.gazetteer import Gazetteer
from streams.geo.kinds import ADMIN1, ADMIN2, CITY, COUNTRY, KINDS, PRECISIONS
from streams.geo.mentions import Match, matches
from streams.geo.passes import prominence, settle
from streams.geo.words import words_of
from streams.messages import CountryScore, Place, Precision, Span


@dataclass(frozen=True, slots=True)
class Geography:
    """The places an item names, those of focus first, and the countries it is about, best first."""

    places: tuple[Place, ...]
    countries: tuple[CountryScore, ...]


def resolve(document: Document, gazetteer: Gazetteer) -> Geography:
    """Return the places and countries of a document; the same document always gives the same ones."""
    found = matches(words_of(document), gazetteer)
    if not found:
        return Geography((), ())
    c = candidates_of(found, gazetteer)
    chosen, _ = settle(c, prominence(c))
    place_of = dict(zip(c.names, c.place[chosen].tolist(), strict=True))
    mentions: dict[int, list[Match]] = defaultdict(list)
    for match in found:
        mentions[place_of[match.name]].append(match)
    ranked = sorted(mentions.items(), key=lambda item: (-len(item[1]), item[1][0].start))
    top = len(ranked[0][1])
    places = tuple(_place(place, group, len(group) == top, gazetteer, document) for place, group in ranked)
    count = Counter(p.country for p in places for _ in p.mentions if p.country)
    total = sum(count.values())
    return Geography(places, tuple(CountryScore(code, round(n / total, 3)) for code, n in count.most_common()))


def _place(place: int, group: list[Match], focus: bool, gazetteer: Gazetteer, document: Document) -> Place:
    kind = int(gazetteer.kind[place])
    precision, radius = _precision(place, kind, gazetteer)
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
        score=0.5,
        mentions=tuple(_span(match, document) for match in group),
    )


def _span(match: Match, document: Document) -> Span:
    return document.span(match.start, match.end)


def _precision(place: int, kind: int, gazetteer: Gazetteer) -> tuple[Precision, float]:
    if kind == CITY:
        return "exact", round(max(1.0, 0.012 * 10 ** (float(gazetteer.size[place]) / 50)), 1)
    if kind == ADMIN2:
        return "admin2", 30.0
    if kind == ADMIN1:
        return "admin1", 120.0
    radius = float(gazetteer.radius[place])
    if kind == COUNTRY:
        return "country", radius
    named: tuple[Precision, ...] = ("area", *PRECISIONS[1:])  # type: ignore[assignment]
    return named[int(gazetteer.precision[place])], radius
