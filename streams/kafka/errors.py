"""What ends a command early."""

from streams.errors import CommandFailed

__all__ = ["CommandFailed"]
