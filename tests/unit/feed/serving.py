"""A gateway on a free port of this machine, fed by the test itself, and readers of it."""

import asyncio
import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvloop
from aiohttp import web
from sseclient import Event as Message
from sseclient import SSEClient

from streams.feed import server
from streams.feed.app import Feed
from streams.feed.gateway import Gateway
from streams.feed.query import Conflict, Vocabulary
from streams.metrics import FeedMetrics
from streams.settings import Settings

CONFLICTS = [Conflict("sudan", "Sudan war", 309), Conflict("syria", "Syria war", 299)]
VOCABULARY = Vocabulary(CONFLICTS, frozenset(("sudan", "309", "syria", "299")))


@dataclass
class Answer:
    """A response read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Served:
    """A gateway being served."""

    gateway: Gateway
    port: int
    loop: asyncio.AbstractEventLoop
    runner: web.AppRunner

    def connections(self) -> list[asyncio.Transport]:
        """Return the open connections; to be called in the thread of the gateway."""
        assert self.runner.server
        return [each.transport for each in self.runner.server.connections if each.transport]

    def do(self, work: Callable[[], Any]) -> Any:
        """Call something in the thread of the gateway and return what it returns."""

        async def call() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(10)

    def receive(self, partition: int, offset: int, value: bytes) -> None:
        """Feed the gateway a record."""
        self.do(lambda: self.gateway.receive(partition, offset, value))

    def request(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Ask for a path; underscores in names of headers stand for dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        joined = {name.lower(): ", ".join(response.headers.get_all(name, [])) for name in response.headers}
        answer = Answer(response.status, joined, response.read())
        connection.close()
        return answer

    @contextmanager
    def live(self, path: str = "/events", **headers: str) -> Iterator[Iterator[Message]]:
        """Open a live stream and yield its messages, read by a client library."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        try:
            yield SSEClient(_chunks(response)).events()
        finally:
            connection.close()


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := response.read1(65536):
        yield piece


async def _beat(gateway: Gateway, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        gateway.heard(0)
        gateway.hub.beat(gateway.window.standing)


@contextmanager
def served(loading: bool = False, **settings: Any) -> Iterator[Served]:
    """Serve an empty gateway of one partition for the length of a block."""
    configured = Settings(feed_port=0, **settings)
    ready: list[Any] = []
    started, stop = threading.Event(), asyncio.Event()

    async def work() -> None:
        gateway = Gateway(configured, FeedMetrics())
        gateway.begin({0: 0})
        if not loading:
            gateway.complete()
        runner = await server.listen(Feed(configured, gateway, VOCABULARY).application(), "127.0.0.1", 0)
        ready.append(Served(gateway, runner.addresses[0][1], asyncio.get_running_loop(), runner))
        started.set()
        beating = asyncio.ensure_future(_beat(gateway, configured.feed_heartbeat))
        await stop.wait()
        beating.cancel()
        await runner.cleanup()

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work())

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(10)
    try:
        yield ready[0]
    finally:
        ready[0].do(stop.set)
        thread.join(15)
        assert not thread.is_alive()
