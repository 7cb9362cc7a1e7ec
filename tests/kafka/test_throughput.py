"""What a worker costs beside the functions it runs, and whether the simulated cluster is like the real one.

Both compare processor time within one run: a busy machine slows down both sides alike.
"""

import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from processes import Site

from streams import codec, dedup, offline, pipeline, routing, samples, settings
from streams.messages import Item, Origin

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

from simulation import Cluster, Costs, Simulation

ROUNDS = 8
LEAST_SHARE = 0.45
"""Of a worker's processor time, the least that the functions themselves take; short samples make it lower than news."""


def values() -> list[bytes]:
    """Return the samples several times, each as an item of its own."""
    told = zip(samples.items(), samples.expected(), strict=True)
    lines = [orjson.loads(line) for line, what in told if what.outcome != "dead-letter"]
    return [orjson.dumps(line | {"id": f"{line.get('id')}-{turn}"}) for turn in range(ROUNDS) for line in lines]


def in_process(raw: list[bytes]) -> tuple[Costs, list[Item]]:
    """Run the functions alone; return processor seconds an item in either hop, and the items."""
    given = settings.Settings()
    models, state, routes, now = pipeline.load(given), offline.new_state(given), routing.load(), datetime.now(UTC)
    numbered = [(Origin("t", 0, number), now, value) for number, value in enumerate(raw)]
    offline.enrich_lines(models, numbered[:100])
    began, items = time.process_time(), []
    for start in range(0, len(numbered), offline.BATCH):
        found = offline.enrich_lines(models, numbered[start : start + offline.BATCH])
        items += [one for one in found if isinstance(one, Item)]
    enriched = time.process_time()
    for item in items:
        event = pipeline.event(item, dedup.admit(state, item).verdict, now)
        codec.encode_event(event)
        routes.of(event)
    return Costs((enriched - began) / len(raw), (time.process_time() - enriched) / len(raw)), items


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads processor times from /proc")
def test_a_worker_costs_little_beside_its_functions_and_is_as_simulated(site: Site) -> None:
    raw = values()
    costs, items = in_process(raw)
    worker = site.worker()
    worker.wait_ready()
    before = cpu_seconds(worker.process.pid)
    site.oracle.send(raw)
    site.wait_committed(60)
    used = cpu_seconds(worker.process.pid) - before

    alone = (costs.enrich + costs.dedup) * len(raw)
    assert alone / used > LEAST_SHARE, f"{alone:.2f} s alone, {used:.2f} s in the worker"

    outcome = Simulation(costs, Cluster(1, 4)).run([(0.0, item.shard) for item in items])
    counted = Counter(record.partition for record in site.oracle.read("news.items"))
    assert outcome.items == counted
    assert len(outcome.delays) == len(items)
    assert 0.5 < outcome.busy.total() / used < 1.2
