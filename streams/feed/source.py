"""Where events come from: the topic, from so many hours back on, or a file of JSON Lines that may grow."""

import asyncio
import logging
import time
from pathlib import Path
from typing import BinaryIO

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams import batches, topics
from streams.errors import CommandFailed
from streams.feed.gateway import Gateway
from streams.settings import Settings

log = logging.getLogger(__name__)

_CONNECT_SECONDS, _ASK_EVERY = 5.0, 5.0
_FILE_EVERY = 0.05
Offsets = dict[TopicPartition, int]


async def kafka(settings: Settings, gateway: Gateway) -> None:
    """Read `news.enriched` into the gateway for ever; CommandFailed when there is no broker or no topic."""
    batches.make_safe()
    consumer = AIOKafkaConsumer(
        **settings.client_options(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    try:
        await _connect(consumer, settings)
        parts = await _assign(consumer, topics.names(settings).enriched)
        ends = await consumer.end_offsets(parts)
        starts = await _starts(consumer, settings, ends)
        for part, offset in starts.items():
            consumer.seek(part, offset)
        gateway.begin({part.partition: offset for part, offset in starts.items()})
        await asyncio.gather(_read(consumer, gateway, ends), _watch(consumer, gateway, list(ends)))
    finally:
        await consumer.stop()


async def _connect(consumer: AIOKafkaConsumer, settings: Settings) -> None:
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await consumer.start()
    except (KafkaError, OSError, TimeoutError) as error:
        raise CommandFailed(
            f"no Kafka broker answers at {settings.brokers} ({str(error) or 'no answer in 5 s'}):\n"
            "start one with `streams broker`, set STREAMS_BROKERS to where yours is, or read a file with --events"
        ) from error


async def _assign(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    # The consumer itself only knows the partitions of topics it already reads.
    cluster = await consumer._client.fetch_all_metadata()
    numbers = cluster.partitions_for_topic(topic)
    if not numbers:
        raise CommandFailed(f"there is no topic {topic}: run `streams topics create`; or this user may not see it")
    parts = [TopicPartition(topic, number) for number in sorted(numbers)]
    consumer.assign(parts)
    return parts


async def _starts(consumer: AIOKafkaConsumer, settings: Settings, ends: Offsets) -> Offsets:
    """Return where to begin: so many hours back, and no more records than the window holds in any partition."""
    since = int((time.time() - settings.feed_hours * 3600) * 1000)
    found = await consumer.offsets_for_times(dict.fromkeys(ends, since))
    first = await consumer.beginning_offsets(list(ends))
    return {
        part: max(found[part].offset if found.get(part) else end, end - settings.feed_items, first[part])
        for part, end in ends.items()
    }


async def _read(consumer: AIOKafkaConsumer, gateway: Gateway, ends: Offsets) -> None:
    waiting = set(ends)
    while True:
        # Positions, not offsets of records: the last offsets of a partition may be holes.
        waiting = {part for part in waiting if await consumer.position(part) < ends[part]}
        if gateway.loading and not waiting:
            gateway.complete()
        batches = await consumer.getmany(timeout_ms=200)
        for part, records in batches.items():
            for record in records:
                gateway.receive(part.partition, record.offset, record.value)
        await asyncio.sleep(0)


async def _watch(consumer: AIOKafkaConsumer, gateway: Gateway, parts: list[TopicPartition]) -> None:
    """Ask the brokers every few seconds how far behind the reading is, beside it: one that is away answers nothing."""
    while True:
        try:
            async with asyncio.timeout(_ASK_EVERY):
                ends = await consumer.end_offsets(parts)
                gateway.heard(sum([ends[part] - await consumer.position(part) for part in parts]))
        except (KafkaError, TimeoutError) as error:
            log.warning("the brokers do not answer: %s", str(error) or "no answer in 5 s")
        _check_partitions(consumer, parts)
        await asyncio.sleep(_ASK_EVERY)


def _check_partitions(consumer: AIOKafkaConsumer, parts: list[TopicPartition]) -> None:
    topic = parts[0].topic
    now = consumer.partitions_for_topic(topic) or ()
    if len(now) > len(parts):
        raise CommandFailed(f"{topic} has {len(now)} partitions instead of {len(parts)}: start again to read them all")


async def file(path: Path, gateway: Gateway) -> None:
    """Read a file of events, one a line, into the gateway, and what is added to it for ever."""
    gateway.begin({0: 0})
    number, size, rest = 0, 0, b""
    with _open(path) as lines:
        while True:
            if path.stat().st_size < size:
                raise CommandFailed(f"{path} has become shorter: start again, readers stand at lines that are gone")
            piece = lines.read(1 << 20)
            size += len(piece)
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                gateway.receive(0, number, line)
                number += 1
            gateway.heard(0)
            if not piece:
                gateway.complete()
                await asyncio.sleep(_FILE_EVERY)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from error
