"""A multimap from 32-bit hashes to slots in flat arrays: 10 to 12.5 bytes an entry, one cache line a look-up."""

from array import array
from itertools import chain
from typing import Any

import numpy as np

from streams.native import ffi, kernel

CELLS = 16
MAX_ENTRIES = 64
_MIN_ROWS = 64
# At most, rows have 14.4 entries on average: one entry in 17 finds its row full (Poisson). The rows for those, a
# twelfth as many, have 10.4 on average: one entry in 2,300 finds both full.
_MAX_LOAD = 0.9
_SHARE = 12
_FACTOR = 0x9E3779B1  # odd, 2^32 over the golden ratio (Knuth)
_GROWTH = 1.25
_CHUNK = 1 << 14
_PAIRS, _ELSEWHERE = 2 * (2 * CELLS + 1), 0xFFFFFFFF

_U32 = ffi.typeof("uint32_t[]")


class _Rows:
    """One table of the kernel, and the arrays that it points to."""

    __slots__ = ("counts", "hashes", "slots", "table")

    def __init__(self, rows: int, factor: int, more: Any) -> None:
        self.hashes, self.slots, self.counts = (
            ffi.from_buffer(_U32, np.zeros(size, np.uint32)) for size in (rows * CELLS, rows * CELLS, rows)
        )
        self.table = ffi.new("dedup_table *", (self.hashes, self.slots, self.counts, rows, factor, more))

    @property
    def memory_bytes(self) -> int:
        return 4 * (len(self.hashes) + len(self.slots) + len(self.counts))


class Index:
    """Rows of `CELLS` cells, each a hash and a slot; what finds its row full goes to one of `_more`, then to `_spill`.

    Hashes are given packed (u32). What `find` returns depends only on the entries that are in, not on the order in
    which they came or on those that have gone. Hash 0 marks an empty cell and is passed over.
    """

    __slots__ = ("_more", "_rows", "_scratch", "_spill", "entries")

    def __init__(self) -> None:
        self._scratch = ffi.new(_U32, _CHUNK)
        self._resize(_MIN_ROWS)
        self.entries = 0

    def _resize(self, rows: int) -> None:
        self._spill: dict[int, array[int]] = {}
        self._more = _Rows(rows // _SHARE, _FACTOR, ffi.NULL)
        self._rows = _Rows(rows, 1, self._more.table)

    @property
    def memory_bytes(self) -> int:
        """Bytes of the arrays, with an estimate for what has spilled."""
        spilled = sum(200 + 4 * len(slots) for slots in self._spill.values())
        return self._rows.memory_bytes + self._more.memory_bytes + spilled

    def find(self, hashes: bytes) -> list[tuple[int, int]]:
        """Return (position in `hashes`, slot) of the entries with these hashes, in no order.

        A hash with more than `MAX_ENTRIES` entries tells nothing apart and finds nothing.
        """
        keys = ffi.from_buffer(_U32, hashes)
        pairs = self._room(_PAIRS * len(keys))
        numbers = iter(ffi.unpack(pairs, kernel.dedup_find(self._rows.table, keys, len(keys), pairs)))
        found = list(zip(numbers, numbers, strict=True))
        spilled = [position for position, slot in found if slot == _ELSEWHERE]
        return self._with_spilled(keys, spilled, found) if spilled else found

    def _with_spilled(self, keys: Any, positions: list[int], found: list[tuple[int, int]]) -> list[tuple[int, int]]:
        found = [hit for hit in found if hit[1] != _ELSEWHERE]
        for position in positions:
            spilled = self._spill.get(keys[position], ())
            if len(spilled) + sum(hit[0] == position for hit in found) > MAX_ENTRIES:
                found = [hit for hit in found if hit[0] != position]
            else:
                found += [(position, slot) for slot in spilled]
        return found

    def add(self, hashes: bytes, slot: int) -> None:
        """Add an entry for each of the hashes, which are distinct."""
        keys = ffi.from_buffer(_U32, hashes)
        self._make_room(len(keys))
        left = self._room(len(keys))
        for position in _numbers(left, kernel.dedup_add(self._rows.table, keys, len(keys), slot, left)):
            self._spill.setdefault(keys[position], array("I")).append(slot)

    def add_all(self, hashes: bytes, slots: bytes) -> None:
        """Add entries, each a hash and a slot (packed, u32)."""
        self._make_room(len(slots) // 4)
        self._move(ffi.from_buffer(_U32, hashes), ffi.from_buffer(_U32, slots))

    def remove(self, hashes: bytes, slot: int) -> None:
        """Remove the entries of a slot, all of which are in."""
        keys = ffi.from_buffer(_U32, hashes)
        self.entries -= len(keys)
        left = self._room(len(keys))
        for position in _numbers(left, kernel.dedup_remove(self._rows.table, keys, len(keys), slot, left)):
            key = keys[position]
            self._spill[key].remove(slot)
            if not self._spill[key]:
                del self._spill[key]

    def _make_room(self, count: int) -> None:
        """Count so many entries more, and move all to larger tables when they get too full."""
        self.entries += count
        size = len(self._rows.counts)
        while self.entries > size * CELLS * _MAX_LOAD:
            size = int(size * _GROWTH)
        if size > len(self._rows.counts):
            self._grow(size)

    def _grow(self, size: int) -> None:
        rows, more, spill = self._rows, self._more, self._spill
        self._resize(size)
        self._move(rows.hashes, rows.slots)
        self._move(more.hashes, more.slots)
        keys = array("I", (key for key, spilled in spill.items() for _ in spilled))
        self._move(ffi.from_buffer(_U32, keys), ffi.from_buffer(_U32, array("I", chain(*spill.values()))))

    def _move(self, hashes: Any, slots: Any) -> None:
        left = self._room(_CHUNK)
        for start in range(0, len(hashes), _CHUNK):
            end = min(start + _CHUNK, len(hashes))
            count = kernel.dedup_add_all(self._rows.table, hashes[start:end], slots[start:end], end - start, left)
            for position in _numbers(left, count):
                self._spill.setdefault(hashes[start + position], array("I")).append(slots[start + position])

    def _room(self, size: int) -> Any:
        return self._scratch if size <= _CHUNK else ffi.new(_U32, size)


def _numbers(room: Any, count: int) -> list[int]:
    return ffi.unpack(room, count) if count else []
