"""The topology, in flow order: news.raw → enrich → news.items → dedup → news.enriched and what follows from it.

An agent gets a batch, computes, and hands what comes of it to the effects, which acknowledge the batch once it lasts.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from streams import codec, dedup, pipeline, topics
from streams.dedup.state import Change
from streams.errors import PoisonMessage
from streams.messages import Event, Item, Origin
from streams.pipeline import Received
from streams.routing import Routes
from streams.worker.batch import Batch, batch_topic, batches
from streams.worker.outbox import Breaker, Record, dead_letter
from streams.worker.state import DedupTable

Enrich = Callable[[Sequence[Received | PoisonMessage]], list[Item | PoisonMessage]]

_TOGETHER = 32  # items enriched stage by stage; about 20 ms in which nothing else runs
_LATEST_MS = 253_000_000_000_000  # in the year 9987; a record's timestamp is the producer's and may be anything


def declare(app: Any, enrich_all: Enrich, routes: Routes) -> None:
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
            enriched, dead = await _enrich(event.value, enrich_all)
            breaker.check(len(enriched), len(dead))
            items_out: list[Record] = [(item.shard.encode(), codec.encode_item(item), []) for item in enriched]
            letters, reasons = [letter for _, letter in dead], [poison.reason for poison, _ in dead]
            count = partial(metrics.enriched, len(enriched), reasons, began)
            await app.effects.apply(event, {names.items: items_out, names.dead_letters: letters}, done=count)

    @app.agent(items)  # type: ignore[untyped-decorator]
    async def dedup_agent(stream: Any) -> None:
        """news.items → news.enriched | news.duplicates, and to the topics of the routes."""
        async for event in batches(stream):
            began = time.perf_counter()
            events, changes = await _admit(event.value, memory.states[event.value.partition])
            memory_out: list[Record] = [(*change, []) for change in changes]
            count = partial(metrics.admitted, events, len(event.value.records) - len(events), began)
            await app.effects.apply(event, _outputs(events, names, routes), memory_out, done=count)


async def _enrich(batch: Batch, enrich_all: Enrich) -> tuple[list[Item], list[tuple[PoisonMessage, Record]]]:
    """Return the items of a batch, and the dead letters with their reasons."""
    enriched: list[Item] = []
    dead: list[tuple[PoisonMessage, Record]] = []
    for start in range(0, len(batch.records), _TOGETHER):
        records = batch.records[start : start + _TOGETHER]
        outcomes = enrich_all([_decoded(batch, record) for record in records])
        for record, outcome in zip(records, outcomes, strict=True):
            if isinstance(outcome, PoisonMessage):
                dead.append((outcome, dead_letter(outcome, "enrich", record, datetime.now(UTC))))
            else:
                enriched.append(outcome)
        await asyncio.sleep(0)
    return enriched, dead


def _decoded(batch: Batch, record: Any) -> Received | PoisonMessage:
    backfill = any(name == "backfill" and value for name, value in record.headers)
    try:
        raw = codec.decode_raw(record.value)
    except PoisonMessage as poison:
        return poison
    return Received(raw, Origin(batch.topic, batch.partition, record.offset), _received_at(record), backfill)


def _received_at(record: Any) -> datetime:
    return datetime.fromtimestamp(min(max(record.timestamp, 0), _LATEST_MS) / 1000, UTC)


async def _admit(batch: Batch, state: dedup.State) -> tuple[list[Event], list[Change]]:
    """Return the events of a batch and the changes that make the state remember it.

    What is remembered of a delivery is written after the brokers have its event, so one that comes again has none.
    """
    events: list[Event] = []
    changes: list[Change] = []
    for start in range(0, len(batch.records), _TOGETHER):
        items = [codec.decode_item(record.value) for record in batch.records[start : start + _TOGETHER]]
        admissions = [dedup.admit(state, item) for item in items]
        now = datetime.now(UTC)
        fresh = [(item, made.verdict) for item, made in zip(items, admissions, strict=True) if not made.again]
        events += [pipeline.event(item, verdict, now) for item, verdict in fresh]
        changes += [change for made in admissions for change in made.changes]
        await asyncio.sleep(0)
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
