"""From a document to its places and countries: the method, step by step."""

from collections import defaultdict
from dataclasses import dataclass

from msgspec.structs import replace

from streams.document import Document
from streams.geo.countries import countries_of
from streams.geo.focus import Scored, Weighed, focused, weigh
from streams.geo.gazetteer import Gazetteer
from streams.geo.kinds import COUNTRY, NameKind
from streams.geo.mentions import Mention, read, settle
from streams.geo.places import Known
from streams.messages import CountryScore, Place


@dataclass(frozen=True, slots=True)
class Geography:
    """The places an item names, those of focus first, and the countries it is about, best first."""

    places: tuple[Place, ...]
    countries: tuple[CountryScore, ...]


def resolve(document: Document, gazetteer: Gazetteer) -> Geography:
    """Return the places and countries of a document; the same document always gives the same ones."""
    reading = read(document, gazetteer)
    settle(reading, document, gazetteer)
    names = (mention if mention.confirmed else _government(mention, gazetteer) for mention in reading.mentions())
    mentions = [mention for mention in names if mention]
    if not mentions:
        return Geography((), countries_of([], frozenset(), reading, document, gazetteer))
    scored = _gathered(weigh(document, mentions, gazetteer), gazetteer)
    focus = focused(scored, gazetteer)
    total = max(1.0, sum(p.weight for p in scored))
    ranked = sorted(scored, key=lambda p: (p.place not in focus, -p.weight, p.mentions[0].mention.start))
    places = (_place(p, p.place in focus, p.weight / total, document) for p in ranked)
    countries = countries_of(ranked, focus, reading, document, gazetteer)
    return Geography(tuple(p for p in places if p.mentions), countries)


def _government(mention: Mention, gazetteer: Gazetteer) -> Mention | None:
    """Return a name that is no place as a government that is called so, if there is one: "White House says"."""
    place = gazetteer.governments.get(mention.low)
    return None if place is None else replace(mention, kind=COUNTRY, form=NameKind.GOVERNMENT, chosen=place)


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


def _place(p: Scored, focus: bool, share: float, document: Document) -> Place:
    """Return a place as the item names it; a mention of its government is none of the place."""
    named = (w.mention for w in p.mentions if w.mention.form != NameKind.GOVERNMENT)
    return replace(
        p.described,
        role="focus" if focus else "mention",
        score=round(min(1.0, share), 3),
        mentions=tuple(document.span(mention.start, mention.end) for mention in named),
    )
