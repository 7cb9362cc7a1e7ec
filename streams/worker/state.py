"""Dedup's memory behind Faust's table: one state for each partition of `news.items`, rebuilt from the changelog."""

import logging
import time
from collections.abc import Iterable
from typing import Any

import faust
from faust.types import TP

from streams.dedup import State, Window, restore
from streams.errors import WorkerStopped
from streams.worker.batch import BatchSchema

log = logging.getLogger(__name__)

_RECOVERY_BATCHES = 2  # buffered before they are applied; Faust gives 1 a meaning of its own
_CHANGELOG_BUFFER = 4


class DedupTable(faust.Table):  # type: ignore[misc]
    """A state a partition, kept in memory, written to the changelog first by the agent and recovered by Faust.

    A state outlives a rebalance only if this worker took part in every generation of the group since: otherwise
    another worker may have written to its changelog.
    """

    def __init__(self, app: Any, window: Window, **options: Any) -> None:
        self._dedup_window = window
        self.states: dict[int, State] = {}
        self._applied: dict[int, int] = {}  # partition → last changelog offset that is in the state
        self._generation = -1
        self._recovery_began = 0.0
        super().__init__(
            app,
            name="dedup",
            key_type=bytes,
            value_type=bytes,
            recovery_buffer_size=_RECOVERY_BATCHES,
            **options,
        )

    def _new_changelog_topic(self, **_: Any) -> Any:
        name = self._changelog_topic_name()
        self.app.batch_topics.add(name)
        return self.app.topic(name, schema=BatchSchema(), acks=False, allow_empty=True, maxsize=_CHANGELOG_BUFFER)

    async def on_start(self) -> None:
        """Start the (unused) store of the table; its topic is made by `streams topics create`."""
        await self.add_runtime_dependency(self.data)

    def remembered(self, partition: int, after: int) -> None:
        """Take note that the changelog holds what the state has taken in, up to before an offset."""
        self._applied[partition] = after - 1

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Keep the states that are still ours, drop the others, begin empty ones."""
        ours = {tp.partition for tp in assigned if tp.topic == self.changelog_topic_name}
        kept = ours if generation_id == self._generation + 1 else set()
        self._generation = generation_id
        self._recovery_began = time.monotonic()
        self.app.health.moved()
        self.app.metrics.rebalances.inc()
        self.states = {
            partition: self.states[partition] if partition in kept & self.states.keys() else State(self._dedup_window)
            for partition in ours
        }
        self._applied = {partition: offset for partition, offset in self._applied.items() if partition in kept}
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    def persisted_offset(self, tp: TP) -> int:
        """Return the last changelog offset that is in the state, -1 for an empty state: recovery goes on from it."""
        return self._applied.get(tp.partition, -1)

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Take over batches of the changelog, in order; an error stops the worker (Faust would go on without)."""
        try:
            for event in batch:
                self._restore(event.value.partition, event.value.records)
        except Exception as error:  # noqa: BLE001 - whatever it is, the process ends
            stopped = WorkerStopped(
                f"a record of {self.changelog_topic_name} cannot be taken over: {error}; if a newer worker wrote it, "
                "start that one; else delete the topic and run `streams topics create`: dedup begins with an empty "
                "memory, and nothing is lost"
            )
            stopped.__cause__ = error
            self.app.fail_stop(stopped)

    def _restore(self, partition: int, records: Iterable[Any]) -> None:
        state = self.states.get(partition)
        if state is None:  # taken away by a rebalance
            return
        applied = self._applied.get(partition, -1)
        new = [record for record in records if record.offset > applied]
        if new:
            restore(state, [(record.key, record.value) for record in new])
            self._applied[partition] = new[-1].offset
        self.app.health.moved()

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Note how long the recovery took."""
        seconds, items = time.monotonic() - self._recovery_began, sum(state.size for state in self.states.values())
        self.app.metrics.recovery_seconds.set(seconds)
        log.info("working on %d partitions; %d items remembered, %.1f s to recover", len(self.states), items, seconds)
        await super().on_recovery_completed(active_tps, standby_tps)
