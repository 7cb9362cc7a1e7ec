"""Compare this worker with other ways to run the same functions on Kafka, in Python, at least once.

python tests/bench/throughput.py FILE [--items N] [--rounds N] [--only NAME,…] [--partitions N] [--results FILE]

Every peer gets the same broker, the same raw items (in 4 partitions), the same functions (peers/recipe.py) and sends
the same records: items, events, routed events, changes of the state. Rounds are interleaved. The clock runs from the
first item that arrives on news.items to the last event; a run is thrown away unless every item has its event.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from ground import OUTCOMES, Ground, broker_and_folder, cpu_seconds, lines, resident_mb

HERE = Path(__file__).parent
PEERS = ("inprocess", "streams", "quixstreams", "bytewax", "confluent", "aiokafka", "faststream", "faust")
WORKERS = {"streams": 1, "one": 1, "two": 2, "four": 4}
"""This worker: started on a backlog as the peers are, or so many that have their partitions when the items come."""
_STARTS, _LASTS = 60, 600


def start(peer: str, ground: Ground) -> list[subprocess.Popen]:
    """Start a peer's process, or the workers that share the partitions."""
    if peer in WORKERS:
        return [ground.worker().process for _ in range(WORKERS[peer])]
    log = (ground.folder / f"{ground.name}.log").open("wb")
    command = [sys.executable, str(HERE / "peers" / f"p_{peer}.py")]
    return [subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=ground.environment)]


def on_kafka(peer: str, ground: Ground, broker: int, values: list[bytes]) -> dict[str, float]:
    """Run a peer over raw items; return items a second, CPU microseconds an item, memory, and what it sent twice."""
    if peer in WORKERS and peer != "streams":
        began, processes = time.monotonic(), start(peer, ground)
        for worker in ground.workers:
            worker.wait_ready()
        ground.load(values)
    else:
        ground.load(values)
        began, processes = time.monotonic(), start(peer, ground)

    def used() -> tuple[float, float, float]:
        return sum(cpu_seconds(process.pid) for process in processes), cpu_seconds(broker), time.monotonic()

    try:
        first = watch(ground, processes, ("news.items",), 1, began + _STARTS)
        before = used()
        watch(ground, processes, OUTCOMES, len(values), began + _LASTS)
        after = used()
        memory, left = sum(resident_mb(process.pid) for process in processes), len(values) - first
    finally:
        for process in processes:
            end(process)
    found = ground.origins()
    assert len(found) + ground.counts("news.dead-letters").total() == len(values), f"{peer} lost items"
    cpu, broker_cpu, wall = (b - a for a, b in zip(before, after, strict=True))
    return {
        "items_s": left / wall,
        "cpu_us": cpu / left * 1e6,
        "broker_us": broker_cpu / left * 1e6,
        "memory_mb": memory,
        "start_s": before[2] - began,
        "again": found.total() - len(found),
    }


def end(process: subprocess.Popen) -> None:
    """Ask a process to end, and make it."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def watch(ground: Ground, processes: list[subprocess.Popen], topics: tuple[str, ...], wanted: int, until: float) -> int:
    """Wait until there are so many records in some topics; return how many there are."""
    while (count := ground.counts(*topics).total()) < wanted:
        statuses = [process.poll() for process in processes]
        if any(status is not None for status in statuses) or time.monotonic() > until:
            logs = "\n".join(log.read_text()[-2000:] for log in ground.folder.glob("*.log"))
            raise AssertionError(f"{count} of {wanted} records; exit statuses {statuses}\n{logs}")
        time.sleep(0.05)
    return count


def in_process(values: list[bytes]) -> dict[str, float]:
    """Run the same functions without Kafka."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\n".join(values))
        file.flush()
        command = [sys.executable, str(HERE / "peers" / "p_inprocess.py"), file.name]
        took = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {"items_s": len(values) / took["seconds"], "cpu_us": took["cpu"] / len(values) * 1e6}


def report(results: list[dict]) -> str:
    """Return a Markdown table: medians, and the range of the rate."""
    names = dict.fromkeys(result["peer"] for result in results)
    of = {name: [result for result in results if result["peer"] == name] for name in names}

    def middle(name: str, key: str) -> float:
        return median(result.get(key, 0) for result in of[name])

    limit = middle("inprocess", "items_s") if "inprocess" in of else float("nan")
    rows = ["| | runs | items/s | (min–max) | of the limit | CPU µs an item | broker CPU µs | memory MB |", "|---|" * 8]
    for name in sorted(names, key=lambda name: -middle(name, "items_s")):
        rates = [result["items_s"] for result in of[name]]
        rows.append(
            f"| {name} | {len(rates)} | {median(rates):,.0f} | {min(rates):,.0f}–{max(rates):,.0f} "
            f"| {median(rates) / limit:.2f} | {middle(name, 'cpu_us'):,.0f} | {middle(name, 'broker_us'):,.0f} "
            f"| {middle(name, 'memory_mb'):,.0f} |"
        )
    return "\n".join(rows)


def main() -> None:
    """Run all peers in turn, round by round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(PEERS))
    parser.add_argument("--partitions", default="4")
    parser.add_argument("--results", type=Path)
    given = parser.parse_args()
    values, results, more = lines(given.file, given.items), [], {"STREAMS_PARTITIONS": given.partitions}
    with broker_and_folder() as (broker, folder):
        with Ground(broker.address, folder) as ground:  # a Java process is slow at first
            on_kafka("confluent", ground, broker.process.pid, values[:4000])
        for turn in range(given.rounds):
            for peer in given.only.split(","):
                if peer == "inprocess":
                    result = in_process(values)
                else:
                    with Ground(broker.address, folder, more=more) as ground:
                        result = on_kafka(peer, ground, broker.process.pid, values)
                result |= {"peer": peer, "round": turn, "items": len(values), "load": os.getloadavg()[0]}
                results.append(result)
                shown = {name: round(value, 1) if isinstance(value, float) else value for name, value in result.items()}
                print(shown, file=sys.stderr, flush=True)
                if given.results:
                    with given.results.open("a") as stream:
                        stream.write(json.dumps(result) + "\n")
    print(report(results))


if __name__ == "__main__":
    main()
