"""What a batch brings about, made to last: its outputs, dedup's memory of it, and the offset to go on from.

Either one after the other, so that a crash in between does it again with the same ids; or all at once, in a Kafka
transaction that a reader with `isolation_level=read_committed` sees as a whole or not at all.
"""

import asyncio
from collections.abc import Mapping, Sequence, Set
from typing import Any

from aiokafka import TopicPartition
from faust.types import TP

from streams.settings import Settings
from streams.worker.outbox import Record, send_many

Outputs = Mapping[str, Sequence[Record]]


def effects(app: Any, settings: Settings) -> "AtLeastOnce | ExactlyOnce":
    """Return the way that STREAMS_DELIVERY names."""
    return ExactlyOnce(app, settings.app_id) if settings.delivery == "exactly-once" else AtLeastOnce(app)


class AtLeastOnce:
    """Outputs, then the memory, then the acknowledgement that lets the offset move; each awaited before the next."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def take_over(self, sources: Set[TP]) -> None:
        """Do nothing: what another worker still sends does no harm."""

    async def apply(self, event: Any, outputs: Outputs, changes: Sequence[Record] = ()) -> None:
        """Send the outputs and changes of a batch and acknowledge it; raises what the brokers answered."""
        producer, table = await self._app.maybe_start_producer(), self._app.table
        await asyncio.gather(*(producer.send_many(topic, records) for topic, records in outputs.items()))
        if changes:
            partition = event.value.partition
            table.remembered(partition, await producer.send_many(table.changelog_topic_name, changes, partition))
        event.ack()

    async def close(self) -> None:
        """Do nothing: the producer is Faust's."""


class ExactlyOnce:
    """Outputs, memory and offset of a batch in one transaction.

    Each partition that is read has a transactional producer of its own, named after it. Whoever gets the partition
    starts one under this name, which ends what a worker before has not committed and shuts that worker out.
    """

    def __init__(self, app: Any, group: str) -> None:
        self._app, self._group = app, group
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

    async def apply(self, event: Any, outputs: Outputs, changes: Sequence[Record] = ()) -> None:
        """Commit all that comes of a batch, and acknowledge it; raises what the brokers answered, such as fenced."""
        batch, table = event.value, self._app.table
        tp = TP(batch.topic, batch.partition)
        memory = (table.changelog_topic_name, changes, batch.partition)
        async with self._busy[tp]:
            remembered = await self._transact(tp, batch.after, memory, *outputs.items())
        if changes:
            table.remembered(batch.partition, remembered)
        event.ack()

    async def commit(self, offsets: Mapping[TP, int]) -> None:
        """Commit offsets behind marks that no batch follows: never back, never beside the transaction of a batch."""
        for tp in offsets.keys() & self._producers.keys():
            async with self._busy[tp]:
                if offsets[tp] > (self._app.consumer.committed(tp) or 0):
                    await self._transact(tp, offsets[tp])

    async def _transact(self, tp: TP, offset: int, *sends: Any) -> int:
        """Send and commit an offset in one transaction; return the offset after the last record of the first send."""
        producer = self._producers[tp]
        await producer.begin_transaction()
        after, *_ = await asyncio.gather(
            *(send_many(producer, *send) for send in sends),
            producer.send_offsets_to_transaction({TopicPartition(*tp): offset}, self._group),
        )
        await producer.commit_transaction()
        self._app.consumer.noted(tp, offset)
        return after or 0

    async def close(self) -> None:
        """Stop the producers; what they have not committed is given up."""
        producers, self._producers = self._producers, {}
        await asyncio.gather(*(producer.stop() for producer in producers.values()))
