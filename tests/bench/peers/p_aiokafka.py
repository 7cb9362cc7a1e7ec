"""A bare loop of aiokafka: whole batches, one loop a hop, offsets committed after all acknowledgements."""

import asyncio
import signal
import time
from collections.abc import Callable

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from recipe import BATCH_BYTES, COMMIT_SECONDS, COMPRESSION, LINGER_MS, POLL, Output, Raw, Recipe, brokers, group

partition_of = DefaultPartitioner()


async def main() -> None:
    """Run both hops until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    recipe = Recipe()
    producer = AIOKafkaProducer(
        bootstrap_servers=brokers(),
        acks="all",
        enable_idempotence=True,
        linger_ms=LINGER_MS,
        max_batch_size=BATCH_BYTES,
        max_request_size=4 << 20,
        compression_type=COMPRESSION,
    )

    def enrich(partition: int, records: list) -> list[Output]:
        return recipe.enrich(Raw(partition, r.offset, r.timestamp, r.value) for r in records)

    def admit(partition: int, records: list) -> list[Output]:
        return recipe.admit(partition, [record.value for record in records])

    async with producer:
        await asyncio.gather(
            hop(producer, recipe.names.raw, f"{group()}-enrich", enrich, stop),
            hop(producer, recipe.names.items, f"{group()}-dedup", admit, stop),
        )


async def hop(
    producer: AIOKafkaProducer, topic: str, name: str, work: Callable[[int, list], list[Output]], stop: asyncio.Event
) -> None:
    """Poll, work, send, wait, commit."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=brokers(),
        group_id=name,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=100,
    )
    async with consumer:
        done, last = {}, time.monotonic()
        while not stop.is_set():
            polled = await consumer.getmany(timeout_ms=100, max_records=POLL)
            for where, records in polled.items():
                await send(producer, work(where.partition, records))
                done[where] = records[-1].offset + 1
            if done and time.monotonic() - last > COMMIT_SECONDS:
                await consumer.commit(done)
                done, last = {}, time.monotonic()


async def send(producer: AIOKafkaProducer, outputs: list[Output]) -> None:
    """Send batches of records, one or more for each partition, and wait for all acknowledgements."""
    building, sent = {}, []
    for output in outputs:
        parts = sorted(await producer.partitions_for(output.topic))
        part = partition_of(output.key, parts, parts) if output.partition is None else output.partition
        where, record = (output.topic, part), {"key": output.key, "value": output.value, "headers": output.headers}
        batch = building.get(where) or building.setdefault(where, producer.create_batch())
        if batch.append(timestamp=None, **record) is None:
            batch.close()
            sent.append(await producer.send_batch(batch, output.topic, partition=part))
            batch = building[where] = producer.create_batch()
            batch.append(timestamp=None, **record)
    for (topic, part), batch in building.items():
        batch.close()
        sent.append(await producer.send_batch(batch, topic, partition=part))
    await asyncio.gather(*sent)


if __name__ == "__main__":
    uvloop.run(main())
