"""How many live readers a gateway serves, and how late: a gateway of its own, its readers, events at a steady rate."""

import asyncio
import multiprocessing
import resource
import socket
import tempfile
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles

import uvloop
from msgspec.structs import replace as changed

from streams import codec
from streams.errors import CommandFailed, ConfigError
from streams.feed import server
from streams.messages import Event
from streams.settings import Settings

_HOST, _STARTS, _SETTLES = "127.0.0.1", 60.0, 5.0
_MARK = b'\ndata: {"id":"'
_REQUEST = b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
_AT_ONCE = 50


@dataclass
class Load:
    """What is asked of the gateway, and what came of it. Events are numbered by their ids; times are of one clock."""

    clients: int
    rate: float
    seconds: float
    sent: list[float] = field(default_factory=list)
    delays: "array[float]" = field(default_factory=lambda: array("d"))
    open: int = 0
    lost: int = 0

    @property
    def events(self) -> int:
        """How many events are sent."""
        return int(self.rate * self.seconds)


class _Reader(asyncio.Protocol):
    """A live reader that only looks at the ids of events and at the time."""

    def __init__(self, load: Load) -> None:
        self._load, self._tail, self._heard = load, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(_REQUEST)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now, text, at = time.perf_counter(), self._tail + data, 0
        self._load.open += not self._heard
        self._heard = True
        while (found := text.find(_MARK, at)) >= 0 and found + len(_MARK) + 32 <= len(text):
            at = found + len(_MARK) + 32
            self._load.delays.append(now - self._load.sent[int(text[at - 32 : at], 16)])
        self._tail = text[max(at, len(text) - len(_MARK) - 32) :]

    def connection_lost(self, error: Exception | None) -> None:
        self._load.lost += 1


def run(settings: Settings, path: Path, load: Load, echo: Callable[[str], None]) -> int:
    """Measure with events like those of a file; 1 when not all arrived, or the 99th percentile is 1 s."""
    events = [codec.decode_event(line) for line in path.read_bytes().splitlines()]
    if not events:
        raise ConfigError(f"{path}: there are no events in it")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        file = Path(folder, "events.jsonl")
        file.touch()
        port = _free_port()
        configured = replace(settings, feed_host=_HOST, feed_port=port, feed_clients=load.clients + 1, metrics_port=0,
                             feed_clients_per_address=load.clients + 10, log_level="error")  # fmt: skip
        gateway = multiprocessing.get_context("spawn").Process(target=server.run, args=(configured, file))
        gateway.start()
        try:
            runner.run(_measure(load, events, file, port))
        finally:
            gateway.terminate()
            gateway.join()
    return _report(load, echo)


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as probe:
        return int(probe.getsockname()[1])


async def _measure(load: Load, events: list[Event], file: Path, port: int) -> None:
    await _ready(port)
    loop = asyncio.get_running_loop()
    transports = []
    for start in range(0, load.clients, _AT_ONCE):
        count = min(_AT_ONCE, load.clients - start)
        made = await asyncio.gather(*(loop.create_connection(lambda: _Reader(load), _HOST, port) for _ in range(count)))
        transports += [transport for transport, _ in made]
    await _until(lambda: load.open == load.clients, _STARTS)
    await _send(load, events, file)
    await _until(lambda: len(load.delays) == load.events * load.clients, _SETTLES)
    lost = load.lost
    for transport in transports:
        transport.close()
    await asyncio.sleep(0)
    load.lost = lost


async def _until(done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


async def _ready(port: int) -> None:
    deadline = time.monotonic() + _STARTS
    while time.monotonic() < deadline:
        try:
            (await asyncio.open_connection(_HOST, port))[1].close()
        except OSError:
            await asyncio.sleep(0.1)
        else:
            await asyncio.sleep(1)
            return
    raise CommandFailed(f"the gateway has not started within {_STARTS:.0f} s")


async def _send(load: Load, events: list[Event], file: Path) -> None:
    """Add events to the file at a steady rate; each number is an id of its own."""
    began = time.perf_counter()
    with file.open("ab", buffering=0) as lines:
        for number, event in enumerate(islice(cycle(events), load.events)):
            await asyncio.sleep(max(0.0, began + number / load.rate - time.perf_counter()))
            name = f"{number:032x}"
            line = codec.encode_event(changed(event, id=name, story_id=name, status="new"))
            load.sent.append(time.perf_counter())
            lines.write(line + b"\n")


def _report(load: Load, echo: Callable[[str], None]) -> int:
    wanted, got = load.events * load.clients, len(load.delays)
    if got < 2:
        raise CommandFailed("nothing was delivered")
    parts = quantiles(load.delays, n=100)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    echo(f"{load.clients} readers, {load.rate:g} events/s for {load.seconds:g} s: {got:,} of {wanted:,} delivered, "
         f"{load.lost} connections lost")  # fmt: skip
    echo(f"delay: p50 {parts[49]:.3f} s, p99 {parts[98]:.3f} s, longest {max(load.delays):.3f} s")
    echo(f"gateway: {used.ru_utime + used.ru_stime:.1f} s of CPU, {used.ru_maxrss / 1024:.0f} MiB at most")
    return int(got != wanted or parts[98] >= 1)
