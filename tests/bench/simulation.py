"""Simulate a cluster of workers, event by event: partitions, shards, turns, a shard split into bands.

python tests/bench/simulation.py --rate 1000 --workers 4 --partitions 32 [--enrich-us 450 --dedup-us 100] [--bands 8]

A worker is one server that takes turns over its partitions of news.raw and news.items, up to 32 records a turn, as the
agents do. Items reach the partition of their shard after a hop through the broker. A shard in bands sends each item
to every band that keeps one of its keys; when the last of them has answered, the item is judged in one of the bands.
"""

import argparse
import random
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from statistics import quantiles

from aiokafka.partitioner import DefaultPartitioner

TURN = 32
ENRICH, DEDUP = 450e-6, 100e-6
"""Seconds an item takes in either hop, of a worker on the machine of docs/performance.md."""
KEYS = 12
"""Keys a text is filed under (streams/dedup/record.py)."""
# Half of all items English (as of web pages: W3Techs, 2025), the rest spread over the other shards like 1/rank.
WORLD = {"en": 0.5} | {f"shard-{rank}": 0.5 / rank / 3.994987 for rank in range(1, 31)}
_partition_of = DefaultPartitioner()


@dataclass(frozen=True)
class Costs:
    """Seconds: of an item in either hop, of a turn whatever its size, of the way through the broker."""

    enrich: float
    dedup: float
    turn: float = 0.0005
    hop: float = 0.002


@dataclass(frozen=True)
class Cluster:
    """How many workers and partitions there are, and into how many bands a shard is split."""

    workers: int
    partitions: int
    bands: Mapping[str, int] = field(default_factory=dict)

    def home(self, shard: str, band: int = 0) -> int:
        """Return a shard's partition of news.items, as Kafka's own partitioner finds it; bands lie side by side."""
        every = list(range(self.partitions))
        return int(_partition_of(shard.encode(), every, every) + band) % self.partitions


@dataclass
class Outcome:
    """Seconds from arrival to event; seconds each worker was busy; items of each partition of news.items."""

    delays: list[float] = field(default_factory=list)
    busy: Counter[int] = field(default_factory=Counter)
    items: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def percentile(self, q: int) -> float:
        """Return a percentile of the delay."""
        return quantiles(self.delays, n=100)[q - 1]

    @property
    def busiest(self) -> float:
        """The share of the time that the busiest worker works; 1 when it cannot keep up."""
        return max(self.busy.values()) / self.seconds


@dataclass(eq=False)
class Item:
    """An item under way: when it came, its shard, how many bands have yet to answer."""

    arrived: float
    shard: str
    waiting: int = 0


Job = tuple[str, Item]
"""What is to be done (`enrich`, `admit`; in a shard with bands `look up` and `judge`) and for which item."""


