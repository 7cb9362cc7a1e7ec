"""What ends a command early."""


class CommandFailed(Exception):
    """The command cannot go on: the message says why and how to mend it, and the command exits with 1."""
