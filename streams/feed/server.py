"""Runs the gateway: a source, the server, heartbeats and metrics, until it is asked to stop."""

import asyncio
import logging
import resource
import signal
import socket
from collections import defaultdict
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from aiokafka.errors import KafkaError
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from streams import conflict, logs
from streams.errors import CommandFailed
from streams.feed import source, websub
from streams.feed.app import Feed
from streams.feed.gateway import Gateway
from streams.feed.query import Conflict, Vocabulary
from streams.metrics import FeedMetrics
from streams.settings import Settings
from streams.text.fold import fold_name

log = logging.getLogger(__name__)
_quiet = logging.getLogger(f"{__name__}.requests")
_quiet.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], BadHttpMessage)))

# A reader that stops reading may fill so much of the kernel's memory, and is cut off after so long (Linux).
_SEND_BUFFER, _SILENT_MS = 128 << 10, 30_000
IDLE_SECONDS, _STOP_SECONDS = 15.0, 5.0
_BACKLOG, _PORTS_TRIED = 1024, 50


def run(settings: Settings, events: Path | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; events come from the topic, or from a file of JSON Lines."""
    logs.configure(settings)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a connection is a file; many systems begin with 1,024
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve(settings, events))


def vocabulary(settings: Settings) -> Vocabulary:
    """Return what filters may be, conflicts as the registry has them."""
    registry = conflict.load(fold_name, settings.registry_dir)
    known = [Conflict(slug, one.name, one.ucdp) for slug, one in registry.conflicts.items()]
    return Vocabulary(known, registry.names)


async def serve(settings: Settings, events: Path | None) -> int:
    """Run source and server side by side; CommandFailed when either cannot go on."""
    gateway = Gateway(settings, FeedMetrics())
    feed = Feed(settings, gateway, vocabulary(settings))
    runner = await listen(feed.application(), settings.feed_host, settings.feed_port)
    metrics = await _serve_metrics(settings, feed, gateway.metrics)
    log.info("feed on %s", ", ".join(f"http://{host}:{port}/" for host, port, *_ in runner.addresses))
    reading = source.file(events, gateway) if events else source.kafka(settings, gateway)
    works = [reading, beat(gateway, settings.feed_heartbeat)]
    if settings.feed_hub and settings.feed_url:
        works.append(websub.tell(settings, gateway))
    elif settings.feed_hub:
        log.warning("STREAMS_FEED_HUB is told nothing: set STREAMS_FEED_URL to the address readers know")
    if not settings.feed_forwarded:  # behind a proxy all connections are the proxy's
        works.append(thin(runner, 2 * settings.feed_clients_per_address))
    try:
        await _until_stopped(*works)
    except KafkaError as error:
        raise CommandFailed(f"Kafka: {error}") from error
    finally:
        for each in (runner, metrics):
            if each:
                await each.cleanup()
    return 0


async def _until_stopped(*works: Coroutine[Any, Any, None]) -> None:
    """Run works until one fails or the process is asked to stop."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.ensure_future(work) for work in (*works, stop.wait())]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


async def beat(gateway: Gateway, seconds: float) -> None:
    """Tell live readers every so many seconds that their connection lives."""
    while True:
        await asyncio.sleep(seconds)
        gateway.hub.beat(gateway.window.standing)


async def thin(runner: web.AppRunner, most: int) -> None:
    """Close, every second, what an address has open beyond its share: connections that ask for nothing cost, too."""
    while True:
        await asyncio.sleep(1)
        for connection in _surplus(runner.server.connections if runner.server else (), most):
            connection.force_close()


def _surplus(connections: Iterable[web.RequestHandler], most: int) -> list[web.RequestHandler]:
    by_address: dict[str, list[web.RequestHandler]] = defaultdict(list)
    for connection in connections:
        if connection.transport and (peer := connection.transport.get_extra_info("peername")):
            by_address[peer[0]].append(connection)
    return [connection for each in by_address.values() for connection in each[most:]]


async def listen(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Serve an application on an address until its runner is cleaned up; CommandFailed when the port is taken."""
    # A connection that has not sent a whole request after the keep-alive time is closed, its first one included.
    runner = web.AppRunner(
        app,
        logger=_quiet,
        access_log=None,
        handler_cancellation=True,
        keepalive_timeout=IDLE_SECONDS,
        shutdown_timeout=_STOP_SECONDS,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, _socket(host, port), backlog=_BACKLOG).start()
    except OSError as error:
        await runner.cleanup()
        raise CommandFailed(f"STREAMS_FEED_HOST, STREAMS_FEED_PORT: {host}:{port}: {error.strerror}") from error
    return runner


def _socket(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_MS)
    try:
        listening.bind(address)
    except OSError:
        listening.close()
        raise
    return listening


async def _serve_metrics(settings: Settings, feed: Feed, metrics: FeedMetrics) -> web.AppRunner | None:
    """Serve /metrics on its own port, the next free one when taken, apart from the readers; None for port 0."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/metrics", answer), *feed.health()])
    first = settings.metrics_port
    for port in range(first, min(first + _PORTS_TRIED, 65536)) if first else ():
        with suppress(CommandFailed):
            runner = await listen(app, settings.metrics_host, port)
            log.info("metrics and health on http://%s:%s/metrics, /livez, /readyz", settings.metrics_host, port)
            return runner
    return None
