"""What is sent: batches in order, large records, dead letters byte for byte, and the breaker."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from fake_transport import PARTITIONS, AioProducer, Broker, Rec
from hypothesis import given
from hypothesis import strategies as st

from streams import topics
from streams.errors import PoisonMessage, WorkerStopped
from streams.worker.outbox import Breaker, Outbox, dead_letter

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
POISON = PoisonMessage("not-json", "unexpected character")


def _send(broker: Broker, records: list[Any], partition: int | None = None) -> int:
    producer = AioProducer(broker, SimpleNamespace(dead=False), max_batch_size=1000)

    async def send() -> int:
        outbox = Outbox(producer)
        await outbox.put("out", records, partition)
        return await outbox.acknowledged()

    return asyncio.run(send())


@given(st.lists(st.tuples(st.binary(max_size=3), st.binary(max_size=2500)), max_size=40))
def test_records_keep_their_order_within_a_partition_whatever_their_size(rows: list[tuple[bytes, bytes]]) -> None:
    broker = Broker()
    _send(broker, [(key, value, []) for key, value in rows])
    sent = [(record.key, record.value) for record in broker.records("out")]
    assert sorted(sent) == sorted(rows)
    for key in {key for key, _ in rows}:
        assert [value for k, value in sent if k == key] == [value for k, value in rows if k == key]


def test_an_explicit_partition_gets_all_and_the_offset_after_the_last_is_returned(broker: Broker) -> None:
    broker.append("out", 1, b"before")
    assert _send(broker, [(b"%d" % n, b"x" * 400, []) for n in range(10)], partition=1) == 11
    assert {record.partition for record in broker.records("out")} == {1}
    assert PARTITIONS > 1


def test_nothing_to_send_is_no_error(broker: Broker) -> None:
    assert _send(broker, []) == 0


def _record(value: bytes | None, **fields: Any) -> Rec:
    return Rec("news.raw", 3, 77, 0, fields.get("key", b"\x00k"), value, fields.get("headers", ()))


def test_a_dead_letter_is_the_record_as_it_came_and_says_why() -> None:
    headers = (("trace", b"\xff"), ("trace", b"2"))
    key, value, sent = dead_letter(POISON, "enrich", _record(b"\xffraw", headers=headers), NOW)
    assert (key, value, sent[:2]) == (b"\x00k", b"\xffraw", list(headers))
    assert dict(sent[2:]) == {
        "dlq-reason": b"not-json", "dlq-stage": b"enrich", "dlq-detail": b"unexpected character",
        "dlq-topic": b"news.raw", "dlq-partition": b"3", "dlq-offset": b"77", "dlq-time": b"2026-03-01T12:00:00Z",
    }  # fmt: skip


def test_a_tombstone_stays_a_tombstone() -> None:
    assert dead_letter(POISON, "enrich", _record(None), NOW)[1] is None


@pytest.mark.parametrize("header_bytes", [0, 800_000])
def test_a_dead_letter_too_large_for_its_topic_is_cut_and_says_so(header_bytes: int) -> None:
    size = topics.RAW_BYTES + 5
    record = _record(b"x" * size, headers=(("big", b"h" * header_bytes),))
    key, value, headers = dead_letter(POISON, "enrich", record, NOW)
    assert dict(headers)["dlq-cut"] == str(size).encode()
    total = len(key or b"") + len(value or b"") + sum(len(name) + len(part) for name, part in headers)
    assert topics.RAW_BYTES - 1_000_000 < len(value or b"") <= topics.RAW_BYTES
    assert total < topics.RECORD_BYTES


@pytest.mark.parametrize(
    "fields",
    [
        {"key": b"k" * (12 << 20)},
        {"headers": (("big", b"h" * (12 << 20)),)},
        {"headers": (("h" * (3 << 20), b""),)},
        {"headers": (("h", b""),) * 100_000},
    ],
    ids=["key", "value of a header", "name of a header", "many headers"],
)
@pytest.mark.parametrize("value", [None, b"", b"x" * (10 << 20)])
def test_keys_and_headers_without_measure_are_left_out(fields: dict[str, Any], value: bytes | None) -> None:
    key, kept, headers = dead_letter(POISON, "enrich", _record(value, **fields), NOW)
    assert (key, kept) == (None, value and value[: topics.RAW_BYTES])
    assert dict(headers)["dlq-cut"] == str(len(value or b"")).encode()
    assert dict(headers)["dlq-offset"] == b"77"
    assert len(headers) == 8


def test_a_dead_letter_of_the_allowed_size_is_whole() -> None:
    _, value, headers = dead_letter(POISON, "enrich", _record(b"x" * topics.RAW_BYTES), NOW)
    assert len(value or b"") == topics.RAW_BYTES
    assert "dlq-cut" not in dict(headers)


def test_breaker_lets_a_share_of_poison_pass() -> None:
    breaker = Breaker(0.5, 10)
    for _ in range(50):
        breaker.check(good=5, poison=5)


def test_breaker_waits_until_it_has_seen_enough() -> None:
    breaker = Breaker(0.5, 10)
    breaker.check(good=0, poison=9)
    with pytest.raises(WorkerStopped, match="10 of the last 10"):
        breaker.check(good=0, poison=1)


def test_breaker_forgets_what_is_long_past() -> None:
    breaker = Breaker(0.5, 10)
    breaker.check(good=10, poison=0)
    breaker.check(good=0, poison=5)
    breaker.check(good=10, poison=0)
    breaker.check(good=0, poison=5)
    with pytest.raises(WorkerStopped):
        breaker.check(good=0, poison=1)
