"""Stock Faust, tuned: agents that take 500 events at a time and await every delivery; stock transport and commits."""

import sys
import tempfile

import faust
from recipe import BATCH_BYTES, COMMIT_SECONDS, COMPRESSION, LINGER_MS, POLL, Output, Raw, Recipe, brokers, group

recipe = Recipe()
app = faust.App(
    group(),
    broker=f"kafka://{brokers()}",
    value_serializer="raw",
    key_serializer="raw",
    datadir=tempfile.mkdtemp(),
    web_enabled=False,
    topic_allow_declare=False,
    topic_disable_leader=True,
    stream_buffer_maxsize=65536,
    stream_wait_empty=False,
    broker_commit_interval=COMMIT_SECONDS,
    consumer_auto_offset_reset="earliest",
    producer_acks=-1,
    producer_linger=LINGER_MS / 1000,
    producer_compression_type=COMPRESSION,
    producer_max_batch_size=BATCH_BYTES,
    producer_max_request_size=4 << 20,
)
topics: dict[str, faust.TopicT] = {}


def topic(name: str) -> faust.TopicT:
    """Return a topic of raw bytes."""
    return topics.setdefault(name, app.topic(name, key_type=bytes, value_type=bytes))


async def send(outputs: list[Output]) -> None:
    """Send records and wait for every acknowledgement."""
    sent = [
        await topic(o.topic).send(key=o.key, value=o.value, headers=dict(o.headers), partition=o.partition)
        for o in outputs
    ]
    for each in sent:
        await each


@app.agent(topic(recipe.names.raw))
async def enrich(stream: faust.StreamT) -> None:
    """news.raw → news.items."""
    async for events in stream.take_events(POLL, 0.05):
        found = [event.message for event in events]
        await send(recipe.enrich(Raw(m.partition, m.offset, int(m.timestamp * 1000), m.value) for m in found))


@app.agent(topic(recipe.names.items))
async def admit(stream: faust.StreamT) -> None:
    """news.items → events."""
    async for events in stream.take_events(POLL, 0.05):
        for part in sorted({event.message.partition for event in events}):
            await send(recipe.admit(part, [e.message.value for e in events if e.message.partition == part]))


if __name__ == "__main__":
    sys.argv = ["faust", "--loop", "uvloop", "worker", "--loglevel", "warn", "--without-web"]
    app.main()
