"""Reading topics from here to there: starts by time or offset, ends fixed before the first record is read."""

import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams import codec
from streams.errors import CommandFailed

Record: TypeAlias = ConsumerRecord
Offsets = dict[TopicPartition, int]
_PATIENCE = 30.0  # seconds without a record before the broker counts as gone
_AGO = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(text: str, now: datetime | None = None) -> datetime:
    """Read a time: RFC 3339 or 822, or `30m`, `6h`, `2d` ago; CommandFailed when it is neither."""
    if ago := _AGO.fullmatch(text.strip()):
        return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    if (time := codec.parse_time(text)) is None:
        raise CommandFailed(f"{text!r} is no time: write 2026-03-01T12:00:00Z, or 30m, 6h, 2d for so long ago")
    return time


async def assign(consumer: AIOKafkaConsumer, names: Iterable[str]) -> list[TopicPartition]:
    """Assign all partitions of some topics and return them; CommandFailed when a topic does not exist."""
    # The consumer itself only knows the partitions of topics it already reads.
    cluster = await consumer._client.fetch_all_metadata()
    parts = []
    for name in names:
        if not (numbers := cluster.partitions_for_topic(name)):
            raise CommandFailed(f"there is no topic {name}: run `streams topics create`; or this user may not see it")
        parts += [TopicPartition(name, number) for number in sorted(numbers)]
    consumer.assign(parts)
    return parts


async def seek(consumer: AIOKafkaConsumer, starts: Offsets) -> None:
    """Move to an offset in each partition."""
    for part, offset in starts.items():
        consumer.seek(part, offset)


async def at(consumer: AIOKafkaConsumer, parts: list[TopicPartition], when: datetime | None, none: Offsets) -> Offsets:
    """Return the offset of the first record at or after a time in each partition, that of `none` where there is none.

    Without a time `none` is the answer.
    """
    if when is None:
        return none
    found = await consumer.offsets_for_times(dict.fromkeys(parts, int(when.timestamp() * 1000)))
    return {part: found[part].offset if found.get(part) else none[part] for part in parts}


def lag(committed: Offsets, ends: Offsets) -> Counter[str]:
    """Return by topic how many records a group has not done, of the partitions of which it ever committed an offset."""
    left: Counter[str] = Counter()
    for part in committed.keys() & ends.keys():
        left[part.topic] += max(0, ends[part] - committed[part])
    return left


async def until(consumer: AIOKafkaConsumer, ends: Offsets) -> AsyncIterator[Record]:
    """Yield the records before an end offset in each partition; CommandFailed when the broker falls silent."""
    left, heard = await _left(consumer, ends), time.monotonic()
    while left:
        batches = await consumer.getmany(*left, timeout_ms=500)
        for record in (record for batch in batches.values() for record in batch):
            if record.offset < ends[TopicPartition(record.topic, record.partition)]:
                yield record
        # Positions, not offsets of records: the last offsets of a partition may be holes.
        left, before = await _left(consumer, ends), left
        heard = time.monotonic() if batches or left != before else heard
        if time.monotonic() - heard > _PATIENCE:
            raise CommandFailed(f"the broker has sent nothing for {_PATIENCE:.0f} s")


async def _left(consumer: AIOKafkaConsumer, ends: Offsets) -> list[TopicPartition]:
    return [part for part, end in ends.items() if await consumer.position(part) < end]
