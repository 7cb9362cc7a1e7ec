"""Live streams: Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
from aiohttp import web

from streams.errors import ConfigError
from streams.feed import position
from streams.feed.documents import Busy
from streams.feed.gateway import LOADING, Gateway
from streams.feed.hub import Reader
from streams.feed.position import Position
from streams.feed.query import RESUME, Vocabulary
from streams.feed.window import Entry, frame
from streams.filters import Filter, FilterError
from streams.settings import Settings

# Readers of a gateway that ends come back spread over these milliseconds.
_RETRY = (1000, 5000)
# A position so far ahead of the topic belongs to a topic that is no more; a nearer one, to a gateway that is faster.
_AHEAD = 10_000
_AT_ONCE = 64
_LATE = "events since this id are remembered no more"
_UNKNOWN = "this id is not of this stream as it is now"
_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Live:
    """Lets readers in, brings them up to date, and keeps them so."""

    def __init__(self, settings: Settings, gateway: Gateway, vocabulary: Vocabulary) -> None:
        self._gateway, self._vocabulary = gateway, vocabulary
        self._most = settings.feed_clients
        self._limit = settings.feed_queue
        self._open: set[asyncio.Task[Any]] = set()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send events as they come, after those the reader has missed since its last one."""
        wanted = self._vocabulary.live({key: request.query.getall(key) for key in request.query})
        standing = _standing(request)
        if self._gateway.loading:
            raise Busy(LOADING)
        if self._gateway.hub.size >= self._most:
            raise Busy("too many live readers")
        response = web.StreamResponse(headers=_HEADERS)
        self._remember(asyncio.current_task())
        with suppress(ConnectionError):  # the reader went away, or was dropped
            await self._serve(request, response, wanted, standing)
        return response

    def _remember(self, task: asyncio.Task[Any] | None) -> None:
        if task:
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def _serve(
        self, request: web.Request, response: web.StreamResponse, wanted: Filter, given: Position | None
    ) -> None:
        now = self._gateway.window.standing
        lost = self._lost(given) if given else ""
        # Of a position that means nothing here the reader gets all there is: rather twice than never.
        standing = dict(now) if given is None else {} if lost == _UNKNOWN else dict(given)
        missed = self._gateway.window.since(standing)
        ahead = {part: offset for part, offset in standing.items() if offset > now.get(part, 0)}
        with self._gateway.hub.reader(Reader(wanted, ahead, self._limit, self._drop(request))) as reader:
            await response.prepare(request)
            await response.write(_hello(standing, lost))
            await _catch_up(response, wanted, standing, missed)
            while True:
                await response.write(await reader.take())

    def _lost(self, given: Position) -> str:
        """Return why a reader may miss events, empty when it misses none."""
        window = self._gateway.window
        if any(offset > window.standing.get(part, -_AHEAD) + _AHEAD for part, offset in given.items()):
            reason = _UNKNOWN
        else:
            reason = _LATE if window.forgot(given) else ""
        if reason:
            self._gateway.metrics.gaps.inc()
        return reason

    def _drop(self, request: web.Request) -> Callable[[], None]:
        def drop() -> None:
            self._gateway.metrics.dropped.inc()
            if request.transport:
                request.transport.abort()

        return drop

    async def end(self, app: web.Application) -> None:
        """End every stream, so that the server can stop; readers come back to another gateway or to the next one."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)


def _standing(request: web.Request) -> Position | None:
    """Return where the reader stands: `Last-Event-ID`, or the parameter for those that cannot set a header."""
    written = request.headers.get("Last-Event-ID") or request.query.get(RESUME)
    if written is None:
        return None
    try:
        return position.parse(written)
    except ConfigError as error:
        raise FilterError(RESUME, str(error)) from error


def _hello(standing: Position, lost: str) -> bytes:
    """Return the head of a stream: when to come back, where the reader stands, and what it has lost."""
    head = f"retry: {random.randint(*_RETRY)}\nid: {position.text(standing)}\n\n".encode()
    return head + (b"event: gap\ndata: %b\n\n" % orjson.dumps({"reason": lost}) if lost else b"")


async def _catch_up(
    response: web.StreamResponse, wanted: Filter, standing: dict[int, int], missed: list[Entry]
) -> None:
    """Send what was missed; each id tells where this reader stands, who need not stand where the gateway did then."""
    for start in range(0, len(missed), _AT_ONCE):
        frames = []
        for entry in missed[start : start + _AT_ONCE]:
            standing[entry.partition] = entry.offset + 1
            if wanted.accepts(entry.event):
                frames.append(frame(entry.body, standing))
        await response.write(b"".join(frames))
        await asyncio.sleep(0)
