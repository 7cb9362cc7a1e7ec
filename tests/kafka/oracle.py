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


class Reader:
    """Reads whole topics from their beginning, bit by bit, for the length of a `with` block."""

    def __init__(self, brokers: str, topics: Iterable[str], isolation: str) -> None:
        self._brokers, self._topics, self._isolation = brokers, list(topics), isolation

    def __enter__(self) -> "Reader":
        self._runner = asyncio.Runner()
        self._runner.run(self._start())
        return self

    async def _start(self) -> None:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._brokers, enable_auto_commit=False, isolation_level=self._isolation
        )
        await self._consumer.start()
        cluster = await self._consumer._client.fetch_all_metadata()
        self._parts = [TopicPartition(name, part) for name in self._topics
                       for part in cluster.partitions_for_topic(name) or ()]  # fmt: skip
        self._consumer.assign(self._parts)
        await self._consumer.seek_to_beginning(*self._parts)

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._consumer.stop())
        self._runner.close()

    def more(self) -> list[ConsumerRecord]:
        """Return what has come, waiting a moment for it."""
        return self._runner.run(self._more())

    async def _more(self) -> list[ConsumerRecord]:
        batches = await self._consumer.getmany(timeout_ms=200)
        return [record for batch in batches.values() for record in batch]

    def rest(self, seconds: float = 30) -> list[ConsumerRecord]:
        """Return everything up to the end there is now."""
        return self._runner.run(self._rest(time.monotonic() + seconds))

    async def _rest(self, until: float) -> list[ConsumerRecord]:
        records, ends = [], await self._consumer.end_offsets(self._parts)
        while time.monotonic() < until:
            records += await self._more()
            if all([await self._consumer.position(part) >= ends[part] for part in self._parts]):
                break
        return records


class Oracle:
    """Reads and writes topics of one broker under one prefix; `isolation` is that of its consumers."""

    def __init__(self, brokers: str, prefix: str, isolation: str = "read_uncommitted") -> None:
        self.brokers, self.prefix, self.isolation = brokers, prefix, isolation

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

    def append(self, topic: str, value: bytes | None, key: bytes) -> None:
        """Append a record to the first partition of any topic (without the prefix)."""
        asyncio.run(self._append(topic, value, key))

    async def _append(self, topic: str, value: bytes | None, key: bytes) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self.brokers, acks="all") as producer:
            await producer.send_and_wait(self.prefix + topic, value, key, partition=0)

    def reader(self, *topics: str) -> Reader:
        """Return a reader of some topics (without the prefix)."""
        return Reader(self.brokers, [self.prefix + topic for topic in topics], self.isolation)

    def read(self, *topics: str) -> list[ConsumerRecord]:
        """Return every record of some topics (without the prefix)."""
        with self.reader(*topics) as reader:
            return reader.rest()

    def outcomes(self, expected: int, seconds: float = 60) -> dict[Origin, list[Outcome]]:
        """Wait until so many raw records have an outcome; return all outcomes of each, in the order of their topic."""
        found, end = defaultdict(list), time.monotonic() + seconds
        with self.reader("news.enriched", "news.duplicates", "news.dead-letters") as reader:
            while True:
                settled = len(found) >= expected or time.monotonic() > end
                for record in reader.rest() if settled else reader.more():
                    found[outcome(record)[0]].append(outcome(record)[1])
                if settled:
                    return dict(found)

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
