"""Raw items of every producer's spelling, poison of every kind, and messages that survive the wire."""

from datetime import UTC, datetime

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import codec
from streams.errors import PoisonMessage, WorkerStopped
from streams.messages import ITEM_VERSION, Fingerprint, Item, Origin, Provenance, Source


def raw(**fields: object) -> bytes:
    return orjson.dumps({"title": "Shelling near the river", **fields})


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"guid": "g-1"}, "id", "g-1"),
        ({"id": 17}, "id", "17"),
        ({"id": "", "guid": "g-2"}, "id", "g-2"),
        ({"link": "https://wire.example/a"}, "url", "https://wire.example/a"),
        ({"summary": "Two died."}, "text", "Two died."),
        ({"summary": "Short.", "body": "The whole text."}, "text", "The whole text."),
        ({"lang": "uk"}, "language", "uk"),
        ({"source": "Example Wire"}, "source", Source(name="Example Wire")),
        ({"source": {"name": "E", "domain": "e.example"}}, "source", Source("E", "e.example")),
        ({"pubDate": "Tue, 03 Mar 2026 10:00:00 +0200"}, "published_at", datetime(2026, 3, 3, 8, tzinfo=UTC)),
        ({"published": "2026-03-03T10:00:00+02:00"}, "published_at", datetime(2026, 3, 3, 8, tzinfo=UTC)),
        ({"date": "2026-03-03"}, "published_at", datetime(2026, 3, 3, tzinfo=UTC)),
        ({"published_at": 1772524800}, "published_at", datetime(2026, 3, 3, 8, tzinfo=UTC)),
        ({"published_at": 1772524800000}, "published_at", datetime(2026, 3, 3, 8, tzinfo=UTC)),
        ({"published_at": "yesterday"}, "published_at", None),
        ({"published_at": "0001-01-01T00:00:00Z"}, "published_at", None),
        ({"published_at": 0}, "published_at", None),
        ({"published_at": "1970-01-01T00:00:00Z"}, "published_at", None),
        ({"published_at": 1}, "published_at", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        ({"tags": {"deep": [1, 2]}}, "title", "Shelling near the river"),
    ],
)
def test_accepted(fields: dict[str, object], name: str, value: object) -> None:
    assert getattr(codec.decode_raw(raw(**fields)), name) == value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "tombstone"),
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b'{"title": "x"', "not-json"),
        (b"<rss></rss>", "not-json"),
        (b'{"title": "\xff\xfe"}', "bad-encoding"),
        (b'{"title": "\\ud800"}', "not-json"),
        (b"[" * 3000 + b"]" * 3000, "not-json"),
        (b'["title"]', "not-an-object"),
        (b"null", "not-an-object"),
        (b"{}", "no-content"),
        (b'{"title": "  ", "text": null}', "no-content"),
        (raw(title=["a"]), "bad-type"),
        (raw(text={"p": "x"}), "bad-type"),
        (raw(id=True), "bad-type"),
        (raw(url=5), "bad-type"),
        (raw(source={"name": 1}), "bad-type"),
        (raw(published_at=[2026]), "bad-type"),
        (raw(text="x" * (1 << 20)), "too-large"),
    ],
)
def test_poison_says_why(value: bytes | None, reason: str) -> None:
    with pytest.raises(PoisonMessage) as caught:
        codec.decode_raw(value)
    assert caught.value.reason == reason


def test_a_byte_order_mark_is_no_poison() -> None:
    assert codec.decode_raw(b"\xef\xbb\xbf" + raw()).title == "Shelling near the river"


@given(st.binary(max_size=200))
def test_any_bytes_are_an_item_or_poison(value: bytes) -> None:
    try:
        assert codec.decode_raw(value)
    except PoisonMessage:
        return


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_names = st.sampled_from([key for keys in codec.ALIASES.values() for key in keys] + ["source"])


@given(st.dictionaries(_names, _json, max_size=5))
def test_any_object_is_an_item_or_poison(fields: dict[str, object]) -> None:
    try:
        value = orjson.dumps(fields)
    except (orjson.JSONEncodeError, TypeError):
        return
    try:
        item = codec.decode_raw(value)
    except PoisonMessage:
        return
    assert item.title or item.text or item.html


@given(st.text() | st.floats(allow_nan=True) | st.integers())
def test_times_are_utc_or_none(value: object) -> None:
    time = codec.parse_time(value)
    assert time is None or time.tzinfo is UTC


def an_item() -> Item:
    provenance = Provenance(pipeline="", registry="", gazetteer="", origin=Origin("news.raw", 0, 7))
    return Item(
        item_id="a",
        shard="en",
        title="Shelling near the river",
        text="",
        url=None,
        page=None,
        source=Source(),
        language="en",
        published_at=None,
        received_at=datetime(2026, 3, 3, tzinfo=UTC),
        fingerprint=Fingerprint(exact=bytes(16)),
        conflicts=(),
        places=(),
        countries=(),
        provenance=provenance,
    )


def test_an_item_survives_the_way_between_the_stages() -> None:
    assert codec.decode_item(codec.encode_item(an_item())) == an_item()


@pytest.mark.parametrize("change", [{}, {"title": None}])
def test_an_item_of_another_version_stops_the_worker(change: dict[str, object]) -> None:
    fields = msgspec.msgpack.decode(codec.encode_item(an_item())) | change
    value = msgspec.msgpack.encode(fields | {"version": ITEM_VERSION + 1})
    with pytest.raises(WorkerStopped, match=f"version {ITEM_VERSION + 1} .* reads {ITEM_VERSION}"):
        codec.decode_item(value)


def test_a_broken_item_of_this_version_is_a_bug() -> None:
    fields = msgspec.msgpack.decode(codec.encode_item(an_item()))
    with pytest.raises(msgspec.ValidationError):
        codec.decode_item(msgspec.msgpack.encode(fields | {"title": None}))


def test_a_dead_letter_says_where_it_came_from() -> None:
    time = datetime(2026, 11, 23, 12, tzinfo=UTC)
    headers = codec.dead_letter_headers(
        PoisonMessage("not-json", "line 1\nx"), "enrich", Origin("news.raw", 3, 42), time
    )
    assert dict(headers) == {
        "dlq-reason": b"not-json",
        "dlq-stage": b"enrich",
        "dlq-detail": b"line 1\nx",
        "dlq-topic": b"news.raw",
        "dlq-partition": b"3",
        "dlq-offset": b"42",
        "dlq-time": b"2026-11-23T12:00:00Z",
    }


def test_a_time_longer_than_any_is_none() -> None:
    assert codec.parse_time("Mon, 13 May 2024 08:35:00 GMT" + " " * 200) is not None
    assert codec.parse_time("Mon, 13 May 2024 08:35:00 " + "(" * 1000) is None


def test_what_is_no_utf_8_or_nested_without_end_is_no_message() -> None:
    with pytest.raises(msgspec.DecodeError, match="utf-8"):
        codec.decode_item(codec.encode_item(an_item()).replace(b"Shelling", b"\xff" * 8))
    for read, deep in (
        (codec.decode_item, b"\x81\xa1a"),
        (codec.decode_event, b'{"a":'),
        (codec.decode_alert, b'{"a":'),
    ):
        with pytest.raises(msgspec.DecodeError, match="recursion"):
            read(deep * 100_000)
