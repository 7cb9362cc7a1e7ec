"""The ways in which Faust alone loses or repeats records, each with what the worker does instead.

L1 to L15 and D1, D2 are the traps in docs/architecture.md; every test asserts the offsets that were committed.
"""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from fake_transport import Broker, Worker, live, make_app
from faust.types import TP
from msgspec.structs import replace
from short_recipe import RAW, enrich, fill, raw

from streams.pipeline import Received
from streams.worker.batch import batch_topic, batches
from streams.worker.outbox import Producer

RAW0 = TP(RAW, 0)
ITEMS = "news.items"


async def _failed(worker: Worker) -> None:
    await worker.until(lambda: worker.failure is not None)
    await asyncio.sleep(0.2)  # several commit intervals


async def _nothing(*_: Any) -> None:
    pass


def _stories(broker: Broker) -> int:
    return len({record.key for record in broker.records("news.enriched")})


def _bug_at(broker: Broker, number: int, count: int = 30) -> None:
    fill(broker, number)
    broker.append(RAW, 0, raw(number, title="bug"))
    fill(broker, count - number - 1, first=number + 1)


def test_l1_exception_in_an_agent_commits_nothing_of_its_batch(broker: Broker) -> None:
    _bug_at(broker, 14)
    failure = live(broker, enrich, _failed)
    assert isinstance(failure, RuntimeError)
    assert broker.committed.get(RAW0, 0) <= 10


def test_l2_a_graceful_stop_after_a_failure_commits_nothing_of_it_either(broker: Broker) -> None:
    async def scene(worker: Worker) -> None:
        failures: list[BaseException] = []
        worker.app.fail_stop = failures.append  # the process goes on to an orderly end
        _bug_at(broker, 14)
        await worker.until(lambda: broker.committed.get(RAW0, 0) == 10 and bool(failures))
        worker.app._consumer_wait_empty = _nothing  # the batch that failed would never be done
        await worker.app.stop()

    live(broker, enrich, scene)
    assert broker.committed[RAW0] == 10


def test_l3_the_whole_batch_comes_again_after_a_restart(broker: Broker) -> None:
    _bug_at(broker, 14)
    live(broker, enrich, _failed)
    failure = live(broker, _mended, lambda worker: worker.settled(RAW))
    assert failure is None
    assert broker.committed[RAW0] == 30
    origins = {record.offset for record in broker.records(RAW)}
    assert len(broker.records(ITEMS)) >= len(origins)


def _mended(batch: Sequence[Received]) -> Any:
    return enrich([replace(one, raw=replace(one.raw, title=f"{one.raw.title} {one.raw.id}")) for one in batch])


def _collecting_app(broker: Broker, got: list[Any]) -> Any:
    """Return an app with one agent more, which acknowledges nothing by itself."""
    app = make_app(broker, enrich)

    @app.agent(batch_topic(app, "loose"))
    async def collect(stream: Any) -> None:
        async for event in batches(stream):
            got.append(event)

    return app


@pytest.mark.parametrize("start", [0, 32])
def test_l4_l5_acks_out_of_order_commit_only_below_the_oldest_in_flight(broker: Broker, start: int) -> None:
    loose, got = TP("loose", 0), []
    for offset in range(start, start + 30):
        broker.append("loose", 0, b"x", offset=offset)
    if start:
        broker.committed[loose] = start

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: len(got) == 3)
        got[2].ack()
        got[1].ack()
        await asyncio.sleep(0.2)
        assert broker.committed[loose] == start
        got[0].ack()
        await worker.until(lambda: broker.committed[loose] == start + 30)

    live(broker, enrich, scene, app=_collecting_app(broker, got))


def test_l6_agents_run_one_at_a_time(broker: Broker) -> None:
    app = make_app(broker, enrich)
    assert [agent.concurrency for agent in app.agents.values()] == [1, 1]


@pytest.mark.parametrize("garbage", [b"\xff\xfe", b"not json", b"[]", b"", None, b'{"title": 5}'])
def test_l7_l8_undecodable_records_are_dead_letters_and_wait_for_what_is_in_flight(
    broker: Broker, garbage: bytes | None
) -> None:
    fill(broker, 5)
    broker.append(RAW, 0, garbage, key=b"bad", headers=(("a", b"\x00"), ("a", b"\x01")))
    fill(broker, 5, first=5)
    held = broker.held[ITEMS] = asyncio.Event()

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: len(broker.records("news.dead-letters")) == 1)
        await asyncio.sleep(0.2)
        assert broker.committed[RAW0] == 0
        held.set()
        await worker.settled(RAW)

    live(broker, enrich, scene, batch_records=20)
    (letter,) = broker.records("news.dead-letters")
    assert (letter.key, letter.value, letter.headers[:2]) == (b"bad", garbage, (("a", b"\x00"), ("a", b"\x01")))
    assert dict(letter.headers)["dlq-offset"] == b"5"
    assert len(broker.records(ITEMS)) == 10


