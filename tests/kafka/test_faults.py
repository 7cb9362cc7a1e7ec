"""Killed workers, restarted brokers, moved partitions: nothing lost, ids stay the same, copies stay copies."""

import json
import random
import signal
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from oracle import Origin, Outcome
from processes import Site

from streams.kafka.broker import embedded_broker, free_port

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"


def words(seed: int, count: int) -> list[str]:
    """Return made-up words, always the same for a seed."""
    rng = random.Random(seed)
    return [
        "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(rng.randint(2, 4))) for _ in range(count)
    ]


def item(number: int, copy_of: int | None = None) -> bytes:
    """Return an item with words of its own, or with those of another one."""
    text = words(number if copy_of is None else copy_of, 80)
    return json.dumps({"id": f"item-{number}", "title": " ".join(text[:6]), "text": " ".join(text[6:])}).encode()


def load(size: int) -> list[bytes]:
    """Return so many raw records: of ten, eight are new, the ninth is a copy and the tenth is broken."""

    def record(number: int) -> bytes:
        if number % 10 == 9:
            return f"broken {number}".encode()
        return item(number, copy_of=number - 4 if number % 10 == 8 else None)

    return [record(number) for number in range(size)]


def send_slowly(site: Site, records: list[bytes], seconds: float, sent: dict[Origin, int]) -> threading.Thread:
    """Send records over so many seconds in the background, noting which one landed where."""

    def send() -> None:
        for start in range(0, len(records), 100):
            for number, origin in enumerate(site.oracle.send(records[start : start + 100]), start):
                sent[origin] = number
            time.sleep(seconds / (len(records) / 100))

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def assert_ledger(outcomes: dict[Origin, list[Outcome]], sent: dict[Origin, int]) -> None:
    """Every record has an outcome, always the same one, and of each pair of copies one is the original."""
    assert outcomes.keys() == sent.keys()
    assert {origin: found for origin, found in outcomes.items() if len(set(found)) > 1} == {}
    status = {sent[origin]: found[0].status for origin, found in outcomes.items()}
    assert {number for number in status if status[number] == "dead-letter"} == {n for n in status if n % 10 == 9}
    pairs = Counter(tuple(sorted((status[number - 4], status[number]))) for number in status if number % 10 == 8)
    assert pairs == {("duplicate", "new"): len(sent) // 10}
    others = [status[number] for number in status if number % 10 not in (4, 8, 9)]
    assert set(others) == {"new"}


def emissions(outcomes: dict[Origin, list[Outcome]]) -> int:
    return sum(map(len, outcomes.values()))


def test_nothing_is_lost_when_workers_are_killed(site: Site) -> None:
    records, sent = load(3000), dict[Origin, int]()
    with site.supervised(2) as workers:
        for worker in list(workers):
            worker.wait_ready()
        sending = send_slowly(site, records, 15, sent)
        for kill in range(4):
            time.sleep(2.5)
            assert workers[kill % 2].end(signal.SIGKILL) == -signal.SIGKILL
        sending.join()
        outcomes = site.oracle.outcomes(len(records), 120)
        assert len(sent) == len(records)
        assert_ledger(outcomes, sent)
        site.wait_committed()
    assert [worker.end() for worker in workers] == [0, 0]


def test_sigterm_finishes_what_is_in_flight(site: Site) -> None:
    records, sent = load(2000), dict[Origin, int]()
    first = site.worker()
    first.wait_ready()
    sending = send_slowly(site, records, 4, sent)
    time.sleep(2)
    begun = time.monotonic()
    assert first.end(signal.SIGTERM) == 0
    assert time.monotonic() - begun < 10
    sending.join()
    second = site.worker()
    outcomes = site.oracle.outcomes(len(records))
    assert_ledger(outcomes, sent)
    assert emissions(outcomes) == len(records)
    site.wait_committed()
    assert second.end() == 0
    third = site.worker()
    third.wait_ready()
    time.sleep(2)
    assert emissions(site.oracle.outcomes(len(records))) == len(records)


def test_a_broker_restart_loses_nothing(cache: Path, tmp_path: Path) -> None:
    port, records, sent = free_port(), load(1500), dict[Origin, int]()
    site = Site(f"127.0.0.1:{port}", tmp_path, more={"STREAMS_STALL_TIMEOUT": "10"})
    try:
        with ExitStack() as first:
            broker = first.enter_context(embedded_broker(cache, port, tmp_path / "data"))
            assert site.run("topics", "create").returncode == 0
            with site.supervised():
                sent |= dict(zip(site.oracle.send(records[:1000]), range(1000), strict=True))
                site.oracle.outcomes(200)
                broker.process.kill()
                broker.process.wait()
                first.close()
                with embedded_broker(cache, port, tmp_path / "data"):
                    sent |= dict(zip(site.oracle.send(records[1000:]), range(1000, 1500), strict=True))
                    assert_ledger(site.oracle.outcomes(len(records), 90), sent)
    finally:
        site.close()


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
