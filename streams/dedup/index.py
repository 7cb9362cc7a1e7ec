"""A multimap from 32-bit hashes to slots in flat arrays: 12 bytes an entry, one cache line a look-up."""

from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

CELLS = 16
MAX_ENTRIES = 64
_MIN_ROWS = 64
_MAX_LOAD = 0.66
_GROWTH = 1.5
_CHUNK = 1 << 14
_S32 = np.uint64(32)

Keys = NDArray[np.uint32]


class Index:
    """Rows of `CELLS` cells, each a hash and a slot; what finds its row full goes to `_spill`.

    What `find` returns depends only on the entries that are in, not on the order in which they came or on those that
    have gone. Hash 0 marks an empty cell and may not be added.
    """

    __slots__ = ("_count", "_flat_hashes", "_flat_slots", "_hashes", "_max_rows", "_slots", "_spill", "entries")

    def __init__(self, max_entries: int) -> None:
        self._max_rows = max(_MIN_ROWS, int(max_entries / (CELLS * _MAX_LOAD)))
        self._resize(_MIN_ROWS)
        self._spill: dict[int, array[int]] = {}
        self.entries = 0

    def _resize(self, rows: int) -> None:
        self._hashes = np.zeros((rows, CELLS), np.uint32)
        self._slots = np.zeros((rows, CELLS), np.uint32)
        self._flat_hashes, self._flat_slots = self._hashes.reshape(-1).data, self._slots.reshape(-1).data
        self._count = np.uint64(rows)

    @property
    def memory_bytes(self) -> int:
        """Bytes of the arrays, with an estimate for what has spilled."""
        spilled = sum(200 + 4 * len(slots) for slots in self._spill.values())
        return self._hashes.nbytes + self._slots.nbytes + spilled

    def _rows(self, hashes: Keys) -> NDArray[np.int64]:
        return (hashes * self._count >> _S32).view(np.int64)

    def find(self, hashes: Keys) -> list[tuple[int, int]]:
        """Return (position in `hashes`, slot) of the entries with these hashes, in no order.

        A hash with more than `MAX_ENTRIES` entries tells nothing apart and finds nothing.
        """
        rows = self._rows(hashes)
        (places,) = (self._hashes.take(rows, axis=0) == hashes[:, None]).ravel().nonzero()
        found: list[tuple[int, int]] = []
        if len(places):
            which, cells = np.divmod(places, CELLS)
            found = list(zip(which.tolist(), self._slots[rows[which], cells].tolist(), strict=True))
        if self._spill and not self._spill.keys().isdisjoint(keys := hashes.tolist()):
            return self._with_spilled(keys, found)
        return found

    def _with_spilled(self, keys: list[int], found: list[tuple[int, int]]) -> list[tuple[int, int]]:
        for n, key in enumerate(keys):
            spilled = self._spill.get(key)
            if spilled is None:
                continue
            if sum(position == n for position, _ in found) + len(spilled) > MAX_ENTRIES:
                found = [hit for hit in found if hit[0] != n]
            else:
                found += [(n, slot) for slot in spilled]
        return found

    def add(self, hashes: Keys, slot: int) -> None:
        """Add an entry for each of the hashes, which are distinct and not 0."""
        self.entries += len(hashes)
        if self.entries > self._hashes.size * _MAX_LOAD and len(self._hashes) < self._max_rows:
            self._grow()
        rows = self._rows(hashes)
        places = rows * CELLS + self._hashes.take(rows, axis=0).argmin(1)
        for row, place, key in zip(rows.tolist(), places.tolist(), hashes.tolist(), strict=True):
            if self._flat_hashes[place]:  # the row is full, or the entry before took the cell
                self._add_one(row, key, slot)
            else:
                self._flat_hashes[place] = key
                self._flat_slots[place] = slot

    def _add_one(self, row: int, key: int, slot: int) -> None:
        cell = self._hashes[row].argmin()
        if self._hashes[row, cell] == 0:
            self._hashes[row, cell] = key
            self._slots[row, cell] = slot
        else:
            self._spill.setdefault(key, array("I")).append(slot)

    def remove(self, hashes: Keys, slots: NDArray[np.uint32]) -> None:
        """Remove entries that are in: hash by hash, each with its slot."""
        self.entries -= len(hashes)
        rows = self._rows(hashes)
        which, cells = ((self._hashes[rows] == hashes[:, None]) & (self._slots[rows] == slots[:, None])).nonzero()
        self._hashes[rows[which], cells] = 0
        if len(which) < len(hashes):
            spilled = np.delete(np.arange(len(hashes)), which)
            self._remove_spilled(zip(hashes[spilled].tolist(), slots[spilled].tolist(), strict=True))

    def _remove_spilled(self, entries: Iterable[tuple[int, int]]) -> None:
        for key, slot in entries:
            self._spill[key].remove(slot)
            if not self._spill[key]:
                del self._spill[key]

    def _grow(self) -> None:
        """Move all entries to a larger table, chunk by chunk: rows are in the order of the hashes in both."""
        hashes, slots, spill = self._hashes, self._slots, self._spill
        rows = min(self._max_rows, int(len(hashes) * _GROWTH))
        self._resize(rows)
        self._spill = {}
        for start in range(0, len(hashes), _CHUNK):
            part = hashes[start : start + _CHUNK]
            self._fill(part[part != 0], slots[start : start + _CHUNK][part != 0])
        for key, spilled in spill.items():
            row = key * rows >> 32
            for slot in spilled:
                self._add_one(row, key, slot)

    def _fill(self, hashes: Keys, slots: NDArray[np.uint32]) -> None:
        order = np.argsort(hashes, kind="stable")
        hashes, slots = hashes[order], slots[order]
        rows = self._rows(hashes)
        cells = np.arange(len(rows)) - np.searchsorted(rows, rows)
        # The first row of a chunk may hold entries of the chunk before.
        fits = (cells < CELLS) & (rows != rows[:1])
        self._hashes[rows[fits], cells[fits]] = hashes[fits]
        self._slots[rows[fits], cells[fits]] = slots[fits]
        for row, key, slot in zip(rows[~fits].tolist(), hashes[~fits].tolist(), slots[~fits].tolist(), strict=True):
            self._add_one(row, key, slot)
