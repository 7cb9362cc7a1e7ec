"""News of real length by the hundred thousand, and an account of them that takes two bytes a record."""

import asyncio
import gzip
import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

from account import fate
from aiokafka import AIOKafkaProducer, ConsumerRecord
from load import Raw, raw
from oracle import Origin, outcome
from processes import Site

DATA = Path(os.environ.get("STREAMS_TEST_DATA", Path(__file__).resolve().parents[3] / "shared"))
ITEMS = DATA / "data" / "replay-40k.jsonl.gz"


def news() -> Iterator[Raw]:
    """Yield real items for ever, each time in other words, and after nine of them a made-up one whose fate is known.

    Where there are no real ones (STREAMS_TEST_DATA) all are made up.
    """
    if not ITEMS.exists():
        yield from map(raw, count())
    for number, found in enumerate(item for turn in count() for item in varied(turn)):
        yield found
        if number % 9 == 8:
            yield raw(number // 9)


def varied(turn: int) -> Iterator[Raw]:
    """Yield each real item in words of this turn: no three words in a row are those of another turn."""
    ending = chr(ord("a") + turn // 26) + chr(ord("a") + turn % 26)
    with gzip.open(ITEMS) as lines:
        for line in lines:
            found = json.loads(line)
            item = {name: in_other_words(found[name], ending) for name in ("title", "text")}
            item |= {"id": f"{found['id']}-{turn}", "source": found["source"]}
            yield Raw(json.dumps(item, ensure_ascii=False).encode(), item["id"].encode(), status="")


def in_other_words(text: str, ending: str) -> str:
    words = text.split(" ")
    words[::3] = [word + ending for word in words[::3]]
    return " ".join(words)


class Soak:
    """Sends records as fast as the broker takes them and counts the outcomes of each by its place in `news.raw`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: dict[Origin, tuple[str, int, str | None]] = {}
        self._outcomes: dict[int, bytearray] = defaultdict(bytearray)
        self.wrong: list[Origin] = []
        self.sent = self.told = 0
        self.fates: Counter[str] = Counter()

    def send(self, records: Iterable[Raw]) -> None:
        """Send records and wait until they are acknowledged."""
        asyncio.run(self._send(records))

    async def _send(self, records: Iterable[Raw]) -> None:
        options = {"acks": "all", "enable_idempotence": True, "max_batch_size": 1 << 18, "linger_ms": 5}
        async with AIOKafkaProducer(bootstrap_servers=self._site.brokers, **options) as producer:
            for record in records:
                future = await producer.send(f"{self._site.name}.news.raw", record.value, record.key)
                future.add_done_callback(partial(self._landed, record))

    def _landed(self, record: Raw, future: asyncio.Future) -> None:
        self.sent += 1
        if record.status:
            landed = future.result()
            self._known[landed.partition, landed.offset] = record.status, record.revision, record.of

    def read(self, seconds: float) -> None:
        """Read until there are as many outcomes as records were sent; may be called again, for those sent since."""
        end = time.monotonic() + seconds
        while self.told < self.sent and time.monotonic() < end:
            for record in self._reader.more():
                self._note(record)

    def __enter__(self) -> "Soak":
        self._reader = self._site.oracle.reader("news.enriched", "news.duplicates", "news.dead-letters").__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._reader.__exit__(*error)

    def _note(self, record: ConsumerRecord) -> None:
        (partition, offset), told = outcome(record)
        counts = self._outcomes[partition]
        counts.extend(bytes(max(0, offset + 1 - len(counts))))
        counts[offset] += 1
        self.told += counts[offset] == 1
        self.fates[told.status] += 1
        if fate_known := self._known.get((partition, offset)):
            self.wrong += [(partition, offset)] if fate(record) != fate_known else []

    def check(self) -> None:
        """Every record has one outcome, told once, and those whose fate is known have this one."""
        assert sum(map(len, self._outcomes.values())) == self.sent == self.told
        assert {partition: set(counts) for partition, counts in self._outcomes.items()} == {
            partition: {1} for partition in self._outcomes
        }
        assert self.wrong == []
