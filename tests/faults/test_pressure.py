"""More than the brokers take, and for long: memory, files and threads stay bounded, and no time-out is a loss."""

import os
import time
from pathlib import Path

import pytest
from account import settle
from load import Sender, load
from processes import Site, Worker
from stations import IMPATIENT, behind_a_proxy

HOUR = 3600


def resident(worker: Worker) -> float:
    """Return the memory of a worker in MB."""
    pages = int(Path(f"/proc/{worker.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def usage(worker: Worker) -> tuple[float, int, int]:
    """Return memory in MB, open files, threads."""
    proc = Path(f"/proc/{worker.process.pid}")
    return resident(worker), len(list((proc / "fd").iterdir())), len(list((proc / "task").iterdir()))


@pytest.mark.parametrize("size", [(5, 600)], ids=["seconds"], indirect=True)
def test_slow_acknowledgements_hold_back_what_is_read(cache: Path, tmp_path: Path, delivery: str, size: int) -> None:
    with behind_a_proxy(cache, tmp_path, IMPATIENT) as (station, proxy, address):
        site = Site(address, tmp_path, more={"STREAMS_DELIVERY": delivery})
        assert site.run("topics", "create").returncode == 0
        direct = Site(station.address, tmp_path, name=site.name, more=site.more)
        worker = site.worker()
        worker.wait_ready()
        warm = Sender(direct, load(1000), seconds=1)
        with warm.running():
            pass
        settle(direct.oracle, 1000, 60).check(warm.sent)
        before = resident(worker)
        proxy.delay = 1.0
        sender = Sender(direct, load(600 * size, first=1000), seconds=size / 2)
        peak = before
        with sender.running():
            for _ in range(size):
                time.sleep(1)
                peak = max(peak, resident(worker))
        waiting = direct.oracle.lag(site.name)
        proxy.delay = 0.0
        sent = warm.sent | sender.sent
        settle(direct.oracle, len(sent), 60 + size).check(sent, once=site.once)
        assert worker.end() == 0
        site.close()
    print(f"{waiting} records waited at the slowest; {before:.0f} MB before, {peak:.0f} MB at most")
    assert waiting > 1000
    assert peak - before < 150


@pytest.mark.parametrize("size", [(4_000, 1_000_000)], ids=["items"], indirect=True)
@pytest.mark.timeout(6 * HOUR)
def test_a_soak_leaves_memory_files_and_threads_flat(site: Site, size: int) -> None:
    # Less than are sent, more than come between an item and its copy, which may be in the next fetch of its partition.
    site.more["STREAMS_WINDOW_ITEMS"] = str(size // 20 + 3000)
    worker, sent, seen = site.worker(), {}, []
    worker.wait_ready()
    for first in range(0, size, size // 5):
        sender = Sender(site, load(size // 5, first=first), seconds=1)
        with sender.running():
            pass
        site.wait_committed(HOUR)
        sent |= sender.sent
        seen.append(usage(worker))
        print(f"{first + len(sender.sent)} items: {seen[-1][0]:.0f} MB, {seen[-1][1]} files, {seen[-1][2]} threads")
    settle(site.oracle, len(sent), HOUR).check(sent, once=True)
    memory, files, threads = seen[1]
    assert seen[-1][0] < memory + 25
    assert seen[-1][1] <= files + 2
    assert seen[-1][2] <= threads + 1
    assert worker.end() == 0
