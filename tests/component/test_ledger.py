"""The ledger on its own, under every order of fetches, losses, acknowledgements and rebalances."""

import asyncio
from types import SimpleNamespace
from typing import Any

from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.worker.delivery import Ledger

RAW = TP("news.raw", 0)


class _Driver:
    """The log is 0, 1, 2, … without end; a fetch moves the position, whatever becomes of its records."""

    def __init__(self) -> None:
        self.position = 0
        self.flow_active = True
        self._committed_offset: dict[TP, int] = {}
        self._unacked_messages: set[Any] = set()
        self._waiting_for_ack = None
        self.handed_over: list[Any] = []
        self.app = SimpleNamespace(
            settings=SimpleNamespace(batch_records=3),
            consumer_generation_id=1,
            topics=SimpleNamespace(acks_enabled_for=lambda topic: True),
        )

    def _to_message(self, tp: TP, record: Any) -> Any:
        return _Message(tp)

    async def callback(self, message: Any) -> None:
        self.handed_over.append(message)

    async def seek_wait(self, partitions: dict[TP, int]) -> None:
        self.position = partitions[RAW]

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        pass


class _Message:
    def __init__(self, tp: TP) -> None:
        self.tp, self.acked = tp, False

    @property
    def offsets(self) -> list[int]:
        return [record.offset for record in self.value.records]


class _Ledger(Ledger, _Driver):
    pass


class _Run:
    """One partition through a series of events; what was handed over and acknowledged, generation by generation."""

    def __init__(self) -> None:
        self.ledger = _Ledger()
        self.committed = 0
        self.old: list[Any] = []
        self.assign()

    def assign(self) -> None:
        asyncio.run(self.ledger.on_partitions_revoked({RAW}))
        self.ledger.app.consumer_generation_id += 1
        self.old += self.ledger.handed_over
        self.ledger.handed_over.clear()
        self.start = self.committed
        asyncio.run(self.ledger.seek_wait({RAW: self.start}))

    def fetch(self, count: int, generation: int = 0) -> None:
        asyncio.run(self.ledger._ask_again())
        first = self.ledger.position
        self.ledger.position += count
        records = [SimpleNamespace(offset=first + n, timestamp=0) for n in range(count)]
        generation = self.ledger.app.consumer_generation_id - generation
        asyncio.run(self.ledger._hand_over(RAW, records, generation, self.ledger.position))

    def lose(self, count: int) -> None:
        if RAW not in self.ledger._again:  # while it asks again, the answer is the log's
            self.ledger.position += count

    def acknowledge(self, which: int) -> None:
        waiting = [message for message in self.ledger.handed_over if not message.acked]
        if waiting:
            self.ledger.ack(waiting[which % len(waiting)])

    def commit(self) -> None:
        offset = self.ledger._new_offset(RAW)
        assert offset is not None
        self.committed = max(self.committed, offset)

    def check(self) -> None:
        assert not any(self.ledger.in_flight(message) for message in self.old), "a batch of an earlier generation"
        assert all(self.ledger.in_flight(message) != message.acked for message in self.ledger.handed_over)
        offsets = [offset for message in self.ledger.handed_over for offset in message.offsets]
        assert offsets == list(range(self.start, self.start + len(offsets))), "a hole, or out of order"
        undone = [message.offsets[0] for message in self.ledger.handed_over if not message.acked]
        assert self.committed <= min(undone, default=self.start + len(offsets)), "committed past what is in flight"


EVENTS = st.one_of(
    st.tuples(st.just("fetch"), st.integers(1, 8)),
    st.tuples(st.just("stale"), st.integers(1, 8)),
    st.tuples(st.just("lose"), st.integers(1, 8)),
    st.tuples(st.just("acknowledge"), st.integers(0, 5)),
    st.tuples(st.just("commit"), st.just(0)),
    st.tuples(st.just("assign"), st.just(0)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=40))
def test_nothing_is_skipped_and_nothing_in_flight_is_committed(events: list[tuple[str, int]]) -> None:
    run = _Run()
    for name, number in events:
        if name == "stale":
            run.fetch(number, generation=1)
        elif name in ("commit", "assign"):
            getattr(run, name)()
        else:
            getattr(run, name)(number)
        run.check()
    run.fetch(1)
    run.fetch(1)
    assert run.ledger.handed_over, "it goes on whatever was"