def test_l9_a_stop_waits_for_the_batch_in_flight(broker: Broker) -> None:
    fill(broker, 10)
    held = broker.held[ITEMS] = asyncio.Event()

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: len(broker.records(ITEMS)) == 10)
        stop = asyncio.ensure_future(worker.app.stop())
        await asyncio.sleep(0.2)
        assert broker.committed[RAW0] == 0
        held.set()
        await stop

    live(broker, enrich, scene)
    assert broker.committed[RAW0] == 10


def test_a_second_resume_of_the_flow_keeps_what_is_queued(broker: Broker) -> None:
    fill(broker, 40)
    held = broker.held[ITEMS] = asyncio.Event()

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: len(worker.consumer._open.get(RAW0, ())) > 2)
        worker.app.flow_control.resume()  # as Faust does at the end of a recovery
        held.set()
        await worker.settled(RAW)

    assert live(broker, enrich, scene) is None
    assert broker.committed[RAW0] == 40


def test_records_fetched_before_it_is_known_where_to_begin_are_asked_for_again(broker: Broker) -> None:
    """The end of a recovery resumes the partitions, then seeks; when nothing came later they stood still for ever."""

    async def scene(worker: Worker) -> None:
        begin = worker.consumer._next.pop(RAW0)
        fill(broker, 10)
        await asyncio.sleep(0.1)
        worker.consumer._next[RAW0] = begin
        await worker.settled(RAW)

    assert live(broker, enrich, scene) is None
    assert len(broker.records(ITEMS)) == 10


@pytest.mark.parametrize("topic", [ITEMS, "news.enriched", "streams-dedup-changelog", "news.dead-letters"])
def test_l10_a_record_that_is_not_acknowledged_stops_the_worker_before_the_commit(broker: Broker, topic: str) -> None:
    fill(broker, 9)
    broker.append(RAW, 0, b"poison")
    broker.refused[topic] = OSError("not enough replicas")
    failure = live(broker, enrich, _failed)
    assert failure is broker.refused[topic]
    source = [TP(ITEMS, p) for p in (0, 1)] if topic in ("news.enriched", "streams-dedup-changelog") else [RAW0]
    assert all(broker.committed.get(tp, 0) == 0 for tp in source)


def test_l11_flush_ends_only_when_nothing_is_buffered() -> None:
    class Buffer:
        size = 3

        async def flush(self) -> None:
            self.size -= 1

    producer = object.__new__(Producer)
    producer.buffer, producer._producer, producer._transaction_producers = Buffer(), None, {}
    asyncio.run(producer.flush())
    assert producer.buffer.size <= 0


def test_l12_the_producer_is_idempotent_and_waits_for_all_replicas(broker: Broker) -> None:
    async def scene(worker: Worker) -> None:
        options = worker.app.producer._producer.options
        assert (options["acks"], options["enable_idempotence"]) == ("all", True)

    live(broker, enrich, scene)


def test_l14_batches_from_before_a_rebalance_are_neither_handled_nor_acknowledged(broker: Broker) -> None:
    broker.max_fetch = 10
    fill(broker, 10)
    held = broker.held[ITEMS] = asyncio.Event()

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: len(broker.records(ITEMS)) == 10)
        fill(broker, 90, first=10)  # some of it fills the agent, the rest is queued behind
        await asyncio.sleep(0.3)
        rebalance = asyncio.ensure_future(worker.consumer.rebalance([1]))
        await asyncio.sleep(0.1)
        held.set()
        await rebalance
        await asyncio.sleep(0.2)

    live(broker, enrich, scene)
    assert 10 <= broker.committed[RAW0] < 70
    assert len(broker.records(ITEMS)) == broker.committed[RAW0]


def test_l14_a_stale_batch_is_passed_over_and_lets_the_rebalance_go_on() -> None:
    """Faust's compiled stream skips stale messages too; its Python one acknowledges and commits them."""
    open_messages, acked = {"fresh"}, []
    consumer = SimpleNamespace(in_flight=lambda message: message in open_messages)

    def event(message: str) -> Any:
        return SimpleNamespace(
            message=message, app=SimpleNamespace(consumer=consumer), ack=lambda: acked.append(message)
        )

    async def events() -> Any:
        for message in ("stale", "fresh"):
            yield event(message)

    async def seen() -> list[str]:
        stream = SimpleNamespace(noack=lambda: SimpleNamespace(events=events))
        return [event.message async for event in batches(stream)]

    assert asyncio.run(seen()) == ["fresh"]
    assert acked == ["stale"]  # no longer waited for; the ledger has forgotten it, so nothing is committed


