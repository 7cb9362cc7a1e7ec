"""The topology, in flow order: news.raw → enrich → news.items → dedup → news.enriched and what follows from it.

An agent gets a batch, computes, sends, waits until the brokers have acknowledged, and only then acknowledges the batch.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from streams import codec, dedup, pipeline, topics
from streams.dedup.state import Change
from streams.errors import PoisonMessage
from streams.messages import Event, Item, Origin, RawItem
from streams.routing import Routes
from streams.worker.batch import Batch, batch_topic, batches, paced
from streams.worker.outbox import Breaker, Record, dead_letter
from streams.worker.state import DedupTable

Enrich = Callable[[RawItem, Origin, datetime, bool], Item]

_LATEST_MS = 253_000_000_000_000  # in the year 9987; a record's timestamp is the producer's and may be anything


def declare(app: Any, enrich_item: Enrich, routes: Routes) -> None:
    """Declare topics, the dedup table and both agents on a Faust app."""
    names = topics.names(app.settings)
    raw = batch_topic(app, names.raw)
    items = batch_topic(app, names.items)
    window = dedup.Window(app.settings.window_hours * 3600, app.settings.window_items)
    memory = app.table = app.tables.add(DedupTable(app, window))
    breaker = Breaker(app.settings.poison_share, app.settings.poison_records)
    metrics = app.metrics

    @app.agent(raw)  # type: ignore[untyped-decorator]
    async def enrich(stream: Any) -> None:
        """news.raw → news.items, keyed by shard; what cannot be read → news.dead-letters."""
        async for event in batches(stream):
            began = time.perf_counter()
            enriched, dead = await _enrich(event.value, enrich_item)
            breaker.check(len(enriched), len(dead))
            producer = await app.maybe_start_producer()
            await asyncio.gather(
                producer.send_many(
                    names.items, [(item.shard.encode(), codec.encode_item(item), []) for item in enriched]
                ),
                producer.send_many(names.dead_letters, [letter for _, letter in dead]),
            )
            metrics.enriched(len(enriched), [poison.reason for poison, _ in dead], time.perf_counter() - began)
            event.ack()

    @app.agent(items)  # type: ignore[untyped-decorator]
    async def dedup_agent(stream: Any) -> None:
        """news.items → news.enriched | news.duplicates, and to the topics of the routes."""
        async for event in batches(stream):
            began = time.perf_counter()
            events, changes = await _admit(event.value, memory.states[event.value.partition])
            producer = await app.maybe_start_producer()
            outputs = _outputs(events, names, routes)
            await asyncio.gather(*(producer.send_many(topic, records) for topic, records in outputs.items()))
            await memory.remember(event.value.partition, changes)
            metrics.admitted(events, time.perf_counter() - began)
            event.ack()


async def _enrich(batch: Batch, enrich_item: Enrich) -> tuple[list[Item], list[tuple[PoisonMessage, Record]]]:
    """Return the items of a batch, and the dead letters with their reasons."""
    enriched, dead = [], []
    async for record in paced(batch.records):
        origin = Origin(batch.topic, batch.partition, record.offset)
        backfill = any(name == "backfill" and value for name, value in record.headers)
        try:
            enriched.append(enrich_item(codec.decode_raw(record.value), origin, _received_at(record), backfill))
        except PoisonMessage as poison:
            dead.append((poison, dead_letter(poison, "enrich", record, datetime.now(UTC))))
    return enriched, dead


def _received_at(record: Any) -> datetime:
    return datetime.fromtimestamp(min(max(record.timestamp, 0), _LATEST_MS) / 1000, UTC)


async def _admit(batch: Batch, state: dedup.State) -> tuple[list[Event], list[Change]]:
    """Return the events of a batch and the changes that make the state remember it."""
    events: list[Event] = []
    changes: list[Change] = []
    async for record in paced(batch.records):
        item = codec.decode_item(record.value)
        admission = dedup.admit(state, item)
        events.append(pipeline.event(item, admission.verdict, datetime.now(UTC)))
        changes += admission.changes
    return events, changes


def _outputs(events: list[Event], names: topics.Names, routes: Routes) -> dict[str, list[Record]]:
    """Return the records for each topic, in the order of the events; the key is the story."""
    outputs: dict[str, list[Record]] = defaultdict(list)
    for event in events:
        record = (event.story_id.encode(), codec.encode_event(event), codec.event_headers(event))
        outputs[names.duplicates if event.status == "duplicate" else names.enriched].append(record)
        for topic in routes.of(event):
            outputs[topic].append(record)
    return outputs
