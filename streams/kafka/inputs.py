"""Files to raw items: JSON Lines go through unchanged, RSS and Atom entries and HTML pages become one item each."""

import gzip
import json
import os
import re
import select
import sys
from asyncio import Event, get_running_loop
from collections.abc import AsyncIterator, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import xxhash

from streams import codec
from streams.errors import CommandFailed, PoisonMessage
from streams.lines import Cutter
from streams.messages import MAX_RAW_BYTES

Kind = Literal["lines", "feed", "page"]
_READ = 1 << 16
# A compressed file may grow without end. A line that is cut is still longer than a raw item may be: a dead letter.
_LINE, _LARGEST = 2 * MAX_RAW_BYTES, 32 << 20
_SUFFIXES: dict[str, Kind] = {
    ".jsonl": "lines", ".ndjson": "lines", ".json": "lines",
    ".rss": "feed", ".atom": "feed", ".html": "page", ".htm": "page", ".xhtml": "page",
}  # fmt: skip
_FEED = re.compile(rb"\s*(<\?xml|<rss\b|<feed\b|<rdf:RDF\b)", re.I)
_PAGE = re.compile(rb"\s*(<!doctype html|<html\b)", re.I)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.I)


def kind(path: Path, start: bytes) -> Kind:
    """Return what a file holds, by its suffix, else by how it starts; JSON Lines when neither tells."""
    known = _SUFFIXES.get(Path(path.name.removesuffix(".gz")).suffix.lower())
    start = start.removeprefix(b"\xef\xbb\xbf")
    sniffed: Kind = "page" if _PAGE.match(start) else "feed" if _FEED.match(start) else "lines"
    return known or sniffed


async def values(name: str) -> AsyncIterator[bytes]:
    """Yield the raw items of a file (`-`: standard input) as bytes; CommandFailed when it cannot be read."""
    if name == "-":
        async for line in _lines(sys.stdin.fileno()):
            yield line
        return
    try:
        for value in _file(Path(name)):
            yield value
    except (OSError, EOFError) as error:
        raise CommandFailed(f"{name}: {getattr(error, 'strerror', None) or error}") from error


def key(value: bytes) -> bytes | None:
    """Return the Kafka key of a raw item: its id, else a hash of its URL, else none; so revisions stay in order."""
    try:
        item = codec.decode_raw(value)
    except PoisonMessage:
        return None
    if item.id:
        return item.id.encode()
    return xxhash.xxh3_128_hexdigest(item.url.encode()).encode() if item.url else None


def _file(path: Path) -> Iterator[bytes]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as content:
        start = content.read(512)
        content.seek(0)
        what = kind(path, start)
        if what == "lines":
            yield from _cut(iter(partial(content.read, _READ), b""))
        else:
            whole = content.read(_LARGEST + 1)
            if len(whole) > _LARGEST:
                raise CommandFailed(f"{path}: more than {_LARGEST >> 20} MiB, which no {what} of news has")
            yield from _entries(whole, path) if what == "feed" else [page(whole)]


def _cut(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the lines of pieces that are not blank; what is longer than any raw item may be is cut."""
    cutter = Cutter(_LINE)
    for piece in pieces:
        yield from filter(None, (line.strip(b"\r") for line in cutter.cut(piece)))
    if rest := cutter.rest().strip(b"\r"):
        yield rest


async def _lines(fd: int) -> AsyncIterator[bytes]:
    cutter = Cutter(_LINE)
    while True:
        # Waiting in the event loop, not in read(), lets what was sent so far reach the broker.
        if not select.select([fd], [], [], 0)[0]:
            await _readable(fd)
        chunk = os.read(fd, _READ)
        for line in filter(None, (line.rstrip(b"\r") for line in cutter.cut(chunk))):
            yield line
        if not chunk:
            break
    if rest := cutter.rest().rstrip(b"\r"):
        yield rest


async def _readable(fd: int) -> None:
    loop = get_running_loop()
    ready = Event()
    loop.add_reader(fd, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fd)


def _entries(content: bytes, path: Path) -> Iterator[bytes]:
    import feedparser

    feed = feedparser.parse(BytesIO(content))  # not the bytes: it would take some for the name of a file
    if not feed.entries and feed.get("bozo"):
        raise CommandFailed(f"{path}: neither RSS nor Atom: {feed.get('bozo_exception')}")
    for entry in feed.entries:
        yield _encode(_item(entry, feed.feed))


def _item(entry: Any, feed: Any) -> dict[str, Any]:
    contents = entry.get("content") or [{"value": entry.get("summary")}]
    return {
        "id": entry.get("id"),
        "url": entry.get("link"),
        "title": entry.get("title"),
        "html": contents[0].get("value"),
        "source": feed.get("title"),
        "language": feed.get("language"),
        "published_at": entry.get("published") or entry.get("updated"),
    }


def page(content: bytes) -> bytes:
    """Return the raw item of an HTML page, with the URL it gives itself where it does."""
    from selectolax.lexbor import LexborHTMLParser

    from streams.text.pages import safe_html, split_scripts

    html = _decode(content)
    tree = LexborHTMLParser(safe_html(split_scripts(html)[0]))
    link, graph = tree.css_first("link[rel=canonical]"), tree.css_first('meta[property="og:url"]')
    url = (link and link.attributes.get("href")) or (graph and graph.attributes.get("content"))
    return _encode({"html": html, "url": url if url and url.startswith("http") else None})


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        declared = _CHARSET.search(content[:2048])
    try:
        return content.decode(declared[1].decode() if declared else "cp1252", "replace")
    except LookupError:
        return content.decode("cp1252", "replace")


def _encode(item: dict[str, Any]) -> bytes:
    filled = {name: value for name, value in item.items() if value}
    return json.dumps(filled, ensure_ascii=False).encode("utf-8", "replace")
