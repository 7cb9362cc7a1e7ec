"""The error taxonomy: what may go wrong, and what then happens to the record and to the process."""

from typing import Literal

Reason = Literal[
    "tombstone", "empty", "too-large", "bad-encoding", "not-json", "not-an-object", "bad-type", "no-content",
]  # fmt: skip


class PoisonMessage(Exception):
    """A record that can never be processed: it goes to the dead letters with this reason, and the stream goes on."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Reason = reason
        self.detail = detail


class ConfigError(Exception):
    """A setting or an edited data file is wrong: the command prints the message and exits with 2."""


class WorkerStopped(Exception):
    """The worker must end now, before any offset moves: the supervisor restarts it."""


class CommandFailed(Exception):
    """The command cannot go on: the message says why and how to mend it, and the command exits with 1."""
