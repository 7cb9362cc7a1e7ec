"""Documents made on demand and kept until the next event: the same poll by a thousand readers is made once."""

import asyncio
import gzip
from collections import OrderedDict
from dataclasses import dataclass

from xxhash import xxh3_64_hexdigest

from streams.feed.formats import Format, Page
from streams.feed.query import Wanted
from streams.feed.window import Entry, Window

_KEPT_BYTES = 32 << 20
_SEARCHES, _WAITING = 4, 64
# What a search costs, in characters looked through (some 40 ns each): a look at an event, a turn between two turns of
# the live readers (4 ms), and a whole page (2 s), which ends there however few events are on it.
_LOOK, _TURN, _MOST = 50, 100_000, 50_000_000


class Busy(Exception):
    """Not now: the message says why; a reader may come again in a moment."""


@dataclass(frozen=True, slots=True)
class Address:
    """How a document is reached from outside: the site, its own address, and that of a later page."""

    site: str
    own: str
    hub: str = ""

    def after(self, cursor: str | None) -> str | None:
        """Return the address of the page that begins after a cursor."""
        if cursor is None:
            return None
        path, _, query = self.own.partition("?")
        kept = [pair for pair in query.split("&") if pair and not pair.startswith("before=")]
        return f"{path}?{'&'.join([*kept, f'before={cursor}'])}"


class Document:
    """The bytes of a document, their media type, and a tag that changes with them; packed once for all readers."""

    def __init__(self, body: bytes, media_type: str) -> None:
        self.body, self.media_type = body, media_type
        self.tag = xxh3_64_hexdigest(body)
        self._packed: bytes | None = None

    @property
    def size(self) -> int:
        """How many bytes are held for it at most."""
        return 2 * len(self.body)

    async def packed(self) -> bytes:
        """Return the body in gzip's form."""
        if self._packed is None:
            self._packed = await asyncio.to_thread(gzip.compress, self.body, 6, mtime=0)
        return self._packed


class Documents:
    """Makes the documents of a window, few at a time, and keeps the last ones, so many bytes in all."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._kept: OrderedDict[tuple[str, Wanted, Address], tuple[int, Document]] = OrderedDict()
        self._size = 0
        self._turn = asyncio.Semaphore(_SEARCHES)
        self._waiting = 0

    async def get(self, kind: Format, wanted: Wanted, address: Address) -> Document:
        """Return the document as of now; Busy when too many others wait."""
        key = (kind.path, wanted, address)
        if (kept := self._kept.get(key)) and kept[0] == self._window.version:
            return kept[1]
        if self._waiting >= _WAITING:
            raise Busy("too many searches at once")
        self._waiting += 1
        try:
            async with self._turn:
                version, made = self._window.version, await self._make(kind, wanted, address)
        finally:
            self._waiting -= 1
        self._forget(key)
        self._kept[key] = (version, made)
        self._size += made.size
        while self._size > _KEPT_BYTES:
            self._forget(next(iter(self._kept)))
        return made

    def _forget(self, key: tuple[str, Wanted, Address]) -> None:
        if known := self._kept.pop(key, None):
            self._size -= known[1].size

    async def _make(self, kind: Format, wanted: Wanted, address: Address) -> Document:
        entries, cursor = await self._select(wanted, kind.latest)
        page = Page(entries, address.site, address.own, cursor, address.after(cursor), address.hub)
        # Live readers get their turns meanwhile.
        return Document(await asyncio.to_thread(kind.render, page), kind.media_type)

    async def _select(self, wanted: Wanted, latest: bool) -> tuple[list[Entry], str | None]:
        """Return the events of a page, and the cursor of the last one looked at unless nothing comes after it."""
        chosen: list[Entry] = []
        stories: set[str] = set()
        cost, pause, last = 0, 0, None
        for entry in self._window.newest(wanted.before):
            if cost >= pause:
                await asyncio.sleep(0)  # live readers go first
                pause = cost + _TURN
            if cost >= _MOST:
                return chosen, last
            cost += _LOOK + (len(entry.event.text) if wanted.filter.q else 0)
            if wanted.filter.accepts(entry.event) and not (latest and entry.event.story_id in stories):
                if len(chosen) == wanted.limit:
                    return chosen, chosen[-1].cursor
                stories.add(entry.event.story_id)
                chosen.append(entry)
            last = entry.cursor
        return chosen, None
