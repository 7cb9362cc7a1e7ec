"""More than the brokers take, and for long: memory, files and threads stay bounded, and no time-out is a loss."""

import os
import re
import time
from itertools import islice
from pathlib import Path
from urllib.request import urlopen

import pytest
from account import settle
from load import Sender, load
from processes import Site, Worker
from results import Figures
from soak import Soak, news
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


def remembered(worker: Worker) -> list[int]:
    """Return how many items dedup remembers of each partition."""
    with urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=10) as page:
        return [int(float(value)) for value in re.findall(rb"streams_dedup_state_items{.*} (.*)", page.read())]


@pytest.mark.parametrize("size", [(4, 600)], ids=["seconds"], indirect=True)
def test_slow_acknowledgements_hold_back_what_is_read(
    cache: Path, tmp_path: Path, delivery: str, size: int, figures: Figures
) -> None:
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
        sender = Sender(direct, load(300 * size + 1500, first=1000), seconds=size / 2)
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
    figures |= {"seconds of slow answers": size, "items": len(sent), "of them waiting in the end": waiting}
    figures |= {"MB before": round(before), "MB at most": round(peak)}
    assert waiting > 0.8 * len(sender.sent)
    assert peak - before < 50


@pytest.mark.parametrize("size", [(4_000, 1_000_000)], ids=["items"], indirect=True)
def test_a_soak_leaves_memory_files_and_threads_flat(site: Site, size: int, figures: Figures) -> None:
    # Less than come to each partition in a fifth, more than come between an item and its copy.
    window = size // 60 + 3000
    site.more["STREAMS_WINDOW_ITEMS"] = str(window)
    worker, records, seen, began = site.worker(), news(), [], time.monotonic()
    worker.wait_ready()
    with Soak(site) as soak:
        for _ in range(5):
            soak.send(islice(records, size // 5))
            soak.read(HOUR)
            seen.append(usage(worker))
            print(f"{soak.told} items, {time.monotonic() - began:.0f} s: {seen[-1]}; {remembered(worker)}", flush=True)
        site.wait_committed()
        soak.check()
    figures |= {"items": soak.told, **soak.fates, "MB after each fifth": " → ".join(f"{one[0]:.0f}" for one in seen)}
    figures |= {"open files": seen[-1][1], "threads": seen[-1][2], "items remembered of a partition": window}
    memory, files, threads = seen[1]
    assert seen[-1][0] < memory + 25
    assert seen[-1][1] <= files + 2
    assert seen[-1][2] <= threads + 1
    assert max(remembered(worker)) <= window
    assert worker.end() == 0
