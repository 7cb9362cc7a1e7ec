"""Measure the delay of this worker from produce to event, both hops, at steady rates.

python tests/bench/delay.py FILE [--rates 100,500,1000] [--seconds 30] [--workers 1]

Producer and consumer are librdkafka's, without waiting of their own; the first five seconds do not count.
"""

import argparse
import json
import os
import threading
import time
from itertools import count

import orjson
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from ground import EVENTS, Ground, broker_and_folder, cpu_seconds, lines

_WARM = 5.0


class Arrivals(threading.Thread):
    """Notes when each event can be read, by the id of its item."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.times: dict[str, float] = {}
        self.over = threading.Event()
        self._consumer = Consumer({"bootstrap.servers": ground.brokers, "group.id": f"{ground.name}-reader",
                                   "enable.auto.commit": False, "fetch.wait.max.ms": 10})  # fmt: skip
        parts = [(topic, n) for topic in EVENTS for n in range(ground.topics[ground.prefix + topic])]
        self._consumer.assign([TopicPartition(ground.prefix + topic, n, 0) for topic, n in parts])

    def run(self) -> None:
        """Read until it is over."""
        while not self.over.is_set():
            first = self._consumer.poll(0.1)  # `consume` waits until it has as many as it is asked for
            for record in [first, *self._consumer.consume(500, 0)] if first else []:
                self._note(record)
        self._consumer.close()

    def _note(self, record: Message) -> None:
        self.times.setdefault(orjson.loads(record.value())["item_id"], time.time())


def measure(
    ground: Ground, broker: int, values: list[bytes], rate: float, seconds: float, workers: int
) -> dict[str, float]:
    """Send items at a rate; return quantiles of the delay in ms, how many never came, and cores used."""
    processes, arrivals = [ground.worker() for _ in range(workers)], Arrivals(ground)
    for worker in processes:
        worker.wait_ready(60)
    arrivals.start()

    def used() -> float:
        return sum(cpu_seconds(worker.process.pid) for worker in processes)

    producer = Producer({"bootstrap.servers": ground.brokers, "acks": "all", "linger.ms": 0})
    total, sent, began = int(rate * (seconds + _WARM)), {}, time.time()
    before, skipped = (0.0, 0.0, 0.0), int(rate * _WARM)
    for number in range(total):
        time.sleep(max(0.0, began + number / rate - time.time()))
        if number == skipped:
            before = used(), cpu_seconds(broker), time.time()
        item = orjson.loads(values[number % len(values)]) | {"id": str(number)}
        sent[str(number)] = time.time()
        producer.produce(f"{ground.prefix}news.raw", orjson.dumps(item), str(number))
        producer.poll(0)
    after = used(), cpu_seconds(broker), time.time()
    for _ in count():
        if len(arrivals.times) == total or time.time() > after[2] + 30:
            break
        time.sleep(0.1)
    arrivals.over.set()
    arrivals.join()
    for worker in processes:
        worker.end()
    wall = after[2] - before[2]
    found = sorted((arrivals.times[n] - sent[n]) * 1000 for n in list(sent)[skipped:] if n in arrivals.times)
    return {
        "rate": rate,
        "workers": workers,
        "sent_s": (total - skipped) / wall,
        **{f"p{q}": found[min(len(found) - 1, len(found) * q // 100)] for q in (50, 95, 99)},
        "max": found[-1],
        "missing": total - len(arrivals.times),
        "worker_cores": (after[0] - before[0]) / wall,
        "broker_cores": (after[1] - before[1]) / wall,
        "load": os.getloadavg()[0],
    }


def main() -> None:
    """Measure each rate with topics and a worker of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--rates", default="100,500,1000")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    values = lines(given.file, 20_000)
    with broker_and_folder() as (broker, folder):
        for rate in map(float, given.rates.split(",")):
            with Ground(broker.address, folder) as ground:
                result = measure(ground, broker.process.pid, values, rate, given.seconds, given.workers)
            print(json.dumps({name: round(value, 2) for name, value in result.items()}), flush=True)


if __name__ == "__main__":
    main()
