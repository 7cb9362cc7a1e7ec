"""Events and alerts of `streams` as typed Python objects. Copy this file: it needs Python 3.10 or newer, nothing else.

    event = parse_event(record.value)
    for war in event.conflicts: print(war.id, war.score)

Unknown fields are ignored, so the file goes on working when fields are added; none is ever taken away.
"""

import json
import types
import typing
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

Precision = Literal["exact", "near", "admin2", "admin1", "area", "country", "international", "unknown"]


@dataclass(frozen=True)
class Source:
    name: str | None = None
    domain: str | None = None


@dataclass(frozen=True)
class Span:
    field: Literal["title", "text"]
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Evidence:
    field: Literal["title", "text"]
    start: int
    end: int
    text: str
    reason: str


@dataclass(frozen=True)
class ConflictMatch:
    id: str
    name: str
    ucdp_conflict_id: int | None
    wikidata: str | None
    score: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Place:
    name: str
    kind: str
    geonames_id: int | None
    wikidata: str | None
    country: str | None
    admin1: str | None
    lat: float | None
    lon: float | None
    precision: Precision
    radius_km: float | None
    role: Literal["focus", "mention"]
    score: float
    mentions: tuple[Span, ...]


@dataclass(frozen=True)
class CountryScore:
    code: str
    score: float


@dataclass(frozen=True)
class Duplicate:
    kind: Literal["same_item", "exact", "near", "contained"]
    of: str
    similarity: float


@dataclass(frozen=True)
class Origin:
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True)
class Provenance:
    pipeline: str
    registry: str
    gazetteer: str
    origin: Origin
    backfill: bool = False


@dataclass(frozen=True)
class Event:
    """An item of news, deduplicated, with its wars and places. Upsert by `id`: it may come more than once."""

    id: str
    item_id: str
    story_id: str
    status: Literal["new", "duplicate", "revision"]
    duplicate: Duplicate | None
    revision: int
    title: str
    text: str
    url: str | None
    source: Source
    language: str
    published_at: datetime | None
    received_at: datetime
    emitted_at: datetime
    conflicts: tuple[ConflictMatch, ...]
    places: tuple[Place, ...]
    countries: tuple[CountryScore, ...]
    provenance: Provenance

    @property
    def focus(self) -> Place | None:
        """Where it happened, if that is known."""
        return next((place for place in self.places if place.role == "focus"), None)


@dataclass(frozen=True)
class ReportPlace:
    name: str | None
    country: str | None
    precision: Precision
    lat: float | None = None
    lon: float | None = None
    radius_km: float | None = None


@dataclass(frozen=True)
class Report:
    event_id: str
    story_id: str
    title: str
    url: str | None
    source: Source
    language: str
    published_at: datetime | None
    received_at: datetime
    conflict: str | None
    conflict_name: str | None
    score: float | None
    place: ReportPlace | None
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Alert:
    """What a rule told. A `resolved` has the `key` of its `firing`."""

    id: str
    key: str
    rule: str
    condition: Literal["each", "first", "surge", "silence", "sources"]
    status: Literal["firing", "resolved"]
    severity: Literal["info", "warning", "critical"]
    group: dict[str, str]
    receivers: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    sources: int
    reports: tuple[Report, ...]
    within: int | None = None
    count: int | None = None
    expected: float | None = None
    more: int = 0
    left_out: int = 0
    parts: int = 1


def parse_event(data: bytes | str) -> Event:
    """Read an event; ValueError when it is of another schema or lacks a field."""
    return _parse(data, Event, "news.event/1")


def parse_alert(data: bytes | str) -> Alert:
    """Read an alert; ValueError when it is of another schema or lacks a field."""
    return _parse(data, Alert, "news.alert/1")


def _parse(data: bytes | str, kind: type, schema: str) -> Any:
    found = json.loads(data)
    if not isinstance(found, dict) or found.get("schema") != schema:
        raise ValueError(f"this is no {schema}")
    return _build(kind, found)


def _build(kind: Any, value: Any) -> Any:
    if value is None or kind is Any:
        return value
    if is_dataclass(kind):
        wanted = _wanted(kind)
        if missing := [name for name, (_, needed) in wanted.items() if needed and name not in value]:
            raise ValueError(f"{kind.__name__} lacks {', '.join(missing)}")
        return kind(**{name: _build(part, value[name]) for name, (part, _) in wanted.items() if name in value})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _build(next(one for one in inner if one is not types.NoneType), value)
    if origin is tuple:
        return tuple(_build(inner[0], one) for one in value)
    if kind is datetime:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    return float(value) if kind is float else value


@cache
def _wanted(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Return the type of each field, and whether it has to be there."""
    hints = typing.get_type_hints(kind)
    return {one.name: (hints[one.name], one.default is MISSING) for one in fields(kind)}