class Simulation:
    """Runs a cluster; the same seed gives the same run."""

    def __init__(self, costs: Costs, cluster: Cluster, seed: int = 1) -> None:
        self._cluster, self._random = cluster, random.Random(seed)
        self._cost = {"enrich": costs.enrich, "admit": costs.dedup,
                      "look up": costs.dedup / 2, "judge": costs.dedup / 2}  # fmt: skip
        self._turn, self._hop = costs.turn, costs.hop
        self._queues: dict[tuple[bool, int], deque[Job]] = {}
        self._ready: list[deque[tuple[bool, int]]] = [deque() for _ in range(cluster.workers)]
        self._working = [False] * cluster.workers
        self._agenda: list[tuple[float, int, int, object]] = []
        self._numbers = count()
        self.outcome = Outcome()

    def run(self, arrivals: list[tuple[float, str]]) -> Outcome:
        """Work off items that arrive at these times, of these shards, in turn to each partition of news.raw."""
        for number, (time, shard) in enumerate(arrivals):
            where = (True, number % self._cluster.partitions)
            self._later(time, where, ("enrich", Item(time, shard)))
        while self._agenda:
            time, _, worker, what = heappop(self._agenda)
            self.outcome.seconds = time
            if worker < 0:
                self._arrive(time, *what)
            else:
                self._finish(time, worker, what)
        return self.outcome

    def _later(self, time: float, where: tuple[bool, int], job: Job) -> None:
        heappush(self._agenda, (time, next(self._numbers), -1, (where, job)))

    def _arrive(self, time: float, where: tuple[bool, int], job: Job) -> None:
        queue, worker = self._queues.setdefault(where, deque()), where[1] % self._cluster.workers
        if not queue:
            self._ready[worker].append(where)
        queue.append(job)
        if not self._working[worker]:
            self._begin(time, worker)

    def _begin(self, time: float, worker: int) -> None:
        """Take a turn: up to 32 jobs of the partition that has waited longest."""
        where = self._ready[worker].popleft()
        queue = self._queues[where]
        jobs = [queue.popleft() for _ in range(min(TURN, len(queue)))]
        if queue:
            self._ready[worker].append(where)
        took = self._turn + sum(self._cost[what] for what, _ in jobs)
        self.outcome.busy[worker] += took
        self._working[worker] = True
        heappush(self._agenda, (time + took, next(self._numbers), worker, jobs))

    def _finish(self, time: float, worker: int, jobs: list[Job]) -> None:
        self._working[worker] = False
        for what, item in jobs:
            if what == "enrich":
                self._send(time + self._hop, item)
            elif what != "look up":
                self.outcome.delays.append(time + self._hop - item.arrived)
            else:
                self._answer(time, item)
        if self._ready[worker]:
            self._begin(time, worker)

    def _answer(self, time: float, item: Item) -> None:
        item.waiting -= 1
        if not item.waiting:
            band = self._random.randrange(self._cluster.bands[item.shard])
            self._later(time + self._hop, (False, self._cluster.home(item.shard, band)), ("judge", item))

    def _send(self, time: float, item: Item) -> None:
        bands = self._cluster.bands.get(item.shard, 1)
        if bands == 1:
            home = self._cluster.home(item.shard)
            self.outcome.items[home] += 1
            self._later(time, (False, home), ("admit", item))
            return
        asked = {self._random.randrange(bands) for _ in range(KEYS)}
        item.waiting = len(asked)
        for band in asked:
            self._later(time, (False, self._cluster.home(item.shard, band)), ("look up", item))


def arrivals(rate: float, seconds: float, shards: Mapping[str, float], seed: int = 1) -> list[tuple[float, str]]:
    """Return items that come at random, at a mean rate, from shards of these shares."""
    source, time, made = random.Random(seed), 0.0, []
    names, weights = list(shards), list(shards.values())
    while (time := time + source.expovariate(rate)) < seconds:
        made.append((time, source.choices(names, weights)[0]))
    return made


def main() -> None:
    """Print what a cluster makes of a rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--partitions", type=int, default=32)
    parser.add_argument("--bands", type=int, default=1, help="of the English shard")
    parser.add_argument("--enrich-us", type=float, default=ENRICH * 1e6)
    parser.add_argument("--dedup-us", type=float, default=DEDUP * 1e6)
    parser.add_argument("--seconds", type=float, default=5)
    given = parser.parse_args()
    costs = Costs(given.enrich_us / 1e6, given.dedup_us / 1e6)
    cluster = Cluster(given.workers, given.partitions, {"en": given.bands})
    outcome = Simulation(costs, cluster).run(arrivals(given.rate, given.seconds, WORLD))
    print(f"busiest worker {outcome.busiest:.2f}, all {outcome.busy.total() / outcome.seconds:.1f} of {given.workers}")
    delays = [f"p{q} {outcome.percentile(q) * 1000:.0f} ms" for q in (50, 95, 99)]
    print(f"delay {', '.join(delays)}; {len(outcome.delays) / outcome.seconds:,.0f} events/s")


if __name__ == "__main__":
    main()
