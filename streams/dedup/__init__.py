"""Copies, versions and redeliveries: a verdict for every item, and a state that can be rebuilt from its changes."""

from streams.dedup.judge import Admission, admit
from streams.dedup.state import State, Window

__all__ = ["Admission", "State", "Window", "admit", "restore"]


def restore(state: State, key: bytes, value: bytes | None) -> None:
    """Take over one change of the changelog, in order; raise WorkerStopped for a value of an unknown version."""
    state.restore(key, value)
