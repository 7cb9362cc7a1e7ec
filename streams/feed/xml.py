"""Atom and RSS as text: the elements, escaped, and nothing that XML 1.0 forbids."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement
from xml.sax.saxutils import escape as escape

_ATOM, _GEORSS, _DC = "http://www.w3.org/2005/Atom", "http://www.georss.org/georss", "http://purl.org/dc/elements/1.1/"
# https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Head:
    """What a feed says of itself."""

    name: str
    about: str
    site: str
    address: str
    next_address: str | None
    hub: str
    updated: datetime

    @property
    def links(self) -> list[tuple[str, str]]:
        """Relations and addresses: itself, its hub, the next page."""
        links = [("self", self.address), ("hub", self.hub), ("next", self.next_address or "")]
        return [(relation, address) for relation, address in links if address]


@dataclass(frozen=True, slots=True)
class Item:
    """One event as feeds show it. `html` is already escaped where needed."""

    iri: str
    link: str
    data: str
    title: str
    html: str
    author: str
    published: datetime
    updated: datetime
    tags: Sequence[str]
    language: str | None
    point: tuple[float, float] | None
    radius_km: float | None


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    child = SubElement(parent, name, {key: _FORBIDDEN.sub("", value) for key, value in attributes.items()})
    child.text = _FORBIDDEN.sub("", text) or None
    return child


def _document(root: Element) -> bytes:
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode").encode()


def _where(parent: Element, item: Item) -> None:
    if item.point:
        _add(parent, "georss:point", f"{item.point[0]} {item.point[1]}")
        if item.radius_km:
            _add(parent, "georss:radius", f"{item.radius_km * 1000:.0f}")


def _rfc3339(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def atom(head: Head, items: Sequence[Item]) -> bytes:
    """Return an Atom feed (RFC 4287), UTF-8."""
    feed = Element("feed", {"xmlns": _ATOM, "xmlns:georss": _GEORSS})
    _add(feed, "id", head.address)
    _add(feed, "title", head.name)
    _add(feed, "subtitle", head.about)
    _add(feed, "updated", _rfc3339(head.updated))
    _add(feed, "link", rel="alternate", type="text/html", href=f"{head.site}/")
    for relation, address in head.links:
        _add(feed, "link", rel=relation, href=address)
    for item in items:
        _atom_entry(feed, item)
    return _document(feed)


def _atom_entry(feed: Element, item: Item) -> None:
    entry = _add(feed, "entry", **({"xml:lang": item.language} if item.language else {}))
    _add(entry, "id", item.iri)
    _add(entry, "title", item.title, type="text")
    _add(entry, "link", rel="alternate", href=item.link)
    _add(entry, "link", rel="related", type="application/json", href=item.data)
    _add(entry, "published", _rfc3339(item.published))
    _add(entry, "updated", _rfc3339(item.updated))
    _add(_add(entry, "author"), "name", item.author)
    for tag in item.tags:
        _add(entry, "category", term=tag)
    _add(entry, "content", item.html, type="html")
    _where(entry, item)


def rss(head: Head, items: Sequence[Item]) -> bytes:
    """Return an RSS 2.0 feed (https://www.rssboard.org/rss-specification), UTF-8."""
    root = Element("rss", {"version": "2.0", "xmlns:atom": _ATOM, "xmlns:georss": _GEORSS, "xmlns:dc": _DC})
    channel = _add(root, "channel")
    _add(channel, "title", head.name)
    _add(channel, "link", f"{head.site}/")
    _add(channel, "description", head.about)
    _add(channel, "lastBuildDate", format_datetime(head.updated.astimezone(UTC)))
    for relation, address in head.links:
        _add(channel, "atom:link", rel=relation, href=address)
    for item in items:
        _rss_item(channel, item)
    return _document(root)


def _rss_item(channel: Element, item: Item) -> None:
    entry = _add(channel, "item")
    _add(entry, "title", item.title)
    _add(entry, "link", item.link)
    _add(entry, "guid", item.iri, isPermaLink="false")
    _add(entry, "pubDate", format_datetime(item.published.astimezone(UTC)))
    _add(entry, "dc:creator", item.author)
    if item.language:
        _add(entry, "dc:language", item.language)
    for tag in item.tags:
        _add(entry, "category", tag)
    _add(entry, "description", item.html)
    _where(entry, item)
