"""Workers killed, frozen, stopped and started under load: nothing lost, nothing changed."""

import json
import random
import signal
import time
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from account import settle
from load import Sender, load
from processes import Site, Worker
from results import Figures


def kill_some(workers: list[Worker], kills: int, rng: random.Random, pause: float) -> None:
    """Kill workers at random moments; the supervisor of the site starts them again."""
    for _ in range(kills):
        time.sleep(rng.uniform(0.5, pause))
        victim = rng.choice(workers)
        victim.process.kill()
        victim.process.wait()


@pytest.mark.deliveries("at-least-once", "exactly-once")
@pytest.mark.parametrize("size", [(2, 50)], ids=["kills"], indirect=True)
def test_kill_9_at_random_moments(site: Site, size: int, rng: random.Random, figures: Figures) -> None:
    kills, items, pause = (size, 4000 * size, 8) if size >= 10 else (size, 600 * size, 4)
    sender = Sender(site, load(items), seconds=kills * pause / 2)
    with site.supervised(2) as workers:
        for worker in list(workers):
            worker.wait_ready()
        with sender.running():
            kill_some(workers, kills, rng, pause)
        account = settle(site.oracle, items, 120 + items / 100)
        account.check(sender.sent, once=site.once)
        site.wait_committed()
    figures |= {"kills": kills, "items": items, "emitted again": account.repeated}
    assert [worker.end() for worker in workers] == [0, 0]


def wait_recovering(worker: Worker) -> None:
    """Wait until a worker reads its state from the changelog, or is past that."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with suppress(OSError):
            try:
                urlopen(f"http://127.0.0.1:{worker.port}/readyz", timeout=2).close()
                return
            except HTTPError as error:
                with error:
                    if b"recovered" in error.read():
                        return
        time.sleep(0.01)
    raise AssertionError(f"never recovered anything:\n{worker.log.read_text()}")


@pytest.mark.deliveries("exactly-once")
@pytest.mark.parametrize("size", [(1, 20)], ids=["rounds"], indirect=True)
def test_kill_9_during_recovery_and_while_commits_are_under_way(
    site: Site, size: int, rng: random.Random, figures: Figures
) -> None:
    site.more |= {"STREAMS_COMMIT_INTERVAL": "0.05", "STREAMS_BATCH_RECORDS": "5", "STREAMS_INSTANCE_ID": "one"}
    sender = Sender(site, load(300 * size), seconds=2 * size)
    with sender.running():
        for _ in range(size):
            worker = site.worker()
            worker.wait_ready()
            time.sleep(rng.uniform(0.1, 0.6))
            worker.process.kill()
            worker.process.wait()
            worker = site.worker()
            wait_recovering(worker)
            worker.process.kill()
            worker.process.wait()
    last = site.worker()
    account = settle(site.oracle, len(sender.sent), 90 + len(sender.sent) / 50)
    account.check(sender.sent, once=site.once)
    figures |= {"kills": 2 * size, "items": len(sender.sent), "emitted again": account.repeated}
    assert last.end() == 0


@pytest.mark.deliveries("at-least-once", "exactly-once")
@pytest.mark.parametrize("size", [(2, 20)], ids=["stops"], indirect=True)
def test_a_worker_told_to_stop_finishes_what_it_has_in_hand(site: Site, size: int, figures: Figures) -> None:
    sender = Sender(site, load(1500 * size), seconds=0)
    with sender.running():
        pass
    for _ in range(size):
        worker = site.worker()
        worker.wait_ready()
        time.sleep(0.2)
        assert worker.end(signal.SIGTERM) == 0
    last = site.worker()
    settle(site.oracle, len(sender.sent), 90).check(sender.sent, once=True)
    site.wait_committed()
    figures |= {"stops": size, "items": len(sender.sent), "emitted again": 0}
    assert last.end() == 0


@pytest.mark.parametrize("size", [(1, 5)], ids=["rounds"], indirect=True)
def test_rolling_restarts_and_scaling_emit_nothing_twice(site: Site, size: int, figures: Figures) -> None:
    sender = Sender(site, load(2000 * size), seconds=14 * size)
    with sender.running():
        for _ in range(size):
            workers = [site.worker()]
            workers[0].wait_ready()
            workers += [site.worker(), site.worker()]
            for worker in workers:
                worker.wait_ready()
            for number in range(3):
                assert workers[number].end(signal.SIGTERM) == 0
                workers[number] = site.worker()
                workers[number].wait_ready()
            assert [worker.end(signal.SIGTERM) for worker in workers] == [0, 0, 0]
    last = site.worker()
    settle(site.oracle, len(sender.sent), 90).check(sender.sent, once=True)
    site.wait_committed()
    figures |= {"workers came or went": 12 * size, "items": len(sender.sent), "emitted again": 0}
    assert last.end() == 0


@pytest.mark.deliveries("exactly-once")
@pytest.mark.parametrize("size", [(1, 5)], ids=["rounds"], indirect=True)
def test_a_worker_frozen_until_another_has_its_partitions(site: Site, size: int, figures: Figures) -> None:
    sender = Sender(site, load(1000 * size), seconds=6 * size)
    with site.supervised(2) as workers:
        for worker in list(workers):
            worker.wait_ready()
        with sender.running():
            for _ in range(size):
                time.sleep(1)
                frozen = workers[0].process
                frozen.send_signal(signal.SIGSTOP)
                time.sleep(4.5)
                frozen.send_signal(signal.SIGCONT)
        account = settle(site.oracle, len(sender.sent), 90)
        account.check(sender.sent, once=site.once)
        site.wait_committed()
    figures |= {"times frozen": size, "items": len(sender.sent), "emitted again": account.repeated}


def test_a_copy_is_known_on_the_worker_that_takes_over(site: Site) -> None:
    text = (
        "The ferry between the two islands was hit by a drone before dawn, and nine passengers were taken to hospital."
    )
    original = {"id": "original", "title": "Ferry hit by drone", "text": text}
    first = site.worker()
    first.wait_ready()
    (told,) = site.oracle.send([json.dumps(original).encode()])
    assert site.oracle.outcomes(1)[told][0].status == "new"
    site.wait_committed()
    first.end(signal.SIGKILL)
    second = site.worker()
    (copied,) = site.oracle.send([json.dumps(original | {"id": "copy"}).encode()])
    (again,) = site.oracle.send([json.dumps(original).encode()])
    outcomes = site.oracle.outcomes(3)
    assert {told: "new", copied: "duplicate", again: "duplicate"} == {
        at: each[0].status for at, each in outcomes.items()
    }
    assert outcomes[again][0].id == outcomes[told][0].id
    third = site.worker()
    third.wait_ready()
    assert second.end() == 0
    (late,) = site.oracle.send([json.dumps(original | {"id": "late copy"}).encode()])
    assert site.oracle.outcomes(4)[late][0].status == "duplicate"
