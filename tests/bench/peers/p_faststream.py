"""FastStream: a batch subscriber for each hop, futures of all sends awaited before the batch is acknowledged."""

import asyncio

import uvloop
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from recipe import BATCH_BYTES, COMPRESSION, LINGER_MS, POLL, Output, Raw, Recipe, brokers, group


def main() -> None:
    """Run until SIGTERM."""
    recipe = Recipe()
    broker = KafkaBroker(
        brokers(), acks="all", enable_idempotence=True, linger_ms=LINGER_MS, max_batch_size=BATCH_BYTES,
        max_request_size=4 << 20, compression_type=COMPRESSION, apply_types=False, logger=None,
    )  # fmt: skip
    options = {
        "batch": True, "max_records": POLL, "batch_timeout_ms": 100, "auto_offset_reset": "earliest",
        "ack_policy": AckPolicy.NACK_ON_ERROR, "fetch_max_wait_ms": 100, "decoder": whole,
    }  # fmt: skip

    async def send(outputs: list[Output]) -> None:
        sent = [
            await broker.publish(
                o.value, topic=o.topic, key=o.key, partition=o.partition, no_confirm=True,
                headers={name: value.decode() for name, value in o.headers},
            )
            for o in outputs
        ]  # fmt: skip
        await asyncio.gather(*sent)

    @broker.subscriber(recipe.names.raw, group_id=f"{group()}-enrich", **options)
    async def enrich(records: list) -> None:
        await send(recipe.enrich(Raw(r.partition, r.offset, r.timestamp, r.value) for r in records))

    @broker.subscriber(recipe.names.items, group_id=f"{group()}-dedup", **options)
    async def admit(records: list) -> None:
        for part in sorted({record.partition for record in records}):
            await send(recipe.admit(part, [record.value for record in records if record.partition == part]))

    uvloop.run(FastStream(broker).run())


async def whole(message) -> list:
    """Return the records of a batch as they came."""
    return list(message.raw_message)


if __name__ == "__main__":
    main()
