"""Bytes to message and back: PoisonMessage when malformed, CloudEvents headers, dead-letter headers."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import msgspec
import orjson

from streams.errors import PoisonMessage, WorkerStopped
from streams.messages import (
    ALERT_SCHEMA,
    ITEM_VERSION,
    MAX_RAW_BYTES,
    SCHEMA,
    Alert,
    Event,
    Item,
    Origin,
    RawItem,
    Source,
)

Headers = list[tuple[str, bytes]]

# A producer's names for our fields; the first one that is there and not empty counts.
ALIASES = {
    "id": ("id", "guid"),
    "url": ("url", "link"),
    "title": ("title", "headline"),
    "text": ("text", "body", "content", "summary", "description"),
    "html": ("html",),
    "language": ("language", "lang"),
    "published_at": ("published_at", "published", "pubDate", "pubdate", "date"),
}
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_LONGEST_TIME = 100  # characters; the longest RFC 822 time with a comment has about 50
_MILLISECONDS = 100_000_000_000  # a larger number cannot be meant as seconds: it would be after the year 5138

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # what a producer sends that has no date


class _Versioned(msgspec.Struct):
    version: int = 0


_Message = TypeVar("_Message", Event, Alert)
_event_encoder, _event_decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Event)
_alert_decoder = msgspec.json.Decoder(Alert)
_item_encoder, _item_decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Item)
_version_decoder = msgspec.msgpack.Decoder(_Versioned)


def decode_raw(value: bytes | None) -> RawItem:
    """Decode a record of `news.raw`, aliases resolved; PoisonMessage with a reason when it is no raw item."""
    fields = _object(value)
    found = {name: _first(fields, keys) for name, keys in ALIASES.items()}
    item = RawItem(
        id=_identifier(found["id"]),
        url=_string(found["url"], "url"),
        title=_string(found["title"], "title"),
        text=_string(found["text"], "text"),
        html=_string(found["html"], "html"),
        source=_source(fields.get("source")),
        language=_string(found["language"], "language"),
        published_at=parse_time(found["published_at"]),
    )
    if not any(part and not part.isspace() for part in (item.title, item.text, item.html)):
        raise PoisonMessage("no-content", "title, text and html are empty or missing")
    return item


def _object(value: bytes | None) -> dict[str, Any]:
    if value is None:
        raise PoisonMessage("tombstone", "the record has no value")
    if len(value) > MAX_RAW_BYTES:
        raise PoisonMessage("too-large", f"{len(value)} bytes, at most {MAX_RAW_BYTES}")
    if not value or value.isspace():
        raise PoisonMessage("empty", "the record is blank")
    try:
        fields = orjson.loads(value.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise _not_json(value, error) from None
    if not isinstance(fields, dict):
        raise PoisonMessage("not-an-object", f"a JSON object is needed, not {type(fields).__name__}")
    return fields


def _not_json(value: bytes, error: Exception) -> PoisonMessage:
    try:
        value.decode()
    except UnicodeDecodeError as wrong:
        return PoisonMessage("bad-encoding", f"not UTF-8 at byte {wrong.start}")
    return PoisonMessage("not-json", str(error))


def _first(fields: dict[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        if (value := fields.get(key)) not in (None, ""):
            return value
    return None


def _string(value: Any, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise PoisonMessage("bad-type", f"{name}: a string is needed, not {type(value).__name__}")


def _identifier(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _string(value, "id")


def _source(value: Any) -> Source:
    if isinstance(value, dict):
        return Source(_string(value.get("name"), "source.name"), _string(value.get("domain"), "source.domain"))
    return Source(name=_string(value, "source"))


def parse_time(value: Any) -> datetime | None:
    """Read RFC 3339, RFC 822 or Unix seconds or milliseconds as UTC; None for text that is no time.

    A time without a zone is UTC; 1970-01-01T00:00Z exactly is no time. PoisonMessage when the value is neither a string
    nor a number.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PoisonMessage("bad-type", f"published_at: a string or number is needed, not {type(value).__name__}")
    readers: tuple[Callable[[Any], datetime], ...] = (_from_epoch,)
    if isinstance(value, str):
        value = value.strip()
        readers = (datetime.fromisoformat, parsedate_to_datetime) if len(value) <= _LONGEST_TIME else ()
    for read in readers:
        try:
            time = read(value)
            time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        except (ValueError, OverflowError, OSError, TypeError, IndexError):
            continue
        return time if _EARLIEST <= time <= _LATEST and time != _EPOCH else None
    return None


