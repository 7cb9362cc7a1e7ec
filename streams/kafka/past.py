"""The events of the last hours or days, read from the topics once."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import DecodeError

from streams import codec, topics
from streams.kafka import client, reading
from streams.messages import Event
from streams.settings import Settings


def events(settings: Settings, since: datetime) -> list[Event]:
    """Return new stories, revisions and copies since a time, in the order in which their items came."""
    return client.run(_events(settings, since))


async def _events(settings: Settings, since: datetime) -> list[Event]:
    names = topics.names(settings)
    async with client.consumer(settings) as consumer:
        parts = await reading.assign(consumer, [names.enriched, names.duplicates])
        ends = await consumer.end_offsets(parts)
        await reading.seek(consumer, await reading.at(consumer, parts, since, ends))
        found = [event async for record in reading.until(consumer, ends) for event in _event(record)]
    return sorted(found, key=lambda event: event.received_at)


def _event(record: reading.Record) -> Iterator[Event]:
    try:
        yield codec.decode_event(record.value or b"")
    except DecodeError:
        return
