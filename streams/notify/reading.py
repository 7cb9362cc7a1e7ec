"""Reads events from where the last transaction left off; the first time, from as far back as the rules remember."""

import logging
import time
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams import batches, codec
from streams.alerts import RuleSet, memory_seconds
from streams.alerts.conditions import statuses
from streams.messages import Event
from streams.metrics import AlertMetrics
from streams.notify.journal import Journal
from streams.offsets import heed_errors

log = logging.getLogger(__name__)

_WAIT_MS, _RECORDS = 250, 500


class Read(NamedTuple):
    """Events that came, the offsets after them, and whether nothing more is there."""

    events: list[Event]
    offsets: dict[TopicPartition, int]
    caught_up: bool


class Reader:
    """The topics of events, all partitions of them."""

    def __init__(self, journal: Journal, rules: RuleSet, metrics: AlertMetrics) -> None:
        self._names, self._metrics, self._rules = journal.names, metrics, rules
        batches.make_safe()
        self._consumer = AIOKafkaConsumer(
            **journal.settings.client_options(),
            group_id=journal.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )

    async def start(self) -> None:
        """Find the place to go on from in every partition."""
        await self._consumer.start()
        heed_errors(self._consumer)
        topics = [self._names.enriched]
        if any("duplicate" in statuses(rule) for rule in self._rules.rules):
            topics.append(self._names.duplicates)
        cluster = await self._consumer._client.fetch_all_metadata()
        parts = [TopicPartition(name, number) for name in topics for number in cluster.partitions_for_topic(name)]
        self._consumer.assign(parts)
        for part, offset in (await self._starts(parts)).items():
            self._consumer.seek(part, offset)

    async def _starts(self, parts: list[TopicPartition]) -> dict[TopicPartition, int]:
        committed = {part: await self._consumer.committed(part) for part in parts}
        fresh = [part for part, offset in committed.items() if offset is None]
        starts = {part: offset for part, offset in committed.items() if offset is not None}
        if fresh:
            since = int((time.time() - memory_seconds(self._rules)) * 1000)
            found = await self._consumer.offsets_for_times(dict.fromkeys(fresh, since))
            ends = await self._consumer.end_offsets(fresh)
            starts |= {part: found[part].offset if found.get(part) else ends[part] for part in fresh}
            log.info("reading what the rules need to know of the last %.1f days", memory_seconds(self._rules) / 86400)
        return starts

    async def read(self) -> Read:
        """Return what has come, waiting a quarter of a second at most; what is no event is counted and passed over."""
        batches = await self._consumer.getmany(timeout_ms=_WAIT_MS, max_records=_RECORDS)
        events, offsets = [], {}
        for part, records in batches.items():
            for record in records:
                offsets[part] = record.offset + 1
                if (event := self._decode(record)) is not None:
                    events.append(event)
        return Read(sorted(events, key=lambda event: event.received_at), offsets, await self._caught_up())

    async def positions(self) -> dict[TopicPartition, int]:
        """Return the next offset of every partition: brokers forget offsets that nobody commits for a week."""
        return {part: await self._consumer.position(part) for part in self._consumer.assignment()}

    def _decode(self, record: object) -> Event | None:
        topic, value = record.topic, record.value  # type: ignore[attr-defined]
        try:
            return codec.decode_event(value or b"")
        except msgspec.DecodeError as error:
            self._metrics.unreadable.labels(topic).inc()
            log.error("%s %d/%d is no event: %s", topic, record.partition, record.offset, error)  # type: ignore[attr-defined]
            return None

    async def _caught_up(self) -> bool:
        lags = [await self._lag(part) for part in self._consumer.assignment()]
        return all(lag == 0 for lag in lags)

    async def _lag(self, part: TopicPartition) -> int | None:
        end = self._consumer.last_stable_offset(part)
        lag = None if end is None else max(0, end - await self._consumer.position(part))
        self._metrics.lag_records.labels(part.topic, str(part.partition)).set(lag or 0)
        return lag

    async def stop(self) -> None:
        """Leave the brokers."""
        await self._consumer.stop()
