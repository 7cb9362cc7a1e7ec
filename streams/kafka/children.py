"""Child processes that never outlive their parent."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# Runs in the child before the command: asks Linux for SIGKILL when the parent dies (PR_SET_PDEATHSIG, prctl(2)).
# A preexec_fn would do the same, but is not safe in a process with threads.
_LAUNCH = """
import ctypes, json, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent has ended")
os.environ.update(json.loads(sys.argv[2]))
os.execv(sys.argv[3], sys.argv[3:])
"""

Process = subprocess.Popen[bytes]


def spawn(command: Sequence[str], log: Path, variables: Mapping[str, str] | None = None) -> Process:
    """Start a command in a session of its own, output to the end of `log`, with more environment variables.

    On Linux the kernel kills it when the thread that started it ends, however that happens.
    """
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), json.dumps(dict(variables or {}))]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*launch, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def stop(process: Process, seconds: float = 10.0) -> int:
    """End a child, politely for so many seconds, then by force; return its exit code."""
    process.terminate()
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


@contextmanager
def child(command: Sequence[str], log: Path, variables: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run a command for the length of a `with` block."""
    process = spawn(command, log, variables)
    try:
        yield process
    finally:
        stop(process)


def last_lines(log: Path, count: int = 8) -> str:
    """Return the last lines of a log file, indented, for an error message."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    return "\n".join("  " + line for line in lines[-count:] if line.strip())
