"""Fans events out to live readers: one decision for all with the same filters, shared bytes, bounded queues."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from streams.feed import position
from streams.feed.position import Position
from streams.feed.window import Entry, frame
from streams.filters import Filter

# What is joined is a copy of the reader's own, and those who do not read hold it (bytes).
_AT_ONCE = 32 << 10


class Reader:
    """One live reader: the frames it has still to get, at most `limit`; past that it is dropped."""

    def __init__(self, wanted: Filter, ahead: Position, limit: int, drop: Callable[[], None]) -> None:
        self.wanted = wanted
        self._ahead = dict(ahead)
        self._limit, self._drop, self._gone = limit, drop, False
        self._frames: deque[bytes] = deque()
        self._waiter: asyncio.Event = asyncio.Event()

    def offer(self, entry: Entry, standing: Position) -> bool:
        """Queue an event; False when the reader has it, or is dropped."""
        if not self._ahead:
            return self.send(entry.frame)
        # It comes from a gateway that had read further than this one.
        known = entry.offset < self._ahead.get(entry.partition, 0)
        self._ahead = {part: offset for part, offset in self._ahead.items() if offset > standing.get(part, 0)}
        if known:
            return False
        return self.send(frame(entry.body, position.merge(standing, self._ahead)))

    def beat(self, beat: bytes) -> None:
        """Queue a heartbeat when nothing else waits."""
        if not self._frames:
            self.send(b": beat\n\n" if self._ahead else beat)

    def send(self, piece: bytes) -> bool:
        """Queue a piece of the stream; False when the reader is dropped for being too slow."""
        if len(self._frames) >= self._limit and not self._gone:
            self._gone = True
            self._frames.clear()
            self._drop()
        if self._gone:
            return False
        self._frames.append(piece)
        self._waiter.set()
        return True

    async def take(self) -> bytes:
        """Wait for frames and return those that are there, some at a time, as one piece."""
        while not self._frames:
            self._waiter.clear()
            await self._waiter.wait()
        piece = self._frames.popleft()
        if not self._frames:
            return piece  # the one that all readers share
        joined = bytearray(piece)
        while self._frames and len(joined) + len(self._frames[0]) <= _AT_ONCE:
            joined += self._frames.popleft()
        return bytes(joined)


class Hub:
    """All live readers, by what they want."""

    def __init__(self) -> None:
        self._readers: dict[Filter, set[Reader]] = {}
        self.size = 0

    @contextmanager
    def reader(self, reader: Reader) -> Iterator[Reader]:
        """Let a reader in for the length of a block."""
        self._readers.setdefault(reader.wanted, set()).add(reader)
        self.size += 1
        try:
            yield reader
        finally:
            self.size -= 1
            self._readers[reader.wanted].discard(reader)
            if not self._readers[reader.wanted]:
                del self._readers[reader.wanted]

    def publish(self, entry: Entry, standing: Position) -> int:
        """Give an event to every reader who wants it and return to how many."""
        wanting = (readers for wanted, readers in self._readers.items() if wanted.accepts(entry.event))
        return sum(reader.offer(entry, standing) for readers in wanting for reader in readers)

    def beat(self, standing: Position) -> None:
        """Tell readers who wait that the connection lives and where they stand."""
        beat = f": beat\nid: {position.text(standing)}\n\n".encode()
        for readers in self._readers.values():
            for reader in readers:
                reader.beat(beat)
