"""What the worker sends: whole batches, acknowledged by every in-sync replica before anything else happens."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from aiokafka.partitioner import DefaultPartitioner
from faust.transport.drivers import aiokafka as driver

from streams import codec, topics
from streams.codec import Headers
from streams.errors import PoisonMessage, WorkerStopped
from streams.messages import Origin

Record = tuple[bytes | None, bytes | None, Headers]

# Bytes that key and headers of a dead letter may have, with room for those that say why, and what a header has itself.
_BESIDE, _HEADER = topics.RECORD_BYTES - topics.RAW_BYTES - (64 << 10), 10
_OPEN_MS = 20_000  # a transaction of a worker that died holds its readers up so long, and up to 10 s more
_partition_of = DefaultPartitioner()


class Producer(driver.Producer):  # type: ignore[misc]
    """Faust's aiokafka producer: idempotent, in order, retrying until it is acknowledged by all in-sync replicas."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True, "transaction_timeout_ms": _OPEN_MS}

    async def flush(self) -> None:
        """Send everything that is buffered; stock Faust gives up after 100 ms without progress."""
        while self.buffer.size:
            await self.buffer.flush()
        await super().flush()

    @property
    def client(self) -> Any:
        """The running aiokafka producer."""
        return self._ensure_producer()

    async def transactional(self, name: str) -> Any:
        """Start an aiokafka producer for transactions under a name; from now on nobody else can use the name."""
        producer = self._new_producer(transactional_id=name)
        await producer.start()
        return producer


class Outbox:
    """Records on their way through one producer: handed over in order, awaited together."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer
        self._sent: list[tuple[Any, int]] = []

    async def put(self, topic: str, records: Iterable[Record], partition: int | None = None) -> None:
        """Hand records to the producer, by key or to one partition; a record larger than a batch goes alone."""
        producer = self._producer
        await producer.client._wait_on_metadata(topic)
        partitions = sorted(producer.client.cluster.partitions_for_topic(topic))
        partition_of = cache(lambda key: _partition_of(key, partitions, partitions))  # hashes in Python; shards repeat
        building: dict[int, Any] = {}
        for key, value, headers in records:
            target = partition if partition is not None else partition_of(key)
            while True:
                batch = building.get(target) or building.setdefault(target, producer.create_batch())
                if batch.append(key=key, value=value, timestamp=None, headers=headers) is not None:
                    break
                await self._post(building.pop(target), topic, target)
        for target, batch in building.items():
            await self._post(batch, topic, target)

    async def _post(self, batch: Any, topic: str, partition: int) -> None:
        batch.close()
        acknowledged = await self._producer.send_batch(batch, topic, partition=partition)
        self._sent.append((acknowledged, batch.record_count()))

    async def acknowledged(self) -> int:
        """Wait for every acknowledgement; return the offset after the last record of the partition that went furthest.

        Raises what the brokers answered when a record was not acknowledged.
        """
        return max([(await acknowledged).offset + count for acknowledged, count in self._sent], default=0)


def dead_letter(poison: PoisonMessage, stage: str, record: Any, time: datetime) -> Record:
    """Return a record as it came, with headers that say why, where and when it was given up.

    What is too large for the topic of dead letters is cut: the value, or key and headers left out. The header `dlq-cut`
    says so, and tells the full size of the value in bytes.
    """
    origin = Origin(record.topic, record.partition, record.offset)
    reason = codec.dead_letter_headers(poison, stage, origin, time)
    size, beside = len(record.value or b""), len(record.key or b"")
    beside += sum(_HEADER + 4 * len(name) + len(value or b"") for name, value in record.headers)
    if size <= topics.RAW_BYTES and beside <= _BESIDE:
        return record.key, record.value, [*record.headers, *reason]
    key, headers = (record.key, record.headers) if beside <= _BESIDE else (None, ())
    value = record.value and record.value[: topics.RAW_BYTES]
    return key, value, [*headers, *reason, ("dlq-cut", str(size).encode())]


class Breaker:
    """Stops the worker when too much is poison: then it is the deploy that is bad, not the records."""

    def __init__(self, share: float, records: int) -> None:
        self._share = share
        self._recent: deque[bool] = deque(maxlen=records)

    def check(self, good: int, poison: int) -> None:
        """Take note of a batch; WorkerStopped when of the last `records` more than `share` were poison.

        Call it before the dead letters of the batch are sent.
        """
        self._recent.extend([False] * good + [True] * poison)
        bad = sum(self._recent)
        if len(self._recent) == self._recent.maxlen and bad > self._share * len(self._recent):
            raise WorkerStopped(
                f"{bad} of the last {len(self._recent)} records are poison, more than STREAMS_POISON_SHARE="
                f"{self._share:g} allows: `streams dead-letters list` shows those before; mend what made them and "
                "restart, or let them through with STREAMS_POISON_SHARE=1"
            )
