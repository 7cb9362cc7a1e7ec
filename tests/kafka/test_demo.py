"""The demo shows all of it, adds up, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import Site

from streams import samples


@pytest.fixture
def environment(cache: Path, tmp_path: Path) -> dict[str, str]:
    # The brokers and the prefix of the user must not reach the demo, and what it leaves would be in TMPDIR.
    site = Site("localhost:1", tmp_path, more={"STREAMS_CACHE_DIR": str(cache), "TMPDIR": str(tmp_path)})
    return site.environment


def children(pid: int) -> Iterator[int]:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (thread / "children").read_text().split())


def is_worker(pid: int) -> bool:
    return b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "streams", "demo"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_once_ends_with_a_ledger_that_adds_up(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streams", "demo", "--once"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    summary = done.stderr.splitlines()[-1]
    assert summary.startswith(f"{len(samples.items())} items in: ")
    assert "every item has exactly one outcome" in summary
    dead = sum(one.outcome == "dead-letter" for one in samples.expected())
    assert f" {dead} dead letters;" in summary
    lines = done.stdout.splitlines()
    assert {line.count("\t") for line in lines} == {4}
    assert any("\trussia-ukraine" in line for line in lines)
    assert list(tmp_path.glob("streams-*")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
def test_ctrl_c_leaves_no_process_and_no_file(environment: dict[str, str], tmp_path: Path) -> None:
    with start(environment) as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline().count("\t") == 4
        started = list(children(demo.pid))
        assert len(started) == 2
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 130
        demo.stdout.read()
        assert demo.stderr is not None
        assert "Traceback" not in demo.stderr.read()
    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []
    assert list(tmp_path.glob("streams-*")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
def test_a_worker_that_dies_is_said(environment: dict[str, str]) -> None:
    with start(environment) as demo:
        assert demo.stdout is not None
        demo.stdout.readline()
        (worker,) = (pid for pid in children(demo.pid) if is_worker(pid))
        os.kill(worker, signal.SIGKILL)
        end = time.monotonic() + 30
        assert demo.wait(end - time.monotonic()) == 1
        demo.stdout.read()
        assert demo.stderr is not None
        assert "streams: the worker has ended with -9:" in demo.stderr.read()
