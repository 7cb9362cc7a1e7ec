"""Measure starts: the first event, work after kill -9, events sent again, recovery of a large memory.

python tests/bench/restart.py FILE [--remembered 1000000] [--only first,killed,static,again,recovery]
"""

import argparse
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from statistics import mean

import numpy as np
from confluent_kafka import Producer
from dedup_state import item
from ground import EVENTS, OUTCOMES, Ground, broker_and_folder, lines, wait_for

from streams import dedup
from streams.messages import Fingerprint
from streams.text.fingerprint import FACTS, KEYS, SKETCH

_RATE, _KILLS = 100, 3


def first(ground: Ground, values: list[bytes]) -> dict[str, float]:
    """Seconds from the start of the process to the first event; the models are in the file cache."""
    ground.worker().wait_ready(60)
    ground.workers[-1].end()
    began = time.monotonic()
    worker = ground.worker()
    ground.load(values[:1])
    wait_for(lambda: ground.counts(*OUTCOMES).total() == 1, 60, 0.01)
    took = time.monotonic() - began
    worker.end()
    return {"first_event_s": took}


def killed(ground: Ground, values: list[bytes]) -> dict[str, float]:
    """Seconds from kill -9 and restart, under a steady load, until events come again."""
    producer = Producer({"bootstrap.servers": ground.brokers, "linger.ms": 0})
    feed, stalls = iter(values), []

    def send(seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            producer.produce(f"{ground.prefix}news.raw", next(feed))
            producer.poll(0)
            time.sleep(1 / _RATE)

    worker = ground.worker()
    worker.wait_ready(60)
    for _ in range(_KILLS):
        send(5)
        worker.end(signal.SIGKILL)
        began, before = time.monotonic(), ground.counts(*EVENTS).total()
        worker = ground.worker()
        while ground.counts(*EVENTS).total() == before:
            assert time.monotonic() < began + 90
            send(0.1)
        stalls.append(time.monotonic() - began)
    worker.end()
    return {"stall_s": max(stalls), "stall_min_s": min(stalls)}


def again(ground: Ground, values: list[bytes]) -> dict[str, float]:
    """How many events come again after kills at full rate."""
    ground.load(values)
    for number in range(1, _KILLS + 1):
        worker = ground.worker()
        wait_for(lambda n=number: ground.counts(*EVENTS).total() > len(values) * n / (_KILLS + 1), 300, 0.02)
        worker.end(signal.SIGKILL)
    worker = ground.worker()
    ground.wait_committed(300)
    worker.end()
    found = ground.origins()
    assert len(found) + ground.counts("news.dead-letters").total() == len(values), "items were lost"
    return {"again": found.total() - len(found), "kills": _KILLS}


class Memory:
    """A state of items that are all different, their fingerprints full, and what its last verdicts took."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._state = dedup.State(dedup.Window(max_items=number))
        self.verdicts: list[float] = []

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield the changes that make the state remember the items."""
        rng = np.random.default_rng(1)
        for number in range(self._number):
            sketch = np.unique(rng.integers(1, 1 << 32, SKETCH, dtype=np.uint32)).tobytes()
            facts = np.unique(rng.integers(0, 1 << 16, FACTS, dtype=np.uint16)).tobytes()
            printed = Fingerprint(rng.bytes(16), 200, 190, sketch, rng.bytes(4 * KEYS), facts, facts)
            made = item(number, printed)
            began = time.thread_time()
            admission = dedup.admit(self._state, made)
            if number > self._number * 0.95:
                self.verdicts.append(time.thread_time() - began)
            yield from admission.changes

    def result(self) -> dict[str, float]:
        """Return the time of a verdict in microseconds, and the estimated bytes of an item."""
        return {"verdict_us": mean(self.verdicts) * 1e6, "item_bytes": self._state.memory_bytes / self._state.size}


def recovery(ground: Ground, remembered: int) -> dict[str, float]:
    """Seconds until a worker serves again whose memory is in the changelog only."""
    name = next(name for name in ground.topics if name.endswith("changelog"))
    producer = Producer({"bootstrap.servers": ground.brokers, "linger.ms": 50, "compression.type": "zstd",
                         "batch.size": 1 << 20, "queue.buffering.max.messages": 2_000_000})  # fmt: skip
    memory = Memory(remembered)
    for number, (key, value) in enumerate(memory.changes()):
        producer.produce(name, value, key, partition=number % ground.topics[name])
        producer.poll(0)
    producer.flush()
    began = time.monotonic()
    worker = ground.worker()
    worker.wait_ready(300)
    took = time.monotonic() - began
    found = re.search(r"; ([\d]+) items remembered, ([\d.]+) s", worker.log.read_text())
    worker.end()
    assert found
    return {"remembered": int(found[1]), "recovery_s": float(found[2]), "start_to_ready_s": took, **memory.result()}


def main() -> None:
    """Measure one after the other, each with topics of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--remembered", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--only", default="first,killed,static,again,recovery")
    given = parser.parse_args()
    values, room = lines(given.file, given.items), str(max(given.remembered, 200_000))
    with broker_and_folder() as (broker, folder):
        for what in given.only.split(","):
            more = {"STREAMS_INSTANCE_ID": "bench"} if what == "static" else {"STREAMS_WINDOW_ITEMS": room}
            with Ground(broker.address, folder, more=more) as ground:
                if what == "recovery":
                    result = recovery(ground, given.remembered)
                else:
                    result = {"first": first, "killed": killed, "static": killed, "again": again}[what](ground, values)
            shown = {"what": what, **result, "load": os.getloadavg()[0]}
            print(json.dumps({name: round(v, 2) if isinstance(v, float) else v for name, v in shown.items()}))


if __name__ == "__main__":
    main()
