"""Every message, declared once: raw item in, item between the stages, event out.

JSON Schema and AsyncAPI are generated from these classes (`streams.schemas`). Offsets count Unicode code points,
times are UTC, languages ISO 639-1, countries ISO 3166-1 alpha-2, subdivisions ISO 3166-2, places GeoNames ids,
conflicts UCDP ids.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Field = Literal["title", "text"]
Status = Literal["new", "duplicate", "revision"]
DuplicateKind = Literal["same_item", "exact", "near", "contained"]
Precision = Literal["exact", "near", "admin2", "admin1", "area", "country", "international", "unknown"]
Role = Literal["focus", "mention"]
Share = Annotated[float, Meta(ge=0, le=1)]

SCHEMA: Literal["news.event/1"] = "news.event/1"
ALERT_SCHEMA: Literal["news.alert/1"] = "news.alert/1"
ITEM_VERSION = 1
MAX_RAW_BYTES = 1 << 20


class Source(Struct, frozen=True):
    """Who published an item."""

    name: str | None = None
    domain: str | None = None


class RawItem(Struct, frozen=True):
    """An item as a producer sends it, aliases resolved. At least one of title, text and html is not empty."""

    id: str | None = None
    url: str | None = None
    title: str | None = None
    text: str | None = None
    html: str | None = None
    source: Source = Source()
    language: str | None = None
    published_at: datetime | None = None


class Span(Struct, frozen=True):
    """A stretch of an event's title or text; `text` is what stands at `[start, end)`."""

    field: Field
    start: int
    end: int
    text: str


class Evidence(Struct, frozen=True):
    """A span and why it speaks for a conflict."""

    field: Field
    start: int
    end: int
    text: str
    reason: str


class ConflictMatch(Struct, frozen=True):
    """An armed conflict the item is about, with the evidence. `score` is the probability that this is right."""

    id: str
    name: str
    ucdp_conflict_id: int | None
    wikidata: str | None
    score: Share
    evidence: tuple[Evidence, ...]


class Place(Struct, frozen=True):
    """A place the item names. Points are WGS 84 degrees; `radius_km` says how far off the event itself may be."""

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
    role: Role
    score: Share
    mentions: tuple[Span, ...]


class CountryScore(Struct, frozen=True):
    """A country the item is about; scores of an item add up to at most 1."""

    code: str
    score: Share


class Origin(Struct, frozen=True):
    """The record of `news.raw` (or the line of a file) an item came in with: the identity of a delivery."""

    topic: str
    partition: int
    offset: int


class Provenance(Struct, frozen=True):
    """What made this event: versions, the origin of the item, and whether it is a replay of old news."""

    pipeline: str
    registry: str
    gazetteer: str
    origin: Origin
    backfill: bool = False


class Fingerprint(Struct, frozen=True, array_like=True):
    """What dedup compares, made by `streams.text.fingerprint`; the byte strings are little-endian numpy arrays.

    `exact` hashes all words in order (128 bits). `sketch` are the smallest hashes of the text's `shingles` distinct
    shingles (u32, ascending), `keys` other bits of the first of them (u32), `numbers` and `names` hashes of the
    numbers and of the capitalised words (u16, ascending, a sample where there are many).
    """

    exact: bytes
    words: int = 0
    shingles: int = 0
    sketch: bytes = b""
    keys: bytes = b""
    numbers: bytes = b""
    names: bytes = b""


class Item(Struct, frozen=True):
    """An enriched item on its way to dedup (`news.items`, MessagePack): everything but the verdict.

    `url` is the producer's, for readers; `page` is its canonical form, which names the page for dedup.
    """

    item_id: str
    shard: str
    title: str
    text: str
    url: str | None
    page: str | None
    source: Source
    language: str
    published_at: datetime | None
    received_at: datetime
    fingerprint: Fingerprint
    conflicts: tuple[ConflictMatch, ...]
    places: tuple[Place, ...]
    countries: tuple[CountryScore, ...]
    provenance: Provenance
    version: int = ITEM_VERSION


class Duplicate(Struct, frozen=True):
    """Of which item this is a copy, of what kind, and how much of the words they share (0 to 1)."""

    kind: DuplicateKind
    of: str
    similarity: Share


class Verdict(Struct, frozen=True):
    """What dedup decided of an item."""

    status: Status
    story_id: str
    revision: int = 1
    duplicate: Duplicate | None = None


class Event(Struct, frozen=True):
    """What consumers read: the item, its verdict, its conflicts and places with their evidence."""

    id: str
    item_id: str
    story_id: str
    status: Status
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
    schema: Literal["news.event/1"] = SCHEMA


class ReportPlace(Struct, frozen=True):
    """Where a report has it happen, and how exactly that is known; without a place, only the country."""

    name: str | None
    country: str | None
    precision: Precision
    lat: float | None = None
    lon: float | None = None
    radius_km: float | None = None


class Report(Struct, frozen=True):
    """An event as an alert shows it: headline, link, war, place, and the words the war was recognised by."""

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
    score: Share | None
    place: ReportPlace | None
    evidence: tuple[str, ...]


class Alert(Struct, frozen=True):
    """Something a rule tells its receivers (`news.alerts`).

    `id` is this message's, `key` that of rule and group: a `resolved` has the key of its `firing`. `count` are the
    events (surge), publishers or reports (sources) within `within` seconds, `expected` what is usual. `sources` are the
    publishers known to carry it, `more` the reports not listed, `left_out` the alerts since the last one that
    `repeat` held back, `parts` the alerts gathered in this one. `ends_at` is when it ends at the latest.
    """

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
    schema: Literal["news.alert/1"] = ALERT_SCHEMA
