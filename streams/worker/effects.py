"""What a batch brings about, made to last: its outputs, dedup's memory of it, and the offset to go on from.

Either one after the other, so that a crash in between does it again with the same ids; or all at once, in a Kafka
transaction that a reader with `isolation_level=read_committed` sees as a whole or not at all.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from faust.types import TP

from streams.settings import Settings
from streams.worker.outbox import Outbox, Record

_UNFINISHED = 2  # with 4, a kill at full rate repeats twice as many events, and the rate is no higher
Outputs = Mapping[str, Sequence[Record]]


def effects(app: Any, settings: Settings) -> "Effects":
    """Return the way that STREAMS_DELIVERY names."""
    return ExactlyOnce(app, settings.app_id) if settings.delivery == "exactly-once" else AtLeastOnce(app)


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a batch: outputs that are on their way, changes of the memory that are still to be written."""

    event: Any
    tp: TP
    outbox: Outbox
    changes: Sequence[Record]


class Effects(ABC):
    """Makes what comes of batches last, while the agents go on with the next ones.

    At most two batches of a topic are unfinished. What the brokers refuse ends the process.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._last: dict[TP, asyncio.Task[None]] = {}
        self._room: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_UNFINISHED))

    async def apply(
        self, event: Any, outputs: Outputs, changes: Sequence[Record] = (), done: Callable[[], None] = lambda: None
    ) -> None:
        """Hand over the outputs of a batch, behind those of the batches before; see to the rest in the background.

        The batch is acknowledged and `done` called once outputs and changes are.
        """
        tp = TP(event.value.topic, event.value.partition)
        await self._room[tp.topic].acquire()
        made = Made(event, tp, await self._begin(tp), changes)
        for topic, records in outputs.items():
            await made.outbox.put(topic, records)
        finishing = asyncio.create_task(self._finished(made, self._last.get(tp), done))
        finishing.add_done_callback(self._look)
        self._last[tp] = finishing

    async def _finished(self, made: Made, before: asyncio.Task[None] | None, done: Callable[[], None]) -> None:
        await self._finish(made, before)
        made.event.ack()
        self._room[made.tp.topic].release()
        done()

    def _look(self, finishing: asyncio.Task[None]) -> None:
        if not finishing.cancelled() and (error := finishing.exception()):
            self._app.fail_stop(error)

    @abstractmethod
    async def take_over(self, sources: Set[TP]) -> None:
        """Shut out earlier owners of these partitions."""

    @abstractmethod
    async def _begin(self, tp: TP) -> Outbox: ...

    @abstractmethod
    async def _finish(self, made: Made, before: asyncio.Task[None] | None) -> None: ...

    @abstractmethod
    async def close(self) -> None:
        """Stop what was started."""


class AtLeastOnce(Effects):
    """Outputs, then the memory, then the acknowledgement that lets the offset move; each awaited before the next."""

    async def take_over(self, sources: Set[TP]) -> None:
        """Do nothing: what another worker still sends does no harm."""

    async def _begin(self, tp: TP) -> Outbox:
        return Outbox((await self._app.maybe_start_producer()).client)

    async def _finish(self, made: Made, before: asyncio.Task[None] | None) -> None:
        await made.outbox.acknowledged()
        if before:  # the memory is written in the order of the batches
            await before
        if made.changes:
            table, memory = self._app.table, await self._begin(made.tp)
            await memory.put(table.changelog_topic_name, made.changes, made.tp.partition)
            table.remembered(made.tp.partition, await memory.acknowledged())

    async def close(self) -> None:
        """Do nothing: the producer is Faust's."""


class ExactlyOnce(Effects):
    """Outputs, memory and offset of a batch in one transaction.

    Each partition that is read has a transactional producer of its own, named after it. Whoever gets the partition
    starts one under this name, which ends what a worker before has not committed and shuts that worker out.
    """

    def __init__(self, app: Any, group: str) -> None:
        super().__init__(app)
        self._group = group
        self._producers: dict[TP, Any] = {}
        self._busy: dict[TP, asyncio.Lock] = {}

    async def take_over(self, sources: Set[TP]) -> None:
        """Shut out earlier owners of these partitions; committed offsets and memory stand still from then on."""
        await self.close()
        factory = await self._app.maybe_start_producer()
        names = [f"{self._group}-{tp.topic}-{tp.partition}" for tp in sources]
        producers = await asyncio.gather(*(factory.transactional(name) for name in names))
        self._producers = dict(zip(sources, producers, strict=True))
        self._busy = {tp: asyncio.Lock() for tp in sources}

    async def _begin(self, tp: TP) -> Outbox:
        await self._busy[tp].acquire()
        await self._producers[tp].begin_transaction()
        return Outbox(self._producers[tp])

    async def _finish(self, made: Made, before: asyncio.Task[None] | None) -> None:
        table, memory = self._app.table, Outbox(self._producers[made.tp])
        await memory.put(table.changelog_topic_name, made.changes, made.tp.partition)
        sends = memory.acknowledged(), made.outbox.acknowledged()
        remembered, _ = await self._commit(made.tp, made.event.value.after, *sends)
        if made.changes:
            table.remembered(made.tp.partition, remembered)
        self._busy[made.tp].release()

    async def commit(self, offsets: Mapping[TP, int]) -> None:
        """Commit offsets behind marks that no batch follows: never back, never beside the transaction of a batch."""
        for tp in offsets.keys() & self._producers.keys():
            async with self._busy[tp]:
                if offsets[tp] > (self._app.consumer.committed(tp) or 0):
                    await self._producers[tp].begin_transaction()
                    await self._commit(tp, offsets[tp])

    async def _commit(self, tp: TP, offset: int, *sends: Awaitable[int]) -> list[int]:
        """Commit an offset and what is sent in this transaction; return what the sends do."""
        producer = self._producers[tp]
        offsets = producer.send_offsets_to_transaction({TopicPartition(*tp): offset}, self._group)
        *sent, _ = await asyncio.gather(*sends, offsets)
        await producer.commit_transaction()
        self._app.consumer.noted(tp, offset)
        return sent

    async def close(self) -> None:
        """Stop the producers; what they have not committed is given up."""
        producers, self._producers = self._producers, {}
        await asyncio.gather(*(producer.stop() for producer in producers.values()))
