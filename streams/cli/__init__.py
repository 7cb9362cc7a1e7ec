"""The command `streams`: each command says what it does with an example, and hands over to its module.

Modules are imported inside the commands, so that `streams --help` answers at once.
"""

import errno
import signal
import sys
import warnings
from typing import NoReturn

import click

from streams.cli import alerts, cluster, items, service
from streams.cli.root import say, streams
from streams.errors import CommandFailed, ConfigError

_FULL, _FOLDERS = (errno.ENOSPC, errno.EDQUOT), "STREAMS_STATE_DIR, STREAMS_CACHE_DIR and TMPDIR"

__all__ = ["alerts", "cluster", "items", "main", "service", "streams"]


def main() -> int:
    """Run a command and return its exit code.

    1 it failed, 2 wrong settings or usage, 130 Ctrl-C, 141 the reader of its output is gone, 143 SIGTERM.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = streams.main(prog_name="streams", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (ConfigError, CommandFailed) as error:
        say(f"streams: {error}")
        return 2 if isinstance(error, ConfigError) else 1
    except OSError as error:
        if error.errno not in _FULL:
            raise
        where = f" for {error.filename}" if error.filename else ""
        say(f"streams: the disk has no room{where}: make some, or set {_FOLDERS} to folders on another one")
        return 1
    except (KeyboardInterrupt, click.Abort):
        return 130
    except SystemExit as end:
        # click makes a 1 of a broken pipe; the shell's own number for it is 128 + SIGPIPE.
        if isinstance(end.__context__, BrokenPipeError):
            return 141
        raise
    return int(code or 0)


def _terminate(*_: object) -> NoReturn:
    # It may come in the middle of a connection being made: nobody wants to read which coroutine was not awaited.
    warnings.simplefilter("ignore", RuntimeWarning)
    sys.exit(143)
