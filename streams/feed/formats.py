"""The documents of the feed: one function and one table entry each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from streams.feed import summary, xml
from streams.feed.window import Entry
from streams.messages import Event, Place

NAME, ABOUT = "streams", "News events: which armed conflict, where, with the evidence"


@dataclass(frozen=True, slots=True)
class Page:
    """What a document shows: entries newest first, the addresses of itself, of the site and of the next page."""

    entries: Sequence[Entry]
    site: str
    address: str
    next_cursor: str | None = None
    next_address: str | None = None
    hub: str = ""

    @property
    def updated(self) -> datetime:
        """When the newest event was emitted; the epoch without any."""
        return self.entries[0].event.emitted_at if self.entries else datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Format:
    """A document: its path, its media type, how it is made, and whether it shows one entry a story, the latest."""

    path: str
    media_type: str
    render: Callable[[Page], bytes]
    latest: bool
    meaning: str


def iri(event: Event) -> str:
    """Return what names a story in feeds, the same for all its revisions."""
    return uuid5(NAMESPACE_URL, f"urn:streams:{event.story_id}").urn


def events(page: Page) -> bytes:
    """Return the events as they are, newest first, and the cursor of the next page."""
    listed = b",".join(entry.body for entry in page.entries)
    return b'{"events":[%b],"next":%b}' % (listed, orjson.dumps(page.next_cursor))


def json_feed(page: Page) -> bytes:
    """Return a JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": NAME,
        "description": ABOUT,
        "home_page_url": f"{page.site}/",
        "feed_url": page.address,
        "next_url": page.next_address,
        "hubs": [{"type": "WebSub", "url": page.hub}] if page.hub else None,
        "items": [_json_item(entry.event, page) for entry in page.entries],
    }
    return orjson.dumps({key: value for key, value in feed.items() if value is not None})


def _json_item(event: Event, page: Page) -> dict[str, Any]:
    author = summary.publisher(event)
    item = {
        "id": iri(event),
        "url": summary.link(event),
        "title": summary.headline(event),
        "content_html": html(event),
        "summary": summary.about(event) or None,
        "date_published": _time(event.published_at or event.received_at),
        "date_modified": _time(event.emitted_at),
        "authors": [{"name": author}] if author else None,
        "tags": tags(event) or None,
        "language": None if event.language == "und" else event.language,
        "_streams": {"about": f"{page.site}/openapi.json", "event": f"{page.site}/events/{event.id}"},
    }
    return {key: value for key, value in item.items() if value is not None}


def html(event: Event) -> str:
    """Return the beginning of an event as HTML, with its wars and places."""
    about = summary.about(event)
    return f'<p dir="auto">{summary.marked(event)}</p>' + (f"<p>{xml.escape(about)}</p>" if about else "")


def tags(event: Event) -> list[str]:
    """Return conflicts and countries as words for a reader's filters."""
    return [match.id for match in event.conflicts] + [country.code for country in event.countries]


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def geojson(page: Page) -> bytes:
    """Return a GeoJSON FeatureCollection (RFC 7946); what is known by its country only has no point."""
    features = [_feature(entry.event) for entry in page.entries]
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def _feature(event: Event) -> dict[str, Any]:
    place = summary.pointed(event)
    properties = {
        "title": summary.headline(event),
        "url": summary.link(event),
        "time": _time(event.published_at or event.received_at),
        "language": event.language,
        "source": summary.publisher(event),
        "status": event.status,
        "story_id": event.story_id,
        "conflicts": [{"id": match.id, "name": match.name, "score": match.score} for match in event.conflicts],
        "countries": [country.code for country in event.countries],
        "place": place.name if place else None,
        "precision": place.precision if place else _coarsest(event),
        "radius_km": place.radius_km if place else None,
        "places": [_where(place) for place in summary.focuses(event)],
    }
    point = {"type": "Point", "coordinates": [place.lon, place.lat]} if place else None
    return {"type": "Feature", "id": event.id, "geometry": point, "properties": properties}


def _coarsest(event: Event) -> str:
    return "country" if event.countries or summary.focuses(event) else "unknown"


def _where(place: Place) -> dict[str, Any]:
    said = {"name": place.name, "country": place.country, "precision": place.precision}
    known = {"lat": place.lat, "lon": place.lon, "radius_km": place.radius_km}
    return said | (known if summary.has_point(place) else dict.fromkeys(known))


def atom(page: Page) -> bytes:
    """Return an Atom feed (RFC 4287) with GeoRSS points."""
    return xml.atom(xml.Head(NAME, ABOUT, page.site, page.address, page.next_address, page.hub, page.updated),
                    [_xml_item(entry.event, page) for entry in page.entries])  # fmt: skip


def rss(page: Page) -> bytes:
    """Return an RSS 2.0 feed with GeoRSS points."""
    return xml.rss(xml.Head(NAME, ABOUT, page.site, page.address, page.next_address, page.hub, page.updated),
                   [_xml_item(entry.event, page) for entry in page.entries])  # fmt: skip


def _xml_item(event: Event, page: Page) -> xml.Item:
    place = summary.pointed(event)
    return xml.Item(
        iri=iri(event),
        link=summary.link(event) or f"{page.site}/events/{event.id}",
        data=f"{page.site}/events/{event.id}",
        title=summary.headline(event),
        html=html(event),
        author=summary.publisher(event) or "unknown",
        published=event.published_at or event.received_at,
        updated=event.emitted_at,
        tags=tags(event),
        language=None if event.language == "und" else event.language,
        point=(place.lat, place.lon) if place and place.lat is not None and place.lon is not None else None,
        radius_km=place.radius_km if place else None,
    )


FORMATS = (
    Format("/events.json", "application/json", events, False, "Recent events, newest first, with a cursor"),
    Format("/feed.json", "application/feed+json", json_feed, True, "JSON Feed 1.1"),
    Format("/feed.atom", "application/atom+xml", atom, True, "Atom (RFC 4287)"),
    Format("/feed.rss", "application/rss+xml", rss, True, "RSS 2.0"),
    Format("/events.geojson", "application/geo+json", geojson, True, "GeoJSON (RFC 7946)"),
)
