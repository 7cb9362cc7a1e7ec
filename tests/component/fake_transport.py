"""A Kafka of one process for the worker's real code: getmany → ledger → agent → send_many → ack → commit.

`Broker` is what outlives a worker: logs and committed offsets. `Life` runs one worker against it, from start to stop,
failure or kill. Faults are switches of the broker.
"""

import asyncio
import gc
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import pytest
from aiokafka.errors import ProducerFenced
from faust.assignor.client_assignment import ClientAssignment
from faust.transport import base
from faust.transport.consumer import Consumer as BaseConsumer
from faust.types import TP, ConsumerMessage

from streams.settings import Settings
from streams.worker import app as worker_app
from streams.worker.delivery import Fetched, Ledger
from streams.worker.outbox import Producer as RealProducer

PARTITIONS = 2
PATIENCE = 8.0


class Rec(NamedTuple):
    """A record as aiokafka hands it out."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Broker:
    """Logs, committed offsets, and faults to switch on."""

    def __init__(self) -> None:
        self.log: dict[TP, list[Rec]] = defaultdict(list)
        self.ends: dict[TP, int] = defaultdict(int)
        self.committed: dict[TP, int] = {}
        self.commits: list[dict[TP, int]] = []
        self.held: dict[str, asyncio.Event] = {}  # topic → acknowledgements wait for this
        self.refused: dict[str, Exception] = {}  # topic → what the brokers answer
        self.failing_commits = 0
        self.lost_fetches: dict[TP, int] = {}  # the next fetch of a partition skips so many records
        self.max_fetch = 1000
        self.stray_fetches = False  # a fetch brings records of paused partitions too
        self.reset_to_earliest = False  # a position after the end goes to the beginning
        self.owners: dict[str, int] = {}  # transactional id → how often it was taken over
        self.marks = False  # transactions leave marks, and a fetch tells how far it went
        self.hold_commits: asyncio.Event | None = None

    def append(self, topic: str, partition: int, value: bytes | None, key: bytes | None = None, **more: Any) -> int:
        """Append a record and return its offset; `offset` makes a hole before it."""
        tp = TP(topic, partition)
        offset = more.get("offset", self.ends[tp])
        headers = tuple(more.get("headers", ()))
        time_ms = more.get("timestamp", 1_700_000_000_000)
        self.log[tp].append(Rec(topic, partition, offset, time_ms, key, value, headers))
        self.ends[tp] = offset + 1
        return int(offset)

    def records(self, topic: str) -> list[Rec]:
        """Return the records of a topic, partition by partition."""
        return [record for tp in sorted(self.log) if tp.topic == topic for record in self.log[tp]]


class _Batch:
    def __init__(self, size: int = 1 << 20) -> None:
        self.rows: list[tuple[bytes | None, bytes | None, Any]] = []
        self._left = size

    def append(self, *, key: bytes | None, value: bytes | None, timestamp: Any, headers: Any) -> object:
        size = len(key or b"") + len(value or b"") + 20
        if self.rows and size > self._left:
            return None
        self._left -= size
        self.rows.append((key, value, headers))
        return object()

    def close(self) -> None:
        pass

    def record_count(self) -> int:
        return len(self.rows)


class AioProducer:
    """Stands for aiokafka's producer: batches are in the log at once and acknowledged when the broker does not hold."""

    def __init__(self, broker: Broker, app: Any, **options: Any) -> None:
        self.broker, self.app, self.options = broker, app, options
        self.name = options.get("transactional_id")
        self.pending: list[tuple[TP, list[Any]]] | None = None
        cluster = SimpleNamespace(partitions_for_topic=lambda topic: set(range(PARTITIONS)))
        self.client = SimpleNamespace(cluster=cluster, _wait_on_metadata=self._metadata)

    async def _metadata(self, topic: str) -> None:
        await asyncio.sleep(0)

    async def start(self) -> None:
        if self.name:
            self.owner = self.broker.owners[self.name] = self.broker.owners.get(self.name, 0) + 1

    async def stop(self) -> None:
        pass

    async def flush(self) -> None:
        pass

    async def begin_transaction(self) -> None:
        assert self.pending is None
        self.pending, self.offsets = [], {}

    async def send_offsets_to_transaction(self, offsets: dict[Any, int], group: str) -> None:
        self.offsets = {TP(*tp): offset for tp, offset in offsets.items()}

    async def commit_transaction(self) -> None:
        """Append what was sent and a mark to each partition, and commit the offsets; nothing for who was shut out."""
        if self.broker.hold_commits:
            await self.broker.hold_commits.wait()
        if self.app.dead:
            await self.app.buried.wait()
            return
        if self.broker.owners[self.name] != self.owner:
            raise ProducerFenced()
        pending, self.pending = self.pending or [], None
        for tp, rows in pending:
            for key, value, headers in rows:
                self.broker.append(*tp, value, key, headers=headers, timestamp=int(time.time() * 1000))
        for tp in {tp for tp, _ in pending}:
            self.broker.ends[tp] += 1
        self.broker.commits.append(dict(self.offsets))
        self.broker.committed.update(self.offsets)

    def create_batch(self) -> _Batch:
        return _Batch(self.options["max_batch_size"])

    async def send_batch(self, batch: _Batch, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        await asyncio.sleep(0)
        return asyncio.ensure_future(self._deliver(batch, topic, partition))

    async def _deliver(self, batch: _Batch, topic: str, partition: int) -> Any:
        if topic in self.broker.refused:
            raise self.broker.refused[topic]
        if self.app.dead:
            await self.app.buried.wait()
            return SimpleNamespace(offset=0)
        if self.pending is not None:
            tp = TP(topic, partition)
            before = sum(len(rows) for other, rows in self.pending if other == tp)
            self.pending.append((tp, batch.rows))
            return SimpleNamespace(offset=self.broker.ends[tp] + before)
        offsets = [
            self.broker.append(topic, partition, value, key, headers=headers, timestamp=int(time.time() * 1000))
            for key, value, headers in batch.rows
        ]
        if topic in self.broker.held:
            await self.broker.held[topic].wait()
        return SimpleNamespace(offset=offsets[0])


class Producer(RealProducer):
    def _new_producer(self, transactional_id: str | None = None) -> AioProducer:
        options = {**self._settings_default(), **self._settings_extra(), "transactional_id": transactional_id}
        return AioProducer(self.app.broker, self.app, **options)


class Driver(BaseConsumer):
    """Stands for Faust's aiokafka consumer: a group of one member; rebalances are asked for by the test."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._positions: dict[TP, int] = {}
        self._reached: dict[TP, int] = {}
        self._mine: set[TP] = set()

    @property
    def broker(self) -> Broker:
        return self.app.broker

    async def subscribe(self, topics: Iterable[str]) -> None:
        self._topics = set(topics)
        self._joining = asyncio.ensure_future(self.rebalance(range(PARTITIONS)))

    async def rebalance(self, partitions: Iterable[int], *, missed: int = 0) -> None:
        """Revoke everything, then assign these partitions of every topic; `missed` generations pass in between."""
        self.app.on_rebalance_start()
        await self.on_partitions_revoked(set(self._mine))
        mine = {TP(topic, partition) for topic in self._topics for partition in partitions}
        self._mine = mine
        self._positions = {tp: self.broker.committed.get(tp, 0) for tp in mine}
        self.app.consumer_generation_id += 1 + missed
        actives = {topic: list(partitions) for topic in self._topics}
        self.app.assignor._assignment = ClientAssignment(actives=actives, standbys={})
        await self.on_partitions_assigned(mine, self.app.consumer_generation_id)

    def assignment(self) -> set[TP]:
        return set(self._mine)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Rec]]:
        found, moved = {}, {}
        for tp in sorted(self._mine if self.broker.stray_fetches else active_partitions or ()):
            if lost := self.broker.lost_fetches.pop(tp, 0):
                self._reached[tp] = self._positions[tp] = self._positions.get(tp, 0) + lost
            if self.broker.reset_to_earliest and self._positions[tp] > self.broker.ends[tp]:
                self._positions[tp] = 0
            rows = [row for row in self.broker.log[tp] if row.offset >= self._positions[tp]][: self.broker.max_fetch]
            if rows:
                found[tp] = rows
                self._positions[tp] = rows[-1].offset + 1
            if self.broker.marks:
                rest = [row.offset for row in self.broker.log[tp] if row.offset >= self._positions[tp]]
                self._positions[tp] = min(rest, default=max(self._positions[tp], self.broker.ends[tp]))
                moved[tp] = (self._reached.get(tp, self._positions[tp]), self._positions[tp])
                self._reached[tp] = self._positions[tp]
        await asyncio.sleep(0 if found else 0.005)
        return Fetched(found, moved)

    def _to_message(self, tp: TP, record: Rec) -> ConsumerMessage:
        return ConsumerMessage(
            record.topic, record.partition, record.offset, record.timestamp / 1000, 0, list(record.headers),
            record.key, record.value, None, 0, 0, tp, generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        await asyncio.sleep(0)
        if self.broker.failing_commits:
            self.broker.failing_commits -= 1
            return False
        if not self.app.dead:
            self.broker.commits.append(dict(offsets))
            self.broker.committed.update(offsets)
        return True

    async def seek_to_committed(self) -> dict[TP, int | None]:
        for tp in self._mine & self.broker.committed.keys():
            self._positions[tp] = self.broker.committed[tp]
        return {tp: self.broker.committed.get(tp) for tp in self._mine}

    async def _seek(self, partition: TP, offset: int) -> None:
        self._positions[partition] = offset

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        self._positions.update(partitions)
        self._reached.update(partitions)
        await asyncio.sleep(0)

    async def position(self, tp: TP) -> int:
        return self._positions[tp]

    def highwater(self, tp: TP) -> int:
        return self.broker.ends[tp]

    async def highwaters(self, *tps: TP) -> dict[TP, int]:
        return {tp: self.broker.ends[tp] for tp in tps}

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        return {tp: self.broker.log[tp][0].offset if self.broker.log[tp] else 0 for tp in tps}

    def topic_partitions(self, topic: str) -> int:
        return PARTITIONS

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    async def create_topic(self, *args: Any, **kwargs: Any) -> None:
        raise AssertionError("the worker makes no topics")

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int:
        return partition or 0


class Consumer(Ledger, Driver):
    """The ledger under test on the fake driver."""


class Transport(base.Transport):
    Consumer = Consumer
    Producer = Producer
    default_port = 1
    _topic_waiters: ClassVar[dict[str, Any]] = {}
    driver_version = "fake"


class Worker:
    """One life of a worker on a broker."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.failure: BaseException | None = None
        app.fail_stop = self._fail_stop

    def _fail_stop(self, error: BaseException) -> None:
        """What os._exit does to the outside: nothing of this process reaches the brokers any more."""
        self.failure = self.failure or error
        self.kill()

    def kill(self) -> None:
        """Like kill -9."""
        self.app.dead = True

    @property
    def consumer(self) -> Any:
        return self.app.consumer

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it holds; the test fails when it does not within some seconds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"not within {PATIENCE} s; the worker's failure: {self.failure!r}"
            await asyncio.sleep(0.005)

    async def settled(self, topic: str) -> None:
        """Wait until everything in a topic is committed."""
        broker = self.app.broker
        tps = [TP(topic, partition) for partition in range(PARTITIONS)]
        await self.until(lambda: all(broker.committed.get(tp, 0) >= broker.ends[tp] for tp in tps))


def make_app(broker: Broker, enrich: Any, **settings: Any) -> Any:
    """Return the real app on the fake transport."""
    options = {"metrics_port": 0, "commit_interval": 0.05, "batch_records": 10, **settings}
    app = worker_app.create_app(Settings(**options), enrich, transport=Transport)
    app.broker, app.dead, app.buried, app.consumer_generation_id = broker, False, asyncio.Event(), 0
    app.tables.sleep = lambda _seconds: asyncio.sleep(0)  # Faust lets a worker wait a second before it subscribes
    return app


@asynccontextmanager
async def _started(app: Any) -> AsyncIterator[Worker]:
    worker = Worker(app)
    start = asyncio.ensure_future(app.start())
    await worker.until(lambda: app.tables.actives_ready or worker.failure is not None)
    try:
        yield worker
    finally:
        worker.kill()  # whatever the end of the scene was: nothing that follows counts
        app._consumer_wait_empty = _nothing
        for event in (app.buried, *app.broker.held.values()):
            event.set()
        await app.stop()
        start.cancel()


def live(
    broker: Broker, enrich: Any, scene: Callable[[Worker], Awaitable[None]], app: Any = None, **settings: Any
) -> BaseException | None:
    """Run a worker through a scene, in its own event loop, then kill it; return the error that stopped it before."""

    async def play() -> BaseException | None:
        async with _started(app or make_app(broker, enrich, **settings)) as worker:
            await scene(worker)
        return worker.failure

    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setattr(worker_app, "check_topics", _nothing)
        try:
            return runner.run(play())
        finally:
            runner.run(_sweep())


async def _sweep() -> None:
    """Let go of what Faust left suspended while its event loop is still open."""
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)
    gc.collect()
    await asyncio.sleep(0)


async def _nothing(*_: Any) -> None:
    pass
