"""What all measurements on Kafka stand on: a broker, topics of a run's own, items, counts of records, CPU time."""

import gzip
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams import settings
from streams.kafka.broker import Broker, embedded_broker

sys.path.insert(0, str(Path(__file__).parents[1] / "kafka"))

from processes import Site

EVENTS = ("news.enriched", "news.duplicates")
OUTCOMES = (*EVENTS, "news.dead-letters")
_TICKS = os.sysconf("SC_CLK_TCK")


def lines(path: str, limit: int | None = None) -> list[bytes]:
    """Return the lines of a JSON Lines file (.gz too)."""
    with gzip.open(path) if path.endswith(".gz") else Path(path).open("rb") as stream:
        return [line.strip() for line in islice(stream, limit)]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time a process has used, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mb(pid: int) -> float:
    """Return the largest resident memory a process has had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


class Ground(Site):
    """A site whose topics can be filled, counted, read and removed."""

    @property
    def prefix(self) -> str:
        """What every topic of this run begins with."""
        return f"{self.name}."

    def __enter__(self) -> "Ground":
        usual = settings.Settings()
        self.more = {"STREAMS_COMMIT_INTERVAL": str(usual.commit_interval),
                     "STREAMS_SESSION_TIMEOUT": str(usual.session_timeout), **self.more}  # fmt: skip
        made = self.run("topics", "create")
        assert made.returncode == 0, made.stderr.decode()
        self.admin = AdminClient({"bootstrap.servers": self.brokers})
        found = self.admin.list_topics(timeout=30).topics.items()
        self.topics = {name: len(topic.partitions) for name, topic in found if name.startswith(self.name)}
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        for future in self.admin.delete_topics(list(self.topics)).values():
            future.result(30)

    def load(self, values: list[bytes]) -> None:
        """Append raw items, in turn to each partition, so that every run has the same logs."""
        producer = Producer({"bootstrap.servers": self.brokers, "acks": "all", "compression.type": "lz4",
                             "linger.ms": 20, "queue.buffering.max.kbytes": 1 << 20,
                             "queue.buffering.max.messages": 10_000_000, "message.max.bytes": 2 << 20})  # fmt: skip
        count = self.topics[f"{self.prefix}news.raw"]
        for number, value in enumerate(values):
            producer.produce(f"{self.prefix}news.raw", value, partition=number % count)
        assert producer.flush(120) == 0

    def counts(self, *topics: str) -> Counter[str]:
        """Return how many records each topic has been given."""
        parts = [(topic, n) for topic in topics for n in range(self.topics[self.prefix + topic])]
        wanted = {TopicPartition(self.prefix + topic, n): OffsetSpec.latest() for topic, n in parts}
        found: Counter[str] = Counter()
        for part, future in self.admin.list_offsets(wanted).items():
            try:
                found[part.topic.removeprefix(self.prefix)] += future.result(30).offset
            except KafkaException as error:  # a topic so new that not every broker thread knows it
                if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION:
                    raise
        return found

    def records(self, *topics: str) -> Iterator[object]:
        """Yield every record of some topics."""
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": f"{self.name}-reader",
                             "enable.auto.commit": False, "fetch.wait.max.ms": 20})  # fmt: skip
        left = self.counts(*topics).total()
        parts = [(topic, n) for topic in topics for n in range(self.topics[self.prefix + topic])]
        consumer.assign([TopicPartition(self.prefix + topic, n, 0) for topic, n in parts])
        while left > 0:
            for record in consumer.consume(1000, 1):
                assert record.error() is None, record.error()
                left -= 1
                yield record
        consumer.close()

    def origins(self) -> Counter[tuple[int, int]]:
        """Return for each raw record how many events say that they are of it."""
        found: Counter[tuple[int, int]] = Counter()
        for record in self.records(*EVENTS):
            origin = orjson.loads(record.value())["provenance"]["origin"]
            found[origin["partition"], origin["offset"]] += 1
        return found


@contextmanager
def broker_and_folder() -> Iterator[tuple[Broker, Path]]:
    """Run a broker; its address and a folder for logs of the workers."""
    with (
        tempfile.TemporaryDirectory(prefix="streams-bench-") as folder,
        embedded_broker(settings.read().cache_dir) as broker,
    ):
        yield broker, Path(folder)


def wait_for(condition: object, seconds: float, every: float = 0.05) -> None:
    """Wait until a condition holds; AssertionError when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing came of it in time"
        time.sleep(every)
