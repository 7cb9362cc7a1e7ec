"""Copies, versions and redeliveries: a verdict for every item, and a state that can be rebuilt from its changes."""

from streams.dedup.explain import THRESHOLDS, Candidate, Explanation, explain
from streams.dedup.judge import Admission, admit
from streams.dedup.record import moved
from streams.dedup.state import State, Window

__all__ = [
    "THRESHOLDS", "Admission", "Candidate", "Explanation", "State", "Window", "admit", "explain", "moved", "restore",
]  # fmt: skip


def restore(state: State, key: bytes, value: bytes | None) -> None:
    """Take over one change of the changelog, in order; raise WorkerStopped for a value of an unknown version."""
    state.restore(key, value)
