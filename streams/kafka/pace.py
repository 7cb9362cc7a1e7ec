"""How fast old items are sent beside live ones: as fast as the workers work them off, so that live ones hardly wait."""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError

from streams import topics
from streams.errors import CommandFailed
from streams.kafka import client, reading
from streams.settings import Settings

Wait = Callable[[], Awaitable[None]]
Measure = Callable[[], Awaitable[tuple[int, int] | None]]

_EVERY = 0.05
_LATE = 2.0  # seconds over which the workers' rate is taken
_AT_LEAST = 100  # records that may wait whatever the rate, or it would never grow
_PATIENCE = 10.0


@dataclass(slots=True)
class Window:
    """How many records may wait for the workers: as many as they did in so many seconds, of late (Little's law)."""

    seconds: float
    _done: deque[tuple[float, int]] = field(default_factory=deque)

    def room(self, now: float, done: int, waiting: int) -> int:
        """Return how many more may be sent; `done` is how many the workers have committed so far."""
        self._done.append((now, done))
        while now - self._done[0][0] > _LATE:
            self._done.popleft()
        first, before = self._done[0]
        rate = (done - before) / (now - first) if now > first else 0.0
        return max(_AT_LEAST, int(rate * self.seconds)) - waiting


class Pace:
    """Lets a record for `news.raw` go when there is room for it among those that wait for the workers."""

    def __init__(self, settings: Settings, measure: Measure, flush: Wait, say: Callable[[str], None]) -> None:
        self._group, self._window = settings.app_id, Window(settings.backfill_delay)
        self._measure, self._flush, self._say = measure, flush, say
        self._room = 0
        self._moved = (0, time.monotonic())  # records done, and since when it is not more

    async def turn(self) -> None:
        """Wait until one more record may be sent."""
        while self._room < 1:
            await self._flush()
            await asyncio.sleep(_EVERY)
            now, found = time.monotonic(), await self._measure()
            if found is None:  # no worker has ever committed: nobody waits
                return
            self._room = self._window.room(now, *found)
            self._complain(now, *found)
        self._room -= 1

    def _complain(self, now: float, done: int, waiting: int) -> None:
        """Say it, once, when the workers stand still."""
        before, since = self._moved
        if done > before or self._room > 0:
            self._moved = done, now
        elif now - since > _PATIENCE:
            self._moved = done, math.inf
            self._say(
                f"{waiting} records wait, and the workers of {self._group} have done nothing for {_PATIENCE:.0f} s: "
                "this goes on when they do (STREAMS_BACKFILL_DELAY=0 does not wait for them)"
            )


@asynccontextmanager
async def paced(settings: Settings, topic: str, flush: Wait, say: Callable[[str], None]) -> AsyncIterator[Wait]:
    """Yield what to await before each record for a topic; only for `news.raw`, and not with delay 0, does it wait."""
    names = topics.names(settings)
    if not settings.backfill_delay or topic != names.raw:
        yield _at_once
        return
    async with client.admin(settings) as admin, client.consumer(settings) as consumer:
        parts = await reading.assign(consumer, [names.raw, names.items])
        consumer.pause(*parts)  # only their ends are asked for

        async def measure() -> tuple[int, int] | None:
            return await _measure(settings, admin, consumer, parts)

        yield Pace(settings, measure, flush, say).turn


async def _at_once() -> None:
    pass


async def _measure(
    settings: Settings, admin: AIOKafkaAdminClient, consumer: client.Consumer, parts: list[TopicPartition]
) -> tuple[int, int] | None:
    """Return how many records of `news.raw` are done, and how many of both hops wait; None without any commit."""
    try:
        committed = await client.committed(admin, settings.app_id)
    except GroupAuthorizationFailedError:
        raise CommandFailed(
            f"this user may not see the group {settings.app_id}, whose lag sets the pace: `streams acls operator` "
            "shows what is needed, STREAMS_BACKFILL_DELAY=0 does without"
        ) from None
    done = {part: committed[part] for part in parts if part in committed}
    if not done:
        return None
    ends = await consumer.end_offsets(parts)
    raw = sum(offset for part, offset in done.items() if part.topic == topics.names(settings).raw)
    return raw, reading.lag(done, ends).total()
