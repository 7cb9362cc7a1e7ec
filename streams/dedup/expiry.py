"""The order in which items leave: oldest hour first, within an hour first come, first gone."""

from array import array
from heapq import heappop, heappush

_COMPACT = 1024


class _Queue:
    __slots__ = ("head", "slots")

    def __init__(self) -> None:
        self.slots: array[int] = array("I")
        self.head = 0


class Expiry:
    """Slots filed under hours (4 bytes each), taken out from the oldest hour on."""

    __slots__ = ("_heap", "_queues")

    def __init__(self) -> None:
        self._queues: dict[int, _Queue] = {}
        self._heap: list[int] = []

    def add(self, hour: int, slot: int) -> None:
        """File a slot under an hour."""
        queue = self._queues.get(hour)
        if queue is None:
            queue = self._queues[hour] = _Queue()
            heappush(self._heap, hour)
        queue.slots.append(slot)

    def remove(self, hour: int, slot: int) -> None:
        """Take out a slot; quick when it is among the oldest of its hour."""
        queue = self._queues[hour]
        position = queue.slots.index(slot, queue.head)
        if position == queue.head:
            queue.head += 1
        else:
            del queue.slots[position]
        if queue.head == len(queue.slots):
            del self._queues[hour]
        elif queue.head > _COMPACT and queue.head * 2 > len(queue.slots):
            del queue.slots[: queue.head]
            queue.head = 0

    def oldest(self) -> int | None:
        """Return the oldest hour."""
        while self._heap and self._heap[0] not in self._queues:
            heappop(self._heap)
        return self._heap[0] if self._heap else None

    def take(self, before: int | None, count: int) -> list[int]:
        """Take out up to `count` slots in order, with `before` only those of earlier hours."""
        taken: list[int] = []
        while len(taken) < count:
            hour = self.oldest()
            if hour is None or (before is not None and hour >= before):
                break
            queue = self._queues[hour]
            taken.append(queue.slots[queue.head])
            self.remove(hour, taken[-1])
        return taken
