"""The recent events a gateway remembers, bounded in number and in age, in the order they came and in that of time."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from streams.errors import ConfigError
from streams.feed import position
from streams.feed.position import Position
from streams.messages import Event

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND = timedelta(microseconds=1)
Key = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, its JSON and the frame every live reader gets: encoded once, however many read it.

    `key` orders events by the time they were emitted, then by partition and offset: the same order in every gateway.
    """

    event: Event
    body: bytes
    partition: int
    offset: int
    frame: bytes
    key: Key = field(init=False)

    def __post_init__(self) -> None:
        """Derive the key."""
        microseconds = (self.event.emitted_at - _EPOCH) // _MICROSECOND
        object.__setattr__(self, "key", (microseconds, self.partition, self.offset))

    @property
    def cursor(self) -> str:
        """The place of this event in the order of time, for the next page to begin after it."""
        return ".".join(map(str, self.key))


def frame(body: bytes, standing: Position) -> bytes:
    """Return one Server-Sent Event, after which the reader stands at `standing`; `body` has no line break."""
    return b"id: %b\ndata: %b\n\n" % (position.text(standing).encode(), body)


def parse_cursor(written: str) -> Key:
    """Read a cursor; ConfigError when it is none."""
    parts = written.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise ConfigError(f"before: {written[:80]!r} is none; allowed: what `next` of a page said")
    microseconds, partition, offset = map(int, parts)
    return microseconds, partition, offset


class Window:
    """At most `items` events, none emitted more than `hours` before the newest, each id once."""

    def __init__(self, items: int, hours: float) -> None:
        self._items, self._age = items, int(hours * 3_600_000_000)
        self._arrivals: deque[Entry] = deque()
        self._ordered: list[Entry] = []
        self._by_id: dict[str, Entry] = {}
        self._floor: dict[int, int] = {}
        self.standing: dict[int, int] = {}
        self.version = 0

    def __len__(self) -> int:
        """Return how many events are remembered."""
        return len(self._ordered)

    def begin(self, starts: Position) -> None:
        """Say where the reading of partitions begins: what lies before is not remembered."""
        self._floor |= starts
        self.standing |= starts

    def moved(self, partition: int, offset: int) -> None:
        """Say that the record of this offset was read, whatever became of it."""
        self.standing[partition] = offset + 1
        self._floor.setdefault(partition, offset)

    def add(self, event: Event, body: bytes, partition: int, offset: int) -> Entry | None:
        """Remember an event and return its entry; None when one with its id is there already."""
        self.moved(partition, offset)
        if event.id in self._by_id:
            return None
        entry = Entry(event, body, partition, offset, frame(body, self.standing))
        self._arrivals.append(entry)
        insort(self._ordered, entry, key=_key)
        self._by_id[event.id] = entry
        self.version += 1
        self._expire()
        return entry

    def _expire(self) -> None:
        # The oldest goes, not the first to come: at the start one partition after the other is read.
        oldest = self._ordered[-1].key[0] - self._age
        while len(self._ordered) > self._items or self._ordered[0].key[0] < oldest:
            gone = self._ordered.pop(0)
            del self._by_id[gone.event.id]
            self._floor[gone.partition] = max(self._floor.get(gone.partition, 0), gone.offset + 1)
        while self._arrivals and not self._holds(self._arrivals[0]):
            self._arrivals.popleft()
        if len(self._arrivals) > 2 * self._items:
            self._arrivals = deque(entry for entry in self._arrivals if self._holds(entry))

    def _holds(self, entry: Entry) -> bool:
        return self._by_id.get(entry.event.id) is entry

    def get(self, event_id: str) -> Entry | None:
        """Return the event of an id."""
        return self._by_id.get(event_id)

    def newest(self, before: Key | None = None) -> Iterator[Entry]:
        """Yield the events of now, newest first, those before a cursor only; what comes meanwhile is not among them."""
        end = len(self._ordered) if before is None else bisect_left(self._ordered, before, key=_key)
        return reversed(self._ordered[:end])

    def since(self, standing: Position) -> list[Entry]:
        """Return what a reader who stands there has not seen, in the order it came."""
        behind = {part for part, offset in self.standing.items() if standing.get(part, 0) < offset}
        missed = []
        for entry in reversed(self._arrivals):
            if not behind:
                break
            if entry.offset < standing.get(entry.partition, 0):
                behind.discard(entry.partition)
            elif entry.partition in behind and self._holds(entry):
                missed.append(entry)
        return missed[::-1]

    def forgot(self, standing: Position) -> bool:
        """Return whether records a reader who stands there has not seen are remembered no more."""
        return any(standing.get(part, 0) < floor for part, floor in self._floor.items())


def _key(entry: Entry) -> Key:
    return entry.key
