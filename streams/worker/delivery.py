"""Loss-free transport under Faust: whole batches to the agents, and no commit past a record that is in flight.

Faust's own consumer and its auto-acks lose records when an agent raises, when acks come out of order, and when a
rebalance meets a fetch. Here one poll of one partition is one event; an agent acknowledges it after its effects are
acknowledged by the brokers; the committed offset is the first offset of the oldest batch in flight; and every batch
must begin where the one before ended.
"""

import asyncio
import logging
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.errors import IllegalStateError
from faust.exceptions import ConsumerNotStarted
from faust.types import TP
from mode.utils.futures import notify

from streams.worker.batch import Batch

log = logging.getLogger(__name__)

FAILED = 70  # EX_SOFTWARE
_IDLE = 0.02


def fail_stop(error: BaseException) -> None:
    """End the process at once with exit code 70 and nothing more committed: a restart reads the records again."""
    traceback.print_exception(error)
    sys.stderr.flush()
    os._exit(FAILED)


class Fetched(dict[Any, Any]):
    """Records of one fetch by partition, and from which offset to which it went in each."""

    def __init__(self, records: Mapping[Any, Any], moved: Mapping[TP, tuple[int, int]]) -> None:
        super().__init__(records)
        self.moved = moved


class Ledger:
    """Consumer mixin: hands over batches in order without a hole and commits only below the oldest one in flight."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._open: dict[TP, dict[Any, int]] = {}  # in flight: message → first offset
        self._next: dict[TP, int] = {}  # the offset the next batch must begin with
        self._doubted: dict[TP, tuple[int, int]] = {}  # (wanted, got) already asked for twice
        self._again: set[TP] = set()  # fetched but not handed over
        self.newest: dict[TP, int] = {}  # timestamp (ms) of the newest record handed over
        super().__init__(*args, **kwargs)

    app: Any

    # -- acknowledgements and commits

    def in_flight(self, message: Any) -> bool:
        """Tell whether a message was handed over in this generation and is not acknowledged yet."""
        return message in self._open.get(message.tp, ())

    def ack(self, message: Any) -> bool:
        """Mark a batch as done."""
        message.acked = True
        self._unacked_messages.discard(message)  # type: ignore[attr-defined]
        self._open.get(message.tp, {}).pop(message, None)
        notify(self._waiting_for_ack)  # type: ignore[attr-defined]
        return True

    async def on_task_error(self, exc: BaseException) -> None:
        """Stop the process: an exception has left an agent."""
        self.app.fail_stop(exc)

    def committed(self, tp: TP) -> int | None:
        """Return the committed offset of an assigned partition."""
        return self._committed_offset.get(tp)  # type: ignore[attr-defined,no-any-return]

    def noted(self, tp: TP, offset: int) -> None:
        """Take note of an offset that a transaction has committed."""
        self._committed_offset[tp] = offset  # type: ignore[attr-defined]
        self._count_commit(done=True)

    def lag(self, tp: TP) -> int | None:
        """Return how many records of an assigned partition are not committed; None while that is unknown."""
        try:
            end, committed = self.highwater(tp), self.committed(tp)  # type: ignore[attr-defined]
        except IllegalStateError:  # a rebalance has taken the partition away
            return None
        return None if end is None or committed is None else max(0, end - committed)

    def sources(self) -> set[TP]:
        """Return the assigned partitions whose offsets are committed: all but the changelog's."""
        try:
            assigned = self.assignment()  # type: ignore[attr-defined]
        except ConsumerNotStarted:
            return set()
        return {TP(*tp) for tp in assigned if self.app.topics.acks_enabled_for(tp.topic)}

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> list[TP]:
        return [tp for tp in self.sources() if topics is None or tp in topics or tp.topic in topics]

    def _new_offset(self, tp: TP) -> int | None:
        waiting = self._open.get(tp)
        return min(waiting.values()) if waiting else self._next.get(tp)

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        if self.app.settings.delivery == "exactly-once":
            await self.app.effects.commit(offsets)
            return True
        before = {tp: self.committed(tp) for tp in offsets}
        done = await super()._commit_offsets(offsets, start_new_transaction)  # type: ignore[misc]
        if not done:  # stock Faust believes a failed commit
            self._committed_offset.update(before)  # type: ignore[attr-defined]
        self._count_commit(done)
        return bool(done)

    def _count_commit(self, done: bool) -> None:
        if done:
            self.app.metrics.last_commit.set_to_current_time()
        self.app.metrics.commits.labels("done" if done else "failed").inc()

    # -- rebalances

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Wait for the batches in the agents, commit, then forget what is still queued: it is read again."""
        await super().on_partitions_revoked(revoked)  # type: ignore[misc]
        self._again -= revoked
        for tp in revoked:
            for book in (self._open, self._next, self._doubted, self.newest):
                book.pop(tp, None)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Shut out the owners before, then recover the state and go on from the committed offsets."""
        try:
            await self.app.effects.take_over({tp for tp in assigned if self.app.topics.acks_enabled_for(tp.topic)})
        except Exception as error:  # noqa: BLE001 - aiokafka would log it and go on without
            self.app.fail_stop(error)
        await super().on_partitions_assigned(assigned, generation_id)  # type: ignore[misc]

    async def perform_seek(self) -> None:
        """Go to the committed offsets; commit the first offset of a partition that has none, so that gaps show."""
        await super().perform_seek()  # type: ignore[misc]
        start = {tp: self.committed(tp) for tp in self.sources()}
        fresh = [tp for tp, offset in start.items() if offset is None]
        if fresh:
            earliest = await self.earliest_offsets(*fresh)  # type: ignore[attr-defined]
            first = {TP(tp.topic, tp.partition): offset for tp, offset in earliest.items()}
            if await self._commit(first):  # type: ignore[attr-defined]
                self._committed_offset.update(first)  # type: ignore[attr-defined]
            start |= first
        await self.seek_wait(start)  # type: ignore[arg-type]

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek and expect the next batch of each partition to begin there."""
        wanted = {TP(tp.topic, tp.partition): offset for tp, offset in partitions.items()}
        await super().seek_wait(wanted)  # type: ignore[misc]
        self._next.update(wanted)

    def _in_order(self, tp: TP, first: int) -> bool:
        """Tell whether a batch that begins at this offset may be handed over; if not, it is asked for again.

        When the brokers answer the same again it is so: records expired, were compacted, or mark transactions.
        """
        wanted = self._next.get(tp)
        if first == wanted or wanted is None:
            return wanted is not None
        if self._doubted.get(tp) != (wanted, first):
            self._doubted[tp] = (wanted, first)
            return False
        if self.app.topics.acks_enabled_for(tp.topic):
            self.app.metrics.offset_gaps.labels(tp.topic).inc()
            log.warning("%s %d goes on at %d, not at %d", tp.topic, tp.partition, first, wanted)
            if first < wanted:  # the log has begun anew; commits may go back
                self._committed_offset[tp] = None  # type: ignore[attr-defined]
        return True

    async def _ask_again(self) -> None:
        """Go back to what was fetched but not handed over, as soon as it is known where to."""
        wanted = {tp: self._next[tp] for tp in self._again & self._next.keys()}
        self._again -= wanted.keys()
        if wanted:
            try:
                await super().seek_wait(wanted)  # type: ignore[misc]
            except IllegalStateError:
                log.debug("a rebalance came first, and seeks by itself")

    # -- hand-over

    def on_buffer_full(self, tp: TP) -> None:
        """Do nothing: the blocking put on the agent's queue is the back pressure."""

    async def verify_all_partitions_active(self) -> None:
        """Do nothing: the watchdog of streams.worker.health sees partitions that stand still, and acts."""

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):  # type: ignore[attr-defined]
                await self._poll()
        except (asyncio.CancelledError, *self.consumer_stopped_errors):  # type: ignore[attr-defined]
            if not self.app.should_stop:
                raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the process ends
            self.app.fail_stop(error)

    async def _poll(self) -> None:
        """Fetch once and hand over what came; what a rebalance overtook is dropped and read again."""
        if not self.flow_active:  # type: ignore[attr-defined]
            await self.wait(self.can_resume_flow)  # type: ignore[attr-defined]
        elif not self._active_partitions:  # type: ignore[attr-defined]
            await asyncio.sleep(_IDLE)  # nothing assigned; stock Faust sleeps a second
        else:
            await self._ask_again()
            generation = self.app.consumer_generation_id
            records, active = await self._wait_next_records(1.0)  # type: ignore[attr-defined]
            moved = records.moved if isinstance(records, Fetched) else {}
            await asyncio.sleep(0)
            for found, values in (records or {}).items():
                tp = TP(found.topic, found.partition)
                if tp in active and values:
                    await self._hand_over(tp, values, generation, moved.get(tp, (0, values[-1].offset + 1))[1])
                elif values:  # paused while the fetch was under way
                    self._again.add(tp)
            for tp in moved.keys() - (records or {}).keys():
                await self._pass_over(tp, *moved[tp], generation)

    async def _hand_over(self, tp: TP, records: Sequence[Any], generation: int, after: int) -> None:
        step, expected = self.app.settings.batch_records, None
        for start in range(0, len(records), step):
            part = records[start : start + step]
            in_order = self._next.get(tp) == expected if start else self._in_order(tp, part[0].offset)
            if not (in_order and self._current(generation)):
                self._again.add(tp)
                return
            expected = after if start + step >= len(records) else part[-1].offset + 1
            await self._deliver(tp, part, part[-1], expected)

    async def _pass_over(self, tp: TP, start: int, end: int, generation: int) -> None:
        """Go on behind offsets that hold no record: marks of transactions, and what was given up with one.

        Faust's recovery ends with the last offset of a changelog, so it is told by a batch without records.
        """
        contiguous = start == self._next.get(tp) and tp not in self._again
        if end <= start or not (contiguous and self._current(generation)):
            return
        self._next[tp] = end
        if not self.app.topics.acks_enabled_for(tp.topic):
            nothing = ConsumerRecord(tp.topic, tp.partition, end - 1, 0, 0, None, None, None, 0, 0, ())
            await self._deliver(tp, [], nothing, end)

    async def _deliver(self, tp: TP, records: Sequence[Any], last: Any, after: int) -> None:
        message = self._to_message(tp, last)  # type: ignore[attr-defined]
        message.key, message.value = None, Batch(tp.topic, tp.partition, records, after)
        if self.app.topics.acks_enabled_for(tp.topic):
            self._open.setdefault(tp, {})[message] = records[0].offset
            self.newest[tp] = last.timestamp
        else:
            message.offset = after - 1
        self._next[tp] = after
        await self.callback(message)  # type: ignore[attr-defined]

    def _current(self, generation: int) -> bool:
        return bool(self.flow_active and generation == self.app.consumer_generation_id)  # type: ignore[attr-defined]
