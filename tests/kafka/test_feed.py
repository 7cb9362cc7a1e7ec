"""The gateway on a real topic: readers who go from one to the next get everything, whatever happens to the gateways."""

import asyncio
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from aiokafka import AIOKafkaProducer
from processes import Site
from sseclient import Event, SSEClient

from streams.kafka.broker import embedded_broker, free_port

BEGINNING = "0.0-1.0-2.0-3.0"


def event(number: int) -> bytes:
    """Return an event as the worker writes it, made here by hand."""
    now = f"2026-11-23T12:{number // 60:02d}:{number % 60:02d}Z"
    return json.dumps({
        "id": f"{number:032x}", "item_id": str(number), "story_id": f"{number:032x}", "status": "new", "revision": 1,
        "duplicate": None, "title": f"Event {number}", "text": "", "url": None, "language": "en",
        "source": {"name": "Example", "domain": None}, "published_at": None, "received_at": now, "emitted_at": now,
        "conflicts": [], "places": [], "countries": [{"code": "SD" if number % 2 else "TD", "score": 1.0}],
        "provenance": {"pipeline": "1", "registry": "1", "gazetteer": "1", "backfill": False,
                       "origin": {"topic": "news.raw", "partition": 0, "offset": number}}, "schema": "news.event/1",
    }).encode()  # fmt: skip


def produce(site: Site, numbers: range) -> None:
    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=site.brokers, acks="all") as producer:
            for number in numbers:
                await producer.send(f"{site.name}.news.enriched", event(number), partition=number * 7 % 4)

    asyncio.run(send())


@contextmanager
def gateway(site: Site) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a gateway for the length of a block and yield its process and port, ready."""
    port = free_port()
    command = [sys.executable, "-m", "streams", "feed", "--port", str(port)]
    environment = site.environment | {"STREAMS_FEED_HOURS": "8760", "STREAMS_METRICS_PORT": "0"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
                break
            time.sleep(0.1)
        yield process, port
    finally:
        process.kill()
        process.wait()


@contextmanager
def live(port: int, standing: str, path: str = "/events") -> Iterator[Iterator[Event]]:
    """Open a live stream for the length of a block."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path, headers={"Last-Event-ID": standing})
        response = connection.getresponse()
        yield SSEClient(iter(lambda: response.read1(65536), b"")).events()


def read(port: int, standing: str, count: int, path: str = "/events") -> list[Event]:
    with live(port, standing, path) as messages:
        return [next(messages) for _ in range(count)]


def numbers(messages: list[Event]) -> list[int]:
    return sorted(int(json.loads(message.data)["id"], 16) for message in messages)


def test_a_reader_gets_everything_once_over_a_killed_gateway(site: Site) -> None:
    produce(site, range(40))
    with gateway(site) as (first, port):
        seen = read(port, BEGINNING, 17)
        first.kill()
        first.wait()
    produce(site, range(40, 80))
    with gateway(site) as (_, port):
        seen += read(port, seen[-1].id, 30)
        with gateway(site) as (_, other):
            seen += read(other, seen[-1].id, 33)
    assert numbers(seen) == [*range(80)]


def test_two_gateways_show_the_same_pages_and_what_comes(site: Site) -> None:
    produce(site, range(30))
    with gateway(site) as (process, one), gateway(site) as (_, other):
        pages = [
            urllib.request.urlopen(f"http://127.0.0.1:{port}/events.json?country=SD").read() for port in (one, other)
        ]
        assert pages[0] == pages[1]
        assert len(json.loads(pages[0])["events"]) == 15
        produce(site, range(30, 32))
        assert numbers(read(other, BEGINNING, 16, "/events?country=SD"))[-1] == 31
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_stream_goes_on_when_the_broker_comes_back(cache: Path, tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    with ExitStack() as stack:
        with embedded_broker(cache, port, data) as broker:
            site = Site(broker.address, tmp_path)
            assert site.run("topics", "create").returncode == 0
            produce(site, range(5))
            _, address = stack.enter_context(gateway(site))
            messages = stack.enter_context(live(address, BEGINNING))
            seen = [next(messages) for _ in range(5)]
        with embedded_broker(cache, port, data):
            produce(site, range(5, 10))
            seen += [next(messages) for _ in range(5)]
    assert numbers(seen) == [*range(10)]


def test_a_broker_that_is_not_there_is_said(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = server.getsockname()[1]
    site.more["STREAMS_BROKERS"] = f"127.0.0.1:{gone}"
    done = site.run("feed", "--port", str(free_port()), seconds=30)
    assert done.returncode == 1
    assert f"no Kafka broker answers at 127.0.0.1:{gone}".encode() in done.stderr
    assert b"Traceback" not in done.stderr
