"""/metrics, /livez and /readyz of `streams alerts run`."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from streams.errors import CommandFailed
from streams.settings import Settings

log = logging.getLogger(__name__)

_PORTS_TRIED = 50


class Pulse:
    """When the loop last went round, and why it is not ready (empty: it is)."""

    def __init__(self, patience: float) -> None:
        self._patience, self._beat, self._waiting = patience, time.monotonic(), "it is starting"

    def beat(self, waiting: str = "") -> None:
        """Report a round."""
        self._beat, self._waiting = time.monotonic(), waiting

    def trouble(self) -> str:
        """Return why the process should be restarted, or nothing."""
        still = time.monotonic() - self._beat
        return f"nothing has happened for {still:.0f} s" if still > self._patience else ""

    def not_ready(self) -> str:
        """Return why it is not ready, or nothing."""
        return self.trouble() or self._waiting


@asynccontextmanager
async def serving(settings: Settings, pulse: Pulse, registry: CollectorRegistry) -> AsyncIterator[None]:
    """Serve for the length of a block, there or on the next free port, unless it is 0."""
    if not settings.metrics_port:
        yield
        return

    def check(reason: str) -> web.Response:
        return web.Response(text=(reason or "ok") + "\n", status=503 if reason else 200)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"content-type": "text/plain; version=0.0.4"})

    async def livez(_: web.Request) -> web.Response:
        return check(pulse.trouble())

    async def readyz(_: web.Request) -> web.Response:
        return check(pulse.not_ready())

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics), web.get("/livez", livez), web.get("/readyz", readyz)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await _listen(runner, settings)
        yield
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    for port in range(settings.metrics_port, min(settings.metrics_port + _PORTS_TRIED, 65536)):
        try:
            await web.TCPSite(runner, settings.metrics_host, port).start()
        except OSError as error:
            problem = error
            continue
        log.info("metrics and health on http://%s:%d/metrics, /livez, /readyz", settings.metrics_host, port)
        return
    raise CommandFailed(f"no free port from STREAMS_METRICS_PORT={settings.metrics_port} on: {problem}")