def test_l15_holes_in_the_log_do_not_hold_up_commits(broker: Broker) -> None:
    for offset in (3, 4, 9, 10, 11, 20):
        broker.append(RAW, 0, raw(offset), offset=offset)
    broker.max_fetch = 2
    live(broker, enrich, lambda worker: worker.settled(RAW))
    assert broker.committed[RAW0] == 21
    assert len(broker.records(ITEMS)) == 6


def test_l15_a_fetch_that_skips_records_is_asked_for_again(broker: Broker) -> None:
    fill(broker, 30)
    broker.max_fetch = 5
    broker.lost_fetches[RAW0] = 7

    async def scene(worker: Worker) -> None:
        await worker.settled(RAW)

    live(broker, enrich, scene)
    assert len(broker.records(ITEMS)) == 30


def test_l15_records_fetched_while_their_partition_was_paused_are_asked_for_again(broker: Broker) -> None:
    async def scene(worker: Worker) -> None:
        worker.consumer.pause_partitions({RAW0})
        broker.stray_fetches = True
        fill(broker, 10)
        await asyncio.sleep(0.1)
        broker.stray_fetches = False
        worker.consumer.resume_partitions({RAW0})
        await worker.settled(RAW)

    live(broker, enrich, scene)
    assert len(broker.records(ITEMS)) == 10


def test_l15_the_start_offset_is_committed_at_the_first_assignment(broker: Broker) -> None:
    async def scene(worker: Worker) -> None:
        assert broker.committed[RAW0] == 0

    live(broker, enrich, scene)


def test_a_log_that_begins_anew_is_read_from_its_beginning(broker: Broker) -> None:
    """The topic was deleted and made again; the group still has offsets of the old one."""
    broker.committed[RAW0] = 500
    fill(broker, 12)
    broker.reset_to_earliest = True

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: broker.committed[RAW0] == 12)

    live(broker, enrich, scene)
    assert len(broker.records(ITEMS)) == 12


def test_d1_a_rebalance_finishes_and_commits_the_batch_in_flight(broker: Broker) -> None:
    fill(broker, 10)
    held = broker.held[ITEMS] = asyncio.Event()

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: len(broker.records(ITEMS)) == 10)
        rebalance = asyncio.ensure_future(worker.consumer.rebalance([0, 1]))
        await asyncio.sleep(0.1)
        held.set()
        await rebalance
        await worker.settled(RAW)
        await worker.settled(ITEMS)

    live(broker, enrich, scene)
    assert len(broker.records(ITEMS)) == 10
    assert len(broker.records("news.enriched")) == 10


def test_d2_a_commit_that_failed_is_done_again(broker: Broker) -> None:
    async def scene(worker: Worker) -> None:
        broker.failing_commits = 3
        fill(broker, 10)
        await worker.settled(RAW)

    live(broker, enrich, scene)
    assert broker.committed[RAW0] == 10


def test_commits_never_go_back_and_never_pass_what_was_sent(broker: Broker) -> None:
    fill(broker, 60)
    broker.max_fetch = 7

    async def scene(worker: Worker) -> None:
        for partitions in ([0, 1], [1], [0, 1], [0], [0, 1]):
            await asyncio.sleep(0.05)
            await worker.consumer.rebalance(partitions)
            await worker.until(lambda: worker.app.tables.actives_ready)
        await worker.settled(RAW)
        await worker.settled(ITEMS)

    live(broker, enrich, scene)
    offsets = [commit[RAW0] for commit in broker.commits if RAW0 in commit]
    assert offsets == sorted(offsets)
    assert _stories(broker) == 60


@pytest.mark.parametrize(("poison", "stops"), [(4, False), (6, True)])
def test_breaker_stops_the_worker_before_the_dead_letters_of_the_batch(
    broker: Broker, poison: int, stops: bool
) -> None:
    fill(broker, 10 - poison)
    for number in range(poison):
        broker.append(RAW, 0, raw(100 + number, title="poison"))

    async def scene(worker: Worker) -> None:
        if stops:
            await _failed(worker)
        else:
            await worker.settled(RAW)

    failure = live(broker, enrich, scene, poison_records=10, poison_share=0.5)
    assert ("STREAMS_POISON_SHARE" in str(failure)) is stops
    assert len(broker.records("news.dead-letters")) == (0 if stops else poison)
    assert broker.committed[RAW0] == (0 if stops else 10)
