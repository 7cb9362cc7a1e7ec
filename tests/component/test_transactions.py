"""Exactly once: all that comes of a batch lasts together or not at all, and who was shut out leaves nothing."""

import asyncio
from collections import Counter
from types import MappingProxyType

import pytest
from aiokafka.errors import ProducerFenced
from fake_transport import Broker, Worker, live
from faust.types import TP
from short_recipe import RAW, enrich, fill

ITEMS, ENRICHED, CHANGELOG = "news.items", "news.enriched", "streams-dedup-changelog"
ONCE = {"delivery": "exactly-once"}
RAW0 = TP(RAW, 0)


@pytest.fixture
def broker() -> Broker:
    made = Broker()
    made.marks = True
    return made


async def _done(worker: Worker) -> None:
    await worker.until(lambda: len(worker.app.broker.records(ENRICHED)) >= 20)
    await worker.until(lambda: all(worker.consumer.lag(tp) == 0 for tp in worker.consumer.sources()))


def _origins(broker: Broker) -> set[int]:
    """How often each story was told."""
    return set(Counter(record.key for record in broker.records(ENRICHED)).values())


def test_every_item_is_told_once_and_marks_are_no_lag(broker: Broker) -> None:
    fill(broker, 20)
    assert live(broker, enrich, _done, **ONCE) is None
    assert len(broker.records(ENRICHED)) == len(broker.records(CHANGELOG)) == 20
    assert broker.committed[RAW0] == 20


def test_what_a_killed_worker_had_not_committed_leaves_nothing(broker: Broker) -> None:
    fill(broker, 20)
    broker.hold_commits = asyncio.Event()

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: any(producer.pending for producer in worker.app.effects._producers.values()))
        await asyncio.sleep(0.1)

    live(broker, enrich, scene, **ONCE)
    assert broker.records(ITEMS) == []
    assert broker.committed.get(RAW0, 0) == 0
    broker.hold_commits = None
    live(broker, enrich, _done, **ONCE)
    assert _origins(broker) == {1}


def test_a_worker_whose_partitions_another_has_taken_over_ends(broker: Broker) -> None:
    async def scene(worker: Worker) -> None:
        for name in broker.owners:
            broker.owners[name] += 1
        fill(broker, 20)
        await worker.until(lambda: worker.failure is not None)

    assert isinstance(live(broker, enrich, scene, **ONCE), ProducerFenced)
    assert broker.records(ITEMS) == []


def test_a_worker_that_cannot_shut_out_owners_before_ends(broker: Broker) -> None:
    broker.owners = MappingProxyType({})  # type: ignore[assignment]

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: worker.failure is not None)

    assert isinstance(live(broker, enrich, scene, **ONCE), TypeError)


def test_owners_before_are_shut_out_at_every_assignment(broker: Broker) -> None:
    async def scene(worker: Worker) -> None:
        before = dict(broker.owners)
        await worker.consumer.rebalance([0])
        await worker.until(lambda: worker.app.tables.actives_ready)
        assert {name for name, count in broker.owners.items() if count > before[name]} == {
            "streams-news.raw-0",
            "streams-news.items-0",
        }

    assert live(broker, enrich, scene, **ONCE) is None


@pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
def test_marks_that_no_batch_follows_are_committed_too(broker: Broker, delivery: str) -> None:
    """All there is at the end is what a producer gave up: a lag for ever, and the watchdog would end the worker."""
    fill(broker, 5)
    broker.ends[RAW0] += 6
    live(broker, enrich, lambda worker: worker.settled(RAW), delivery=delivery)
    assert broker.committed[RAW0] == 11
    offsets = [commit[RAW0] for commit in broker.commits if RAW0 in commit]
    assert offsets == sorted(offsets)


@pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
def test_a_recovery_ends_behind_the_marks_of_a_changelog(broker: Broker, delivery: str) -> None:
    fill(broker, 20)
    live(broker, enrich, _done, **ONCE)
    for partition in (0, 1):
        broker.ends[TP(CHANGELOG, partition)] += 7  # what a killed worker left, given up with its transaction

    async def scene(worker: Worker) -> None:
        assert sum(state.size for state in worker.app.table.states.values()) == 20

    assert live(broker, enrich, scene, delivery=delivery) is None


def test_records_that_were_fetched_and_dropped_are_no_marks(broker: Broker) -> None:
    """Marks behind them come with the next fetch, which goes on from where the dropped one ended."""

    async def scene(worker: Worker) -> None:
        broker.lost_fetches[RAW0] = 7
        fill(broker, 7)
        broker.ends[RAW0] += 3
        await asyncio.sleep(0.2)
        fill(broker, 13, first=7)
        await _done(worker)

    assert live(broker, enrich, scene, **ONCE) is None
    assert _origins(broker) == {1}
    assert broker.committed[RAW0] == 23
