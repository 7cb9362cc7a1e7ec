"""Why an event is as it is: all that was considered for its wars, places and copies, and whether it comes out again."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from streams import codec, conflict, dedup, geo, pipeline
from streams.conflict.classify import THRESHOLD
from streams.messages import SCHEMA, Event, Evidence, Item, RawItem
from streams.offline import Line

_ENRICHED = ("id", "title", "text", "url", "source", "language", "published_at", "conflicts", "places", "countries")
_JUDGED = ("story_id", "status", "duplicate", "revision")
_VERSIONS = ("pipeline", "registry", "gazetteer")


@dataclass(frozen=True, slots=True)
class War:
    """A conflict that was considered: its score, the points (log-odds) that made it, and the words it rests on."""

    id: str
    name: str
    ucdp_conflict_id: int | None
    score: float
    named: bool
    vague: bool
    points: Mapping[str, float]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Wars:
    """All conflicts considered, best first; those that score `threshold` or more are named.

    `decided` is what put the first before the second (or, alone, what speaks most for it): a name of its points.
    """

    threshold: float
    decided: str | None
    candidates: tuple[War, ...]


@dataclass(frozen=True, slots=True)
class Again:
    """What came of making an event again from its title, text, URL and source.

    `differs` are the fields that came out otherwise, `versions` what made the event and what made it again, where these
    are not the same: then fields may differ.
    """

    differs: tuple[str, ...]
    versions: Mapping[str, tuple[str, str]]

    @property
    def broken(self) -> bool:
        """Whether the same versions gave another result, which must not be."""
        return bool(self.differs) and not self.versions


@dataclass(frozen=True, slots=True)
class Report:
    """An item explained: the event it makes, and for each part all that was considered.

    `again` is None for a raw item; `duplicate` says what the item is to those read before it.
    """

    event: Event
    again: Again | None
    wars: Wars
    places: tuple[geo.Explanation, ...]
    duplicate: dedup.Explanation


def item_of(models: pipeline.Models, line: Line) -> tuple[Item, Event | None]:
    """Return the item of a line, and the event if the line is one; PoisonMessage when it is neither."""
    origin, received_at, value = line
    event = _event(value)
    if event is None:
        return pipeline.enrich(models, pipeline.Received(codec.decode_raw(value), origin, received_at)), None
    made = event.provenance
    received = pipeline.Received(_raw(event), made.origin, event.received_at, made.backfill)
    return pipeline.enrich(models, received), event


def _event(value: bytes) -> Event | None:
    try:
        return codec.decode_event(value) if f'"{SCHEMA}"'.encode() in value else None
    except msgspec.DecodeError:
        return None


def _raw(event: Event) -> RawItem:
    """Return the item an event was made of, cleaned; cleaning it again changes nothing."""
    return RawItem(
        id=event.item_id,
        url=event.url,
        title=event.title,
        text=event.text,
        source=event.source,
        language=event.language,
        published_at=event.published_at,
    )


def report(models: pipeline.Models, state: dedup.State, item: Item, event: Event | None, *, judged: bool) -> Report:
    """Explain an item by what dedup knows in `state`, which stays as it is.

    `event` is what was made of the item before, if anything; with `judged`, its verdict is to come out again, too.
    """
    verdict = dedup.explain(state, item)
    made = pipeline.event(item, verdict.verdict, event.emitted_at if event else item.received_at)
    document = pipeline.document_of(item.title, item.text, item.language, item.source.domain, item.published_at)
    return Report(
        event=made,
        again=_compared(event, made, (*_ENRICHED, *_JUDGED) if judged else _ENRICHED) if event else None,
        wars=_wars(conflict.explain(document, item.places, item.countries, models.registry)),
        places=geo.explain(document, models.gazetteer),
        duplicate=verdict,
    )


def _compared(event: Event, made: Event, fields: tuple[str, ...]) -> Again:
    before, now = event.provenance, made.provenance
    versions = {name: (getattr(before, name), getattr(now, name)) for name in _VERSIONS}
    return Again(
        differs=tuple(name for name in fields if getattr(event, name) != getattr(made, name)),
        versions={name: pair for name, pair in versions.items() if pair[0] != pair[1]},
    )


def _wars(considered: tuple[conflict.Candidate, ...]) -> Wars:
    candidates = tuple(
        War(
            id=found.conflict.slug,
            name=found.conflict.name,
            ucdp_conflict_id=found.conflict.ucdp,
            score=round(found.score, 3),
            named=found.score >= THRESHOLD,
            vague=found.vague,
            points={name: round(points, 2) for name, points in found.points.items()},
            evidence=found.evidence,
        )
        for found in considered
    )
    return Wars(THRESHOLD, _decisive(candidates), candidates)


def _decisive(candidates: tuple[War, ...]) -> str | None:
    if not candidates:
        return None
    first, second = candidates[0].points, candidates[1].points if len(candidates) > 1 else {}
    return max(first, key=lambda name: first[name] - second.get(name, 0.0))
