"""Send raw items to `news.raw` and report what the broker has acknowledged."""

import asyncio
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams import topics
from streams.errors import CommandFailed
from streams.kafka import client, inputs
from streams.kafka.pace import Wait, paced
from streams.settings import Settings

Headers = Sequence[tuple[str, bytes]]
Say = Callable[[str], None]
Item = TypeVar("Item")
BACKFILL = "backfill"
_IN_FLIGHT = 2000
_PATIENCE = 30.0  # seconds without any acknowledgement before the broker counts as gone


@dataclass(slots=True)
class Outbox:
    """Sends records, so many at a time, and counts what became of each."""

    producer: AIOKafkaProducer
    sent: int = 0
    acked: int = 0
    errors: list[str] = field(default_factory=list)
    _waiting: set[asyncio.Future[object]] = field(default_factory=set)

    async def send(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None,
        headers: Headers = (),
        timestamp_ms: int | None = None,
    ) -> None:
        """Hand one record to the producer, waiting while too many are not acknowledged."""
        self.sent += 1
        if len(self._waiting) >= _IN_FLIGHT:
            await self._wait(asyncio.FIRST_COMPLETED)
        try:
            async with asyncio.timeout(_PATIENCE):
                future = await self.producer.send(topic, value, key, headers=list(headers), timestamp_ms=timestamp_ms)
        except KafkaError as error:
            self.errors.append(f"record {self.sent} for {topic}: {error}")
        except TimeoutError:
            raise self._gone() from None
        else:
            self._waiting.add(future)
            future.add_done_callback(self._settle)

    def progress(self) -> str:
        """Return how far it has come, in words."""
        return f"{self.sent} sent, {self.acked} acknowledged"

    async def flush(self) -> None:
        """Wait until everything sent is acknowledged or refused; CommandFailed when the broker falls silent."""
        while self._waiting:
            await self._wait(asyncio.ALL_COMPLETED)

    async def _wait(self, until: str) -> None:
        before = self.acked
        await asyncio.wait(self._waiting, timeout=_PATIENCE, return_when=until)
        if self._waiting and self.acked == before:
            raise self._gone()

    def _gone(self) -> CommandFailed:
        return CommandFailed(
            f"the broker has acknowledged nothing for {_PATIENCE:.0f} s ({self.acked} of {self.sent} records so far): "
            "`streams check` says whether it still answers"
        )

    def _settle(self, future: "asyncio.Future[object]") -> None:
        self._waiting.discard(future)
        error = None if future.cancelled() else future.exception()
        self.acked += not future.cancelled() and error is None
        if error:
            self.errors.append(str(error))


def run(settings: Settings, names: Sequence[str], say: Say, *, backfill: bool = False) -> int:
    """Send the raw items of files (`-`: standard input) to `news.raw`; exit code 1 when any was not acknowledged.

    `backfill`: mark them as old and keep the pace of the workers, so that live items hardly wait.
    """
    return client.run(_run(settings, names, backfill, say))


async def _run(settings: Settings, names: Sequence[str], backfill: bool, say: Say) -> int:
    start, box, raw = time.monotonic(), None, topics.names(settings).raw
    headers = [(BACKFILL, f"produce-{secrets.token_hex(4)}".encode())] if backfill else []
    try:
        async with client.producer(settings) as producer:
            await require(producer, raw)
            box = Outbox(producer)
            async with paced(settings, raw if backfill else "", box.flush, say) as turn:
                await _send(box, raw, names, headers, turn)
    finally:
        # A file that cannot be read, or Ctrl-C, ends the sending, not the account of what was sent.
        if box:
            for error in box.errors[:5]:
                say(error)
            say(f"{box.progress()}, {time.monotonic() - start:.1f} s")
    return int(box.acked != box.sent)


async def _send(box: Outbox, topic: str, names: Sequence[str], headers: Headers, turn: Wait) -> None:
    async for value in watched(_values(names), box.progress):
        await turn()
        await box.send(topic, value, inputs.key(value), headers)
    await box.flush()


async def require(producer: AIOKafkaProducer, topic: str) -> None:
    """Make sure a topic exists; CommandFailed when it does not."""
    if topic not in (await producer.client.fetch_all_metadata()).topics():
        raise CommandFailed(f"there is no topic {topic}: run `streams topics create`; or this user may not see it")


async def _values(names: Sequence[str]) -> AsyncIterator[bytes]:
    for name in names:
        async for value in inputs.values(name):
            yield value


async def watched(records: AsyncIterator[Item], show: Callable[[], str]) -> AsyncIterator[Item]:
    """Yield the records as they come and, on a terminal, show the progress a few times a second."""
    terminal, shown = sys.stderr.isatty(), 0.0
    async for record in records:
        yield record
        if terminal and time.monotonic() - shown > 0.2:
            shown = time.monotonic()
            print(f"\r{show()}", end="\r", file=sys.stderr, flush=True)
