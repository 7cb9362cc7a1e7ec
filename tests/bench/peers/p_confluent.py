"""A bare loop of confluent-kafka: one consumer, both hops, offsets committed after a flush."""

import signal
import time
from collections import defaultdict

from confluent_kafka import Consumer, Producer, TopicPartition
from recipe import BATCH_BYTES, COMMIT_SECONDS, COMPRESSION, LINGER_MS, POLL, Output, Raw, Recipe, brokers, fail, group

running = [True]


def main() -> None:
    """Loop until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    recipe = Recipe()
    consumer = Consumer(
        {
            "bootstrap.servers": brokers(),
            "group.id": group(),
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 100,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": brokers(),
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": LINGER_MS,
            "batch.size": BATCH_BYTES,
            "compression.type": COMPRESSION,
            "on_delivery": lambda error, _: error and fail(error),
        }
    )
    consumer.subscribe([recipe.names.raw, recipe.names.items])
    done: dict[tuple[str, int], int] = {}
    last = time.monotonic()
    while running:
        found = defaultdict(list)
        for record in consumer.consume(POLL, 0.1):
            found[record.topic(), record.partition()].append(record)
        for (topic, partition), records in found.items():
            if topic == recipe.names.raw:
                outputs = recipe.enrich(Raw(partition, r.offset(), r.timestamp()[1], r.value()) for r in records)
            else:
                outputs = recipe.admit(partition, [record.value() for record in records])
            for output in outputs:
                send(producer, output)
            done[topic, partition] = records[-1].offset() + 1
        producer.poll(0)
        if done and time.monotonic() - last > COMMIT_SECONDS:
            producer.flush()
            consumer.commit(offsets=[TopicPartition(*tp, offset) for tp, offset in done.items()], asynchronous=False)
            done, last = {}, time.monotonic()
    producer.flush()
    consumer.close()


def send(producer: Producer, output: Output) -> None:
    """Put a record into the producer's queue; wait while it is full."""
    where = {} if output.partition is None else {"partition": output.partition}
    while True:
        try:
            producer.produce(output.topic, output.value, output.key, headers=output.headers, **where)
            return
        except BufferError:
            producer.poll(0.05)


if __name__ == "__main__":
    main()
