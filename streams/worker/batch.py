"""Whole batches for Faust agents: one poll of one partition is one event."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import faust


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive raw records of one partition, each with key, value, headers, offset and timestamp (ms).

    `after` is the offset to go on from: past the last record, and past the marks of transactions behind it.
    """

    topic: str
    partition: int
    records: Sequence[Any]
    after: int


class BatchSchema(faust.Schema):  # type: ignore[misc]
    """The value of a message already is a Batch: nothing to decode, so nothing that Faust could fail to decode."""

    def compile(self, app: Any, **kwargs: Any) -> Any:
        """Return a decoder that hands the batch through."""

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return app.create_event(None, message.value, message.headers, message)

        return decode


def batch_topic(app: Any, name: str, **options: Any) -> Any:
    """Declare a topic whose events are batches."""
    app.batch_topics.add(name)
    return app.topic(name, schema=BatchSchema(), **options)


async def batches(stream: Any) -> AsyncIterator[Any]:
    """Yield the stream's events, each a batch to acknowledge with `event.ack()` once its effects are acknowledged.

    Batches from before a rebalance are left out: their records are read again, perhaps by another worker.
    """
    async for event in stream.noack().events():
        if event.app.consumer.in_flight(event.message):
            yield event
        else:
            event.ack()
