"""Whether the worker lives and works: /metrics, /livez and /readyz from a thread of its own, and a watchdog."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from streams.errors import WorkerStopped

log = logging.getLogger(__name__)

Partition = tuple[str, int]

_LOOP_STALL = 10.0
_ONE_PARTITION = 10
_PORTS_TRIED = 50
_REQUEST_WITHIN, _CONNECTIONS = 5.0, 100
_WATCH_EVERY = 1.0


class Health:
    """What the event loop last reported, to be judged from other threads. Times are seconds of `clock`."""

    def __init__(self, stall_timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._timeout = stall_timeout
        self._clock = clock
        self._beat = self._moved = self._began = clock()
        self._since: dict[Partition, tuple[int | None, float]] = {}
        self._waiting = "the worker is starting"

    def beat(self, waiting: str = "") -> None:
        """Report that the event loop runs, and why the worker is not ready (empty: it is)."""
        self._beat = self._clock()
        self._waiting = waiting

    def moved(self) -> None:
        """Report progress that no commit shows: a rebalance, a batch of the changelog recovered."""
        self._moved = self._began = self._clock()

    def observe(self, lags: Mapping[Partition, tuple[int | None, int]]) -> None:
        """Report (committed offset, records waiting) of every partition this worker has."""
        now = self._clock()
        waiting = {partition: committed for partition, (committed, lag) in lags.items() if lag}
        still = {
            partition for partition in waiting.keys() & self._since if self._since[partition][0] == waiting[partition]
        }
        if not waiting or self._since.keys() - still:
            self._moved = now
        self._since = {
            partition: self._since[partition] if partition in still else (committed, now)
            for partition, committed in waiting.items()
        }

    def not_ready(self) -> str:
        """Return why the worker is not ready, or nothing."""
        return self.trouble() or self._waiting

    def trouble(self) -> str:
        """Return why the worker should be restarted, or nothing."""
        now = self._clock()
        if now - self._beat > min(_LOOP_STALL, self._timeout):
            return f"the event loop has been stalled for {now - self._beat:.0f} s"
        return self._standing_still(now)

    def fatal(self) -> str:
        """Return why the worker must end now, or nothing."""
        now = self._clock()
        if now - self._beat > self._timeout:
            return f"the event loop has been stalled for {now - self._beat:.0f} s"
        return self._standing_still(now)

    def _standing_still(self, now: float) -> str:
        """Return what is stuck: all, or one partition for ten times as long; a backlog is worked off in turns."""
        for (topic, partition), (_, since) in self._since.items():
            if now - self._moved > self._timeout or now - max(since, self._began) > _ONE_PARTITION * self._timeout:
                still = now - max(since, self._began)
                return f"{topic} {partition} has records waiting and nothing was committed for {still:.0f} s"
        return ""


class Server:
    """Serves /metrics, /livez and /readyz and watches over the worker, all from threads."""

    def __init__(self, health: Health, registry: CollectorRegistry, fail_stop: Callable[[BaseException], None]) -> None:
        self._health, self._registry, self._fail_stop = health, registry, fail_stop
        self._stopped = threading.Event()
        self._http: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int | None:
        """The port that is served."""
        return self._http.server_address[1] if self._http else None

    def start(self, host: str, port: int) -> None:
        """Start the watchdog and, unless port is 0, the HTTP server there or on the next free port."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        if port:
            self._http = _listen(host, port, _handler(self._health, self._registry))
            threading.Thread(target=self._http.serve_forever, name="health", daemon=True).start()
            log.info("metrics and health on http://%s:%s/metrics, /livez, /readyz", host, self.port)

    def stop(self) -> None:
        """Stop both."""
        self._stopped.set()
        if self._http:
            self._http.shutdown()
            self._http.server_close()

    def _watch(self) -> None:
        while not self._stopped.wait(_WATCH_EVERY):
            if reason := self._health.fatal():
                self._fail_stop(WorkerStopped(reason))
                return


class _Patient(ThreadingHTTPServer):
    """A thread for each connection, so many at once, and each has so long in all, however it comes by drops."""

    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        self._places = threading.BoundedSemaphore(_CONNECTIONS)
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        end = threading.Timer(_REQUEST_WITHIN, request.shutdown, [socket.SHUT_RDWR])
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a connection of %s ended early", client_address, exc_info=True)


def _listen(host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    for candidate in range(port, min(port + _PORTS_TRIED, 65536)):
        try:
            return _Patient((host, candidate), handler)
        except OSError as error:
            problem = error
    raise WorkerStopped(f"no free port from {port} on for STREAMS_METRICS_PORT: {problem}")


def _handler(health: Health, registry: CollectorRegistry) -> type[BaseHTTPRequestHandler]:
    def check(reason: str) -> tuple[int, str, bytes]:
        return (503 if reason else 200), "text/plain; charset=utf-8", (reason or "ok").encode() + b"\n"

    pages: dict[str, Callable[[], tuple[int, str, bytes]]] = {
        "/metrics": lambda: (200, CONTENT_TYPE_LATEST, generate_latest(registry)),
        "/livez": lambda: check(health.trouble()),
        "/readyz": lambda: check(health.not_ready()),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            status, kind, body = page() if page else (404, "text/plain", b"/metrics /livez /readyz\n")
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            log.debug(format, *args)

    return Handler
