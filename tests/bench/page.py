"""Fill the tables of docs/performance.md and docs/scaling.md.

From tests/bench/results/, where there is what the measuring commands printed, a line a run, and from simulations.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from simulation import DEDUP, ENRICH, WORLD, Cluster, Costs, Simulation, arrivals

HERE = Path(__file__).parent
PAGES = [HERE.parents[1] / "docs" / name for name in ("performance.md", "scaling.md")]
MARKED = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
CORES = 2
NAMES = {
    "inprocess": "in process, no Kafka (the limit)",
    "streams": "**this worker**",
    "confluent": "bare confluent-kafka",
    "aiokafka": "bare aiokafka",
    "faust": "stock Faust, tuned",
}
PLANS = [(100, 1, 4, 1), (1000, 2, 16, 1), (5000, 8, 32, 1), (10_000, 20, 80, 1), (20_000, 40, 160, 1),
         (20_000, 40, 160, 8), (20_000, 40, 160, 16)]  # fmt: skip
"""Items a second, workers, partitions, bands of the English shard."""

Result = dict[str, float]


def results(name: str) -> list[Result]:
    """Return the lines of a file of results, none when it is not there."""
    path = HERE / "results" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def peers() -> Iterator[str]:
    """Yield medians of all runs, the fastest first."""
    found = results("throughput")
    limit = median(result["items_s"] for result in found if result["peer"] == "inprocess")
    alone = median(result["cpu_us"] for result in found if result["peer"] == "inprocess")
    yield "| | runs | items/s, median | min–max | of the limit | CPU µs an item | of the limit | broker | MB |"
    yield "|---" * 9 + "|"
    groups = {name: [result for result in found if result["peer"] == name] for name in {r["peer"] for r in found}}
    for name, runs in sorted(groups.items(), key=lambda group: -median(run["items_s"] for run in group[1])):
        rates = [run["items_s"] for run in runs]
        cpu = median(run["cpu_us"] for run in runs)
        broker, memory = (median(run.get(key, 0) for run in runs) for key in ("broker_us", "memory_mb"))
        rest = f"{broker:,.0f} | {memory:,.0f}" if memory else "| "
        yield (
            f"| {NAMES.get(name, name)} | {len(rates)} | {median(rates):,.0f} | {min(rates):,.0f}–{max(rates):,.0f} "
            f"| {median(rates) / limit:.2f} | {cpu:,.0f} | {alone / cpu:.2f} | {rest} |"
        )


def conditions() -> Iterator[str]:
    """Yield under what load of the machine the runs were made."""
    for name in ("throughput", "workers", "delay", "restart"):
        loads = [result["load"] for result in results(name)]
        if loads:
            yield f"- {name}: {len(loads)} runs, load average {min(loads):.1f} to {max(loads):.1f} (this one included)"


def workers() -> Iterator[str]:
    """Yield the rate of one, two and four workers, and of what the processors allow beside the broker.

    Allowed is what one worker does times the cores the broker leaves, over the cores that one worker takes.
    """
    found = results("workers")
    if not found:
        return
    of = {name: [r for r in found if r["peer"] == name] for name in ("one", "two", "four")}

    def middle(name: str, key: str) -> float:
        return median(result[key] for result in of[name])

    alone = middle("one", "items_s")
    yield "| workers | runs | items/s, median | min–max | of one | allowed, of one | CPU µs an item | broker |"
    yield "|---" * 8 + "|"
    for name, runs in of.items():
        rates, rate = [run["items_s"] for run in runs], middle(name, "items_s")
        left = CORES - rate * middle(name, "broker_us") / 1e6
        allowed = left / (alone * middle("one", "cpu_us") / 1e6)
        yield (
            f"| {name} | {len(runs)} | {rate:,.0f} | {min(rates):,.0f}–{max(rates):,.0f} | {rate / alone:.2f} "
            f"| {allowed:.2f} | {middle(name, 'cpu_us'):,.0f} | {middle(name, 'broker_us'):,.0f} |"
        )


def delay() -> Iterator[str]:
    """Yield the delay at each rate."""
    yield "| items/s asked | workers | sent | p50 ms | p95 | p99 | max | missing | worker cores | broker cores | load |"
    yield "|---" * 11 + "|"
    for r in results("delay"):
        yield (
            f"| {r['rate']:,.0f} | {r['workers']} | {r['sent_s']:,.0f} | {r['p50']:,.0f} | {r['p95']:,.0f} "
            f"| {r['p99']:,.0f} | {r['max']:,.0f} | {r['missing']} | {r['worker_cores']:.2f} | {r['broker_cores']:.2f} "
            f"| {r['load']:.1f} |"
        )


def restart() -> Iterator[str]:
    """Yield what each start took."""
    shown: dict[str, Callable[[Result], str]] = {
        "first": lambda r: f"start to first event | {r['first_event_s']:.1f} s",
        "killed": lambda r: f"kill -9 to events again, 3 kills | {r['stall_min_s']:.1f}–{r['stall_s']:.1f} s",
        "static": lambda r: f"the same, static membership | {r['stall_min_s']:.1f}–{r['stall_s']:.1f} s",
        "again": lambda r: f"events sent again, {r['kills']} kills at full rate | {r['again']:,} in all",
        "recovery": lambda r: (
            f"recovery of {r['remembered']:,} remembered items | {r['recovery_s']:.1f} s "
            f"(from start to ready {r['start_to_ready_s']:.1f} s)"
        ),
    }
    yield "| what | measured | load |"
    yield "|---|---|---|"
    for result in results("restart"):
        yield f"| {shown[str(result['what'])](result)} | {result['load']:.1f} |"
        if "verdict_us" in result:
            yield f"| a verdict with so many, processor time | {result['verdict_us']:.0f} µs | {result['load']:.1f} |"
            yield f"| memory of such an item, estimated | {result['item_bytes']:,.0f} bytes | |"


def simulation() -> Iterator[str]:
    """Yield what the simulation makes of some clusters, with the default costs."""
    yield "| items/s | workers | partitions | bands | cores at work | busiest worker | delay p50 ms | p99 ms | |"
    yield "|---" * 9 + "|"
    costs = Costs(ENRICH, DEDUP)
    for rate, workers, partitions, bands in PLANS:
        cluster, coming = Cluster(workers, partitions, {"en": bands}), arrivals(rate, max(1, 4000 / rate), WORLD)
        found = Simulation(costs, cluster).run(coming)
        behind = found.seconds - coming[-1][0]
        yield (
            f"| {rate:,} | {workers} | {partitions} | {bands} | {found.busy.total() / found.seconds:.1f} "
            f"| {found.busiest:.2f} | {found.percentile(50) * 1000:.0f} | {found.percentile(99) * 1000:.0f} "
            f"| {'holds' if behind < 0.1 else 'falls behind'} |"
        )


TABLES = {
    "peers": peers,
    "conditions": conditions,
    "workers": workers,
    "delay": delay,
    "restart": restart,
    "simulation": simulation,
}


def main() -> None:
    """Write every table."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        filled = MARKED.sub(lambda found: found[1] + "\n".join(TABLES[found[2]]()) + "\n" + found[3], text)
        page.write_text(filled, encoding="utf-8")


if __name__ == "__main__":
    main()
