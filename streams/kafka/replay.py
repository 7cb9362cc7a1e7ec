"""Read a stretch of a topic again: into `news.raw` or another topic, marked as backfill."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from streams import topics
from streams.errors import CommandFailed
from streams.kafka import client, reading
from streams.kafka.pace import paced
from streams.kafka.produce import BACKFILL, Outbox, require, watched
from streams.settings import Settings

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What to read again: from a time, or from an offset in every partition, up to a time or to what is there now."""

    since: datetime | None = None
    from_offset: int | None = None
    until: datetime | None = None


def stretch(since: str | None, from_offset: int | None, until: str | None) -> Stretch:
    """Return a stretch from the words of a command; CommandFailed when a time is none or the beginning is unclear."""
    if (since is None) == (from_offset is None):
        raise CommandFailed("say where to begin: either --since TIME or --from-offset N")
    begin, end = (reading.moment(text) if text else None for text in (since, until))
    return Stretch(begin, from_offset, end)


def run(settings: Settings, source: str | None, target: str | None, stretch: Stretch, say: Say) -> int:
    """Copy a stretch of a topic to another, both `news.raw` by default; 1 when not everything was acknowledged.

    Keys, values and times stay as they are; the header `backfill` holds an id of this replay. The end is fixed at the
    start, so a replay into its own source ends. What goes to `news.raw` keeps the pace of the workers.
    """
    raw = topics.names(settings).raw
    return client.run(_run(settings, source or raw, target or raw, stretch, say))


async def _run(settings: Settings, source: str, target: str, stretch: Stretch, say: Say) -> int:
    start, replay = time.monotonic(), f"replay-{secrets.token_hex(4)}"
    async with client.consumer(settings) as consumer, client.producer(settings) as producer:
        await require(producer, target)
        starts, ends = await bounds(consumer, source, stretch)
        await reading.seek(consumer, starts)
        box = Outbox(producer)
        total = sum(ends.values()) - sum(starts.values())
        async with paced(settings, target, box.flush, say) as turn:
            async for record in watched(reading.until(consumer, ends), lambda: f"{box.progress()}, of {total}"):
                headers = [*(header for header in record.headers if header[0] != BACKFILL), (BACKFILL, replay.encode())]
                await turn()
                await box.send(target, record.value, record.key, headers, record.timestamp)
        await box.flush()
    say(f"{replay} to {target}: {box.progress()}, {time.monotonic() - start:.1f} s")
    return int(box.acked != box.sent)


async def bounds(consumer: client.Consumer, source: str, stretch: Stretch) -> tuple[reading.Offsets, reading.Offsets]:
    """Return where a stretch of a topic begins and ends in each partition, as it is now."""
    parts = await reading.assign(consumer, [source])
    first, last = await consumer.beginning_offsets(parts), await consumer.end_offsets(parts)
    ends = await reading.at(consumer, parts, stretch.until, last)
    starts = await reading.at(consumer, parts, stretch.since, last)
    if stretch.from_offset is not None:
        starts = dict.fromkeys(parts, stretch.from_offset)
    return {part: min(max(starts[part], first[part]), ends[part]) for part in parts}, ends
