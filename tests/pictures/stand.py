"""Everything at work on this machine, for some minutes: Kafka, workers, a feed with readers, alerts, a Prometheus."""

import asyncio
import json
import math
import random
import shutil
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiokafka import AIOKafkaProducer
from boards import ROOT, Prometheus
from hooks import receiving
from processes import Site, Worker

from streams import codec, samples, settings
from streams.kafka.broker import embedded_broker, free_port
from streams.kafka.children import child

_RULES = ROOT / "tests" / "pictures" / "rules.toml"
_PATHS = (
    "/events.json", "/feed.atom", "/events.geojson?conflict=any", "/feed.rss?language=ar", "/events.json?conflict=none",
)  # fmt: skip
# Samples come again and again, with new ids: so far apart and so many later they are no copies of themselves.
_SETTINGS = {"STREAMS_TOPIC_PREFIX": "", "STREAMS_WINDOW_HOURS": "0.01", "STREAMS_WINDOW_ITEMS": "150"}


_PARTS = {
    "streams-worker": (("worker",), 2),
    "streams-feed": (("feed",), 1),
    "streams-alerts": (("alerts", "run"), 1),
}


@dataclass(frozen=True, slots=True)
class Stand:
    """What runs: the site with its processes, the port of the feed, the ports of metrics by job."""

    site: Site
    feed: int
    ports: dict[str, list[int]]

    def start(self, job: str, number: int = 0) -> Worker:
        """Start a process of a job."""
        return self.site.service(*_PARTS[job][0], port=self.ports[job][number])


@contextmanager
def running(folder: Path) -> Iterator[tuple[Stand, Prometheus]]:
    """Run all of it, with one worker, for the length of a block."""
    with ExitStack() as stack:
        broker = stack.enter_context(embedded_broker(settings.read().cache_dir))
        # One attempt in eight fails, so that there is something to be seen.
        hooks = stack.enter_context(receiving(lambda number: 503 if number % 8 == 5 else 204))
        rules, port = folder / "rules.toml", free_port()
        rules.write_text(_RULES.read_text(encoding="utf-8").replace("{url}", hooks.url), encoding="utf-8")
        more = _SETTINGS | {"STREAMS_ALERTS_FILE": str(rules), "STREAMS_FEED_PORT": str(port)}
        site = Site(broker.address, folder, "streams", more)
        stack.callback(site.close)
        assert site.run("topics", "create").returncode == 0
        stand = Stand(site, port, {job: [free_port() for _ in range(count)] for job, (_, count) in _PARTS.items()})
        for job in _PARTS:
            stand.start(job).wait_ready()
        yield stand, stack.enter_context(_prometheus(folder, stand.ports))


@contextmanager
def _prometheus(folder: Path, jobs: dict[str, list[int]]) -> Iterator[Prometheus]:
    program = shutil.which("prometheus")
    assert program, "there is no Prometheus: `make pictures` says how to get it"
    scraped = [
        {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}
        for job, ports in jobs.items()
    ]
    rules = ROOT / "deploy" / "prometheus" / "rules.yml"
    config = {"global": {"scrape_interval": "1s", "evaluation_interval": "2s"}, "rule_files": [str(rules)],
              "scrape_configs": scraped}  # fmt: skip
    (folder / "prometheus.yml").write_text(json.dumps(config))
    port = free_port()
    command = [program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'prometheus'}",
               f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]  # fmt: skip
    with child(command, folder / "prometheus.log"):
        _wait(f"http://127.0.0.1:{port}/-/ready")
        yield Prometheus(f"http://127.0.0.1:{port}")


def _wait(url: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        assert time.monotonic() < end, f"{url} has not answered within {seconds:.0f} s"
        time.sleep(0.2)


async def play(stand: Stand, seconds: float) -> None:
    """Send items at rates that change, read the feed, kill the second worker and start it again."""
    works = [_produce(stand, seconds), _poll(stand), _disturb(stand, seconds)]
    works += [_read(stand, wait * seconds / 20, seconds * (20 - 3 * (wait % 4)) / 20) for wait in range(1, 12)]
    tasks = [asyncio.create_task(work) for work in works]
    await tasks[0]
    for task in tasks[1:]:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    for each in done:
        if isinstance(each, Exception):
            raise each


def rate(moment: float, seconds: float) -> float:
    """Return how many items a second come at a moment: a tide, and a wave on it when something has happened."""
    tide = 4.5 + 2 * math.sin(4 * math.pi * moment / seconds)
    return tide + 10 * math.exp(-(((moment / seconds - 0.7) / 0.03) ** 2))


async def _produce(stand: Stand, seconds: float) -> None:
    async with AIOKafkaProducer(bootstrap_servers=stand.site.brokers) as producer:
        async for item in _items(seconds):
            await producer.send("news.raw", item)


async def _items(seconds: float) -> AsyncIterator[bytes]:
    chance, lines, began, due, number = random.Random(6), samples.items(), time.monotonic(), 0.0, 0
    while due < seconds:
        await asyncio.sleep(max(0.0, began + due - time.monotonic()))
        line = lines[number % len(lines)]
        # Of the samples that are meant to be broken a few are enough.
        if readable(line) or chance.random() < 0.1:
            yield _anew(line, number // len(lines), chance)
        number += 1
        due += chance.expovariate(rate(due, seconds))


def readable(line: bytes) -> bool:
    """Return whether a sample is not one of those that are meant to be broken."""
    try:
        codec.decode_raw(line)
    except codec.PoisonMessage:
        return False
    return True


def _anew(line: bytes, turn: int, chance: random.Random) -> bytes:
    """Return an item as if it had just been published, and as another one in every turn; what is broken stays so."""
    if not readable(line):
        return line
    item = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    for name in ("id", "guid", "url", "link"):
        if turn and isinstance(item.get(name), str):
            item[name] += f"-{turn}"
    for name in ("published_at", "published", "pubDate"):
        if name in item:
            item[name] = (datetime.now(UTC) - timedelta(seconds=chance.expovariate(1 / 15))).isoformat()
    return json.dumps(item).encode()


async def _read(stand: Stand, after: float, until: float) -> None:
    await asyncio.sleep(after)
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{stand.feed}/events") as answer:
        with suppress(TimeoutError):
            async with asyncio.timeout(until - after):
                async for _ in answer.content.iter_any():
                    pass


async def _poll(stand: Stand) -> None:
    chance = random.Random(7)
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"http://127.0.0.1:{stand.feed}{chance.choice(_PATHS)}") as answer:
                await answer.read()
            await asyncio.sleep(chance.expovariate(4))


async def _disturb(stand: Stand, seconds: float) -> None:
    """Start a second worker, kill it with all it has in hand, and start it again."""
    await asyncio.sleep(seconds * 0.15)
    second = stand.start("streams-worker", 1)
    await asyncio.sleep(seconds * 0.3)
    second.process.kill()
    second.process.wait()
    await asyncio.sleep(seconds * 0.1)
    stand.start("streams-worker", 1)
    await asyncio.Event().wait()
