"""The memory of dedup: records in slots, an index to find them, and the order in which they leave."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from streams.dedup.expiry import Expiry
from streams.dedup.index import Index
from streams.dedup.record import Record, decode, encode, origin_key, origin_queries

Change = tuple[bytes, bytes | None]

_HOUR = 3600
_MAX_EVICTED = 16
_OBJECT_BYTES = 56


@dataclass(frozen=True, slots=True)
class Window:
    """How long and how many items are remembered; items further apart in event time are no copies of each other."""

    max_age_seconds: float = 72 * 3600
    max_items: int = 1_000_000

    @property
    def batch(self) -> int:
        """How many leave at once when there are too many: a thousandth, at most 16."""
        return min(_MAX_EVICTED, 1 + self.max_items // 1000)

    def leave_hour(self, event_time: int, received_at: int) -> int:
        """Return the hour an item is filed under: that of its event time, or of the window's edge if it is older.

        So the items of a backfill find each other, and yet leave before the live ones.
        """
        return int(max(event_time, received_at - self.max_age_seconds)) // _HOUR

    def first_kept_hour(self, received_at: int) -> int:
        """Return the first hour that is kept when an item comes: whatever came within `max_age_seconds` is."""
        return int(received_at - 2 * self.max_age_seconds) // _HOUR


class State:
    """What dedup remembers of one partition of `news.items`.

    All it answers depends only on the records that are in and their order, so a state restored from its changelog is
    the same state. `evicted` counts what has left, by reason.
    """

    __slots__ = ("_expiry", "_free", "_index", "_value_bytes", "_values", "evicted", "size", "window")

    def __init__(self, window: Window) -> None:
        self.window = window
        self.size = 0
        self.evicted = Counter(age=0, items=0, versions=0, replaced=0)
        self._values: list[bytes] = []
        self._free: list[int] = []
        self._index = Index()
        self._expiry = Expiry()
        self._value_bytes = 0

    @property
    def memory_bytes(self) -> int:
        """Bytes the state takes, estimated."""
        return self._index.memory_bytes + self._value_bytes + _OBJECT_BYTES * self.size

    def find(self, hashes: bytes) -> list[tuple[int, int]]:
        """Return (position in `hashes`, slot) of what is filed under these packed hashes."""
        return self._index.find(hashes)

    def record(self, slot: int) -> Record:
        """Return the record in a slot that `find` named."""
        return decode(self._values[slot])

    def room_for(self, record: Record) -> bool:
        """Tell whether a record would stay: not when the state is full of items that leave after it."""
        oldest = self._expiry.oldest()
        return self.size < self.window.max_items or (oldest is not None and oldest <= self._hour(record))

    def add(self, record: Record) -> Change:
        """Remember a record and return the change."""
        value = encode(record)
        self._index.add(record.filed, self._put(record, value))
        return origin_key(record.origin), value

    def evict(self, received_at: int) -> list[Change]:
        """Make room for an item that comes at this time: forget some of what has expired, or of what is too much."""
        kept = self.window.first_kept_hour(received_at)
        leaving = self._expiry.take(kept, _MAX_EVICTED)
        self.evicted["age"] += len(leaving)
        if self.size - len(leaving) >= self.window.max_items:
            spare = self._expiry.take(None, self.window.batch)
            self.evicted["items"] += len(spare)
            leaving += spare
        return self._drop(leaving) if leaving else []

    def forget(self, slot: int, reason: str) -> Change:
        """Forget the record in a slot, count the reason and return the tombstone."""
        self.evicted[reason] += 1
        return self._forget(slot)

    def restore(self, changes: Iterable[Change]) -> None:
        """Take over changes of the changelog, in order; raise WorkerStopped for a value of an unknown version."""
        last: dict[bytes, bytes | None] = {}
        for key, value in changes:
            last.pop(key, None)  # what is written again comes last
            last[key] = value
        keys = list(last)
        for position, slot in self._index.find(origin_queries(keys)):
            if origin_key(self.record(slot).origin) == keys[position]:
                self._forget(slot)
        self._put_all([value for value in last.values() if value is not None])

    def _hour(self, record: Record) -> int:
        return self.window.leave_hour(record.event_time, record.received_at)

    def _put_all(self, values: list[bytes]) -> None:
        records = [decode(value) for value in values]
        slots = np.fromiter(map(self._put, records, values), np.uint32, len(records))
        counts = [len(record.filed) // 4 for record in records]
        self._index.add_all(b"".join(record.filed for record in records), np.repeat(slots, counts).tobytes())

    def _put(self, record: Record, value: bytes) -> int:
        """Keep a record and return its slot, under which it is to be filed in the index."""
        if self._free:
            slot = self._free.pop()
            self._values[slot] = value
        else:
            slot = len(self._values)
            self._values.append(value)
        self.size += 1
        self._value_bytes += len(value)
        self._expiry.add(self._hour(record), slot)
        return slot

    def _forget(self, slot: int) -> Change:
        self._expiry.remove(self._hour(self.record(slot)), slot)
        return self._drop([slot])[0]

    def _drop(self, slots: list[int]) -> list[Change]:
        """Empty slots that no longer expire, and return the tombstones."""
        records = [self.record(slot) for slot in slots]
        for slot, record in zip(slots, records, strict=True):
            self._index.remove(record.filed, slot)
            self._value_bytes -= len(self._values[slot])
            self._values[slot] = b""
        self._free += slots
        self.size -= len(slots)
        return [(origin_key(record.origin), None) for record in records]
