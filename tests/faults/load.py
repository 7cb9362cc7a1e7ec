"""Raw records whose fate is known beforehand, sent at a steady rate whatever happens to the brokers."""

import asyncio
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError
from oracle import Headers, Origin
from processes import Site

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"


def _language(size: int) -> list[str]:
    rng = random.Random(0)
    return ["".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(rng.randint(2, 4))) for _ in range(size)]


ALL_WORDS = _language(20_000)


def words(seed: int, count: int) -> list[str]:
    """Return made-up words, always the same for a seed."""
    return random.Random(seed).choices(ALL_WORDS, k=count)


@dataclass(frozen=True)
class Raw:
    """A raw record and what must become of it: status, revision, and whose copy it is."""

    value: bytes | None
    key: bytes
    status: str = "new"
    revision: int = 1
    of: str | None = None


def item(number: int, text_of: int | None = None, more: str = "", **fields: object) -> bytes:
    """Return an item with words of its own or those of another one, and some more."""
    text = words(number if text_of is None else text_of, 80)
    body = {"id": f"item-{number}", "title": " ".join(text[:6]), "text": f"{' '.join(text[6:])} {more}"}
    return json.dumps(body | fields).encode()


def raw(number: int, **fields: object) -> Raw:
    """Return a record by its number: of ten, seven are new, then a revision, a copy, and one that is broken.

    An item, its copy and its revision have one key, so they are told in this order.
    """
    key = str(number - {7: 5, 8: 4}.get(number % 10, 0)).encode()
    match number % 10:
        case 7:
            return Raw(item(number - 5, more=" ".join(words(-number, 9)), **fields), key, "revision", revision=2)
        case 8:
            return Raw(item(number, text_of=number - 4, **fields), key, "duplicate", of=f"item-{number - 4}")
        case 9:
            return Raw(f"broken {number}".encode(), key, "dead-letter")
    return Raw(item(number, **fields), key)


def load(size: int, first: int = 0) -> list[Raw]:
    """Return so many records."""
    return [raw(number) for number in range(first, first + size)]


@dataclass
class Sender:
    """Sends records from a thread of its own, retrying until they are acknowledged; tells where each one landed."""

    site: Site
    records: list[Raw]
    seconds: float
    headers: Headers = field(default_factory=list)
    sent: dict[Origin, Raw] = field(default_factory=dict)

    @contextmanager
    def running(self) -> Iterator["Sender"]:
        """Send during a block and until all is sent."""
        connected = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._send(connected)))
        thread.start()
        connected.wait()
        try:
            yield self
        finally:
            thread.join()

    async def _send(self, connected: threading.Event) -> None:
        begun, futures = time.monotonic(), []
        options = {"acks": "all", "enable_idempotence": True, "max_request_size": 9 << 20}
        async with AIOKafkaProducer(bootstrap_servers=self.site.brokers, **options) as producer:
            connected.set()
            for number, record in enumerate(self.records):
                due = begun + self.seconds * number / len(self.records)
                if number % 20 == 0 and due > time.monotonic():
                    await asyncio.sleep(due - time.monotonic())
                futures.append(await self._buffer(producer, record))
            for record, future in zip(self.records, futures, strict=True):
                landed = await future
                self.sent[landed.partition, landed.offset] = record

    async def _buffer(self, producer: AIOKafkaProducer, record: Raw) -> asyncio.Future:
        """Hand a record to the producer, however long its buffer is full because a broker is away."""
        while True:
            with suppress(KafkaTimeoutError):
                return await producer.send(f"{self.site.name}.news.raw", record.value, record.key, headers=self.headers)