def _from_epoch(value: float) -> datetime:
    return datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS else value, UTC)


def encode_item(item: Item) -> bytes:
    """Encode an item for `news.items` (MessagePack)."""
    return _item_encoder.encode(item)


def decode_item(value: bytes) -> Item:
    """Decode a record of `news.items`.

    WorkerStopped when it has another version than this code writes; msgspec.DecodeError or ValidationError when it is
    no item: a bug, never poison.
    """
    try:
        return _item(value)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error


def _item(value: bytes) -> Item:
    try:
        item = _item_decoder.decode(value)
    except msgspec.ValidationError:
        _check_version(_version_decoder.decode(value).version)
        raise
    _check_version(item.version)
    return item


def _check_version(version: int) -> None:
    if version != ITEM_VERSION:
        raise WorkerStopped(
            f"an item of version {version} between the stages, this worker reads {ITEM_VERSION}:"
            " run the version of streams that wrote it, or a newer one"
        )


def encode_event(event: Event) -> bytes:
    """Encode an event as JSON."""
    return _event_encoder.encode(event)


def decode_event(value: bytes) -> Event:
    """Decode an event; msgspec.DecodeError when it is none. Unknown fields are ignored."""
    return _decode(_event_decoder, value)


def encode_alert(alert: Alert) -> bytes:
    """Encode an alert as JSON."""
    return _event_encoder.encode(alert)


def decode_alert(value: bytes) -> Alert:
    """Decode an alert; msgspec.DecodeError when it is none. Unknown fields are ignored."""
    return _decode(_alert_decoder, value)


def _decode(decoder: msgspec.json.Decoder[_Message], value: bytes) -> _Message:
    try:
        return decoder.decode(value)
    except (UnicodeDecodeError, RecursionError) as error:  # msgspec lets these two through
        raise msgspec.DecodeError(str(error)) from error


def alert_headers(alert: Alert) -> Headers:
    """Return CloudEvents 1.0 binary-mode headers, and rule, severity and status for filters."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": alert.id,
        "ce_type": ALERT_SCHEMA.replace("/", ".v"),
        "ce_source": "/streams/alerts",
        "ce_subject": alert.key,
        "ce_time": alert.made_at.isoformat().replace("+00:00", "Z"),
        "content-type": "application/json",
        "rule": alert.rule,
        "severity": alert.severity,
        "status": alert.status,
    }
    return [(key, value.encode()) for key, value in headers.items()]


def event_headers(event: Event) -> Headers:
    """Return CloudEvents 1.0 binary-mode headers, and conflict, country and status for filters."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_type": SCHEMA.replace("/", ".v"),
        "ce_source": f"/streams/{event.provenance.origin.topic}",
        "ce_subject": event.story_id,
        "ce_time": event.emitted_at.isoformat().replace("+00:00", "Z"),
        "content-type": "application/json",
        "status": event.status,
    }
    if event.conflicts:
        headers["conflict"] = event.conflicts[0].id
    if event.countries:
        headers["country"] = event.countries[0].code
    if event.provenance.backfill:
        headers["backfill"] = "true"
    return [(key, value.encode()) for key, value in headers.items()]


def dead_letter_headers(poison: PoisonMessage, stage: str, origin: Origin, time: datetime) -> Headers:
    """Return the headers a dead letter has besides those of the record."""
    headers = {
        "dlq-reason": poison.reason,
        "dlq-stage": stage,
        "dlq-detail": poison.detail[:500],
        "dlq-topic": origin.topic,
        "dlq-partition": str(origin.partition),
        "dlq-offset": str(origin.offset),
        "dlq-time": time.isoformat().replace("+00:00", "Z"),
    }
    return [(key, value.encode("utf-8", "replace")) for key, value in headers.items()]
