"""What is really on the broker, read with plain aiokafka and plain JSON: shares no code with what it judges."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

Headers = list[tuple[str, bytes]]
Origin = tuple[int, int]
"""Partition and offset of a raw record."""


@dataclass(frozen=True)
class Outcome:
    """One record that tells what became of a raw record; `id` is the event's, or the reason of a dead letter."""

    status: str
    id: str
    item_id: str


def header(record: ConsumerRecord, name: str) -> str | None:
    """Return the last header of a name as text."""
    return next((value.decode() for key, value in reversed(record.headers) if key == name), None)


def outcome(record: ConsumerRecord) -> tuple[Origin, Outcome]:
    """Return the raw record an event or dead letter stands for, and what became of it."""
    if header(record, "dlq-reason"):
        origin = int(header(record, "dlq-partition")), int(header(record, "dlq-offset"))
        return origin, Outcome("dead-letter", header(record, "dlq-reason"), "")
    event = json.loads(record.value)
    where = event["provenance"]["origin"]
    return (where["partition"], where["offset"]), Outcome(event["status"], event["id"], event["item_id"])


class Oracle:
    """Reads and writes topics of one broker under one prefix."""

    def __init__(self, brokers: str, prefix: str) -> None:
        self.brokers, self.prefix = brokers, prefix

    def send(
        self, values: Iterable[bytes | None], headers: Headers | None = None, key: bytes | None = None
    ) -> list[Origin]:
        """Send raw records and return where each one landed."""
        return asyncio.run(self._send(list(values), headers or [], key))

    async def _send(self, values: list[bytes | None], headers: Headers, key: bytes | None) -> list[Origin]:
        async with AIOKafkaProducer(bootstrap_servers=self.brokers, acks="all", max_request_size=9 << 20) as producer:
            futures = [await producer.send(f"{self.prefix}news.raw", each, key, headers=headers) for each in values]
            sent = await asyncio.gather(*futures)
        return [(each.partition, each.offset) for each in sent]

    def read(self, *topics: str) -> list[ConsumerRecord]:
        """Return every record of some topics (without the prefix)."""
        return asyncio.run(self._follow(topics, lambda records: True, 30))

    def outcomes(self, expected: int, seconds: float = 60) -> dict[Origin, list[Outcome]]:
        """Wait until so many raw records have an outcome; return all outcomes of each, in the order of their topic."""

        def settled(records: list[ConsumerRecord]) -> bool:
            return len({outcome(record)[0] for record in records}) >= expected

        topics = ("news.enriched", "news.duplicates", "news.dead-letters")
        found = defaultdict(list)
        for record in asyncio.run(self._follow(topics, settled, seconds)):
            found[outcome(record)[0]].append(outcome(record)[1])
        return dict(found)

    async def _follow(self, topics: Iterable[str], enough, seconds: float) -> list[ConsumerRecord]:
        """Read from the beginning until the end is reached and `enough`, or so many seconds are over."""
        records, end = [], time.monotonic() + seconds
        async with AIOKafkaConsumer(bootstrap_servers=self.brokers, enable_auto_commit=False) as consumer:
            cluster = await consumer._client.fetch_all_metadata()
            names = [self.prefix + topic for topic in topics]
            parts = [TopicPartition(name, part) for name in names for part in cluster.partitions_for_topic(name) or ()]
            consumer.assign(parts)
            await consumer.seek_to_beginning(*parts)
            while time.monotonic() < end:
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    records += batch
                ends = await consumer.end_offsets(parts)
                if all([await consumer.position(part) >= ends[part] for part in parts]) and enough(records):
                    break
        return records

    def lag(self, group: str) -> int:
        """Return how many records of news.raw and news.items a consumer group has not committed."""
        return asyncio.run(self._lag(group))

    async def _lag(self, group: str) -> int:
        options = {"bootstrap_servers": self.brokers, "group_id": group, "enable_auto_commit": False}
        async with AIOKafkaConsumer(**options) as consumer:
            cluster = await consumer._client.fetch_all_metadata()
            names = [f"{self.prefix}news.raw", f"{self.prefix}news.items"]
            parts = [TopicPartition(name, part) for name in names for part in cluster.partitions_for_topic(name)]
            consumer.assign(parts)
            ends = await consumer.end_offsets(parts)
            return sum([ends[part] - (await consumer.committed(part) or 0) for part in parts])
