"""Clocks that jump, items from 1970 and 2099, and old items beside live ones: verdicts and delay are unharmed."""

import json
import struct
import subprocess
import time
from pathlib import Path

import pytest
from account import Account, settle
from load import Raw, Sender, item, load, words
from processes import Site
from results import Figures

HOUR = 3600


class Clock:
    """The wall clock of workers that are started with it, which can be set apart from everybody else's."""

    def __init__(self, folder: Path) -> None:
        self._file, library = folder / "clock", folder / "clock.so"
        self.set(0)
        source = Path(__file__).with_name("clock.c")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        self.variables = {"LD_PRELOAD": str(library), "STREAMS_TEST_CLOCK": str(self._file)}

    def set(self, seconds: int) -> None:
        """Let the workers' clock be so many seconds ahead of ours."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("q", seconds))


@pytest.mark.parametrize("size", [(1, 10)], ids=["jumps"], indirect=True)
def test_the_clock_jumps_an_hour_back_and_forth(site: Site, tmp_path: Path, size: int, figures: Figures) -> None:
    clock = Clock(tmp_path)
    site.more |= clock.variables
    sender = Sender(site, load(800 * size), seconds=4 * size)
    worker = site.worker()
    worker.wait_ready()
    with sender.running():
        for _ in range(size):
            for hours in (1, -1, 0):
                clock.set(hours * HOUR)
                time.sleep(1.3)
    account = settle(site.oracle, len(sender.records), 90)
    account.check(sender.sent, once=True)
    figures |= {"jumps": 3 * size, "items": len(sender.sent), "emitted again": 0}
    lateness = [late for at in account.outcomes for late in [lateness_of(account, at)] if late is not None]
    assert max(lateness) > 0.9 * HOUR  # the clock did jump
    assert min(lateness) < -0.9 * HOUR
    site.wait_committed()
    assert worker.end() == 0


def lateness_of(account: Account, at: tuple[int, int]) -> float | None:
    """Return the seconds from the arrival of a record (the broker's clock) to its event (the worker's)."""
    record = account.outcomes[at][0]
    if record.topic.endswith("dead-letters"):
        return None
    event = json.loads(record.value)
    return seconds(event["emitted_at"]) - seconds(event["received_at"])


def seconds(stamp: str) -> float:
    return time.mktime(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) + float(f"0{stamp[19:-1] or '.0'}")


def test_items_of_1970_and_2099_neither_hide_nor_forget_those_of_today(site: Site, figures: Figures) -> None:
    """Each text is told now, in 1970 and in 2099: too far apart to be copies; the copy of today still is one."""
    today = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    records = []
    for number in range(0, 300, 3):
        key = str(number).encode()
        for other, stamp in enumerate(("1970-01-02T00:00:00Z", today, "2099-01-01T00:00:00Z")):
            text = f"{' '.join(words(number, 80))} {stamp[:4]}"
            body = json.dumps({"id": f"item-{number + other}", "text": text, "published_at": stamp})
            status = "new"
            records.append(Raw(body.encode(), key, status))
        copy = item(10_000 + number, text=f"{' '.join(words(number, 80))} {today[:4]}", title="", published_at=today)
        records.append(Raw(copy, key, "duplicate", of=f"item-{number + 1}"))
    sender, worker = Sender(site, records, seconds=1), site.worker()
    with sender.running():
        pass
    settle(site.oracle, len(records), 60).check(sender.sent, once=True)
    figures |= {"items": len(records), "emitted again": 0}
    assert worker.end() == 0


@pytest.mark.parametrize("size", [(1, 25)], ids=["two thousands"], indirect=True)
def test_a_backfill_beside_live_traffic(site: Site, tmp_path: Path, size: int, figures: Figures) -> None:
    """Old items, the same texts as the live ones: neither is a copy of the other, and live ones hardly wait."""
    old, now = tmp_path / "old.jsonl", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    past = [item(100_000 + n, text_of=n, published_at="2020-05-01T00:00:00Z") for n in range(2000 * size)]
    old.write_bytes(b"\n".join(past))
    live = Sender(site, [Raw(item(n, published_at=now), str(n).encode()) for n in range(50 * size)], seconds=4 * size)
    worker = site.worker()
    worker.wait_ready()
    with live.running():
        sent = site.run("produce", "--backfill", str(old), seconds=60 * size)
        assert sent.returncode == 0, sent.stderr
    account = settle(site.oracle, len(past) + len(live.sent), 60)
    marked = {at for at, found in account.outcomes.items() if json.loads(found[0].value)["provenance"]["backfill"]}
    assert len(marked) == len(past)
    account.check(live.sent | dict.fromkeys(marked, Raw(None, b"")), once=True)
    late = sorted(late for at in live.sent for late in [lateness_of(account, at)] if late is not None)
    figures |= {"old items": len(past), "live ones": len(late), "emitted again": 0}
    figures |= {"s delay of live ones, median": round(late[len(late) // 2], 2), "s at most": round(late[-1], 2)}
    assert late[-1] < 5
    assert worker.end() == 0
