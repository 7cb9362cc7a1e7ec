"""Copies, versions and redeliveries: a verdict for every item, and a state that can be rebuilt from its changes."""

from collections.abc import Iterable

from streams.dedup.explain import THRESHOLDS, Candidate, Explanation, explain
from streams.dedup.judge import Admission, admit
from streams.dedup.record import moved
from streams.dedup.state import Change, State, Window

__all__ = [
    "THRESHOLDS", "Admission", "Candidate", "Explanation", "State", "Window", "admit", "explain", "moved", "restore",
]  # fmt: skip


def restore(state: State, changes: Iterable[Change]) -> None:
    """Take over changes of the changelog, in order; raise WorkerStopped for a value of an unknown version."""
    state.restore(changes)
