"""The documents, read by parsers and validators of others; and what strangers' text may not do in them."""

import atoma
import feedparser
import geojson
import orjson
import pytest
from feed_events import EL_FASHER, SUDAN, TEXT, body, event
from msgspec.structs import replace

from streams.feed import formats, summary
from streams.feed.formats import Page
from streams.feed.window import Window
from streams.messages import Event, Evidence, Source

SITE = "https://news.example"
NASTY = [
    "<script>alert(1)</script>&amp; \"quoted\" 'too' ]]>",
    "a\x00b\x0bc\ufffe\x1b[31m",
    "\u202eevil\u202c \u2066isolated\u2069",
    "قصف على الفاشر 🕊\u200d",
    "",
]


def page(*events: Event, hub: str = "", path: str = "/feed", more: str | None = None) -> Page:
    window = Window(1000, 1000)
    for number, each in enumerate(events):
        window.add(each, body(number), 0, number)
    return Page([*window.newest()], SITE, SITE + path, more, more and f"{SITE}{path}?before={more}", hub)


def nasty(text: str) -> Event:
    return event(
        0, title=text, text=text + TEXT, url=f"https://x.example/{text}", source=Source(text, None), conflicts=()
    )


PAGES = [
    pytest.param(page(), id="empty"),
    pytest.param(page(event(0), event(1, status="revision", places=(SUDAN,))), id="two"),
    pytest.param(page(event(0), hub="https://hub.example/", more="1.0.0"), id="hub"),
    pytest.param(page(event(0, url=None, source=Source(), language="und", published_at=None)), id="bare"),
    *[pytest.param(page(nasty(text)), id=f"nasty-{number}") for number, text in enumerate(NASTY)],
]


@pytest.mark.parametrize("shown", PAGES)
def test_atom_is_read_by_others(shown: Page) -> None:
    made = formats.atom(shown)
    strict, loose = atoma.parse_atom_bytes(made), feedparser.parse(made)
    assert (loose.bozo, loose.version) == (False, "atom10")
    assert [entry.id_ for entry in strict.entries] == [formats.iri(entry.event) for entry in shown.entries]
    assert [entry.title.value for entry in strict.entries] == [summary.headline(e.event) for e in shown.entries]
    assert [entry.updated for entry in strict.entries] == [entry.event.emitted_at for entry in shown.entries]
    assert {link.rel: link.href for link in strict.links}["self"] == shown.address


@pytest.mark.parametrize("shown", PAGES)
def test_rss_is_read_by_others(shown: Page) -> None:
    made = formats.rss(shown)
    strict, loose = atoma.parse_rss_bytes(made), feedparser.parse(made)
    assert (loose.bozo, loose.version) == (False, "rss20")
    assert [item.guid for item in strict.items] == [formats.iri(entry.event) for entry in shown.entries]
    assert [item.title or "" for item in strict.items] == [summary.headline(entry.event) for entry in shown.entries]


@pytest.mark.parametrize("shown", PAGES)
def test_json_feed_is_read_by_others(shown: Page) -> None:
    made = formats.json_feed(shown)
    feed = atoma.parse_json_feed_bytes(made)
    assert feed.version == "https://jsonfeed.org/version/1.1"
    assert (feed.feed_url, feed.next_url) == (shown.address, shown.next_address)
    assert [item.id_ for item in feed.items] == [formats.iri(entry.event) for entry in shown.entries]
    assert all(item.content_html for item in feed.items)
    assert [hub["url"] for hub in orjson.loads(made).get("hubs", [])] == ([shown.hub] if shown.hub else [])


@pytest.mark.parametrize("shown", PAGES)
def test_geojson_is_valid(shown: Page) -> None:
    collection = geojson.loads(formats.geojson(shown))
    assert isinstance(collection, geojson.FeatureCollection)
    assert (collection.is_valid, len(collection.features)) == (True, len(shown.entries))


def test_only_what_is_known_better_than_by_its_country_has_a_point() -> None:
    capital = replace(SUDAN, lat=15.55, lon=32.53)
    one, other = orjson.loads(formats.geojson(page(event(0), event(1, places=(capital,)))))["features"]
    assert (one["geometry"], one["properties"]["precision"]) == (None, "country")
    assert other["geometry"] == {"type": "Point", "coordinates": [25.3494, 13.6279]}
    assert (other["properties"]["precision"], other["properties"]["radius_km"]) == ("exact", 6.0)
    assert b"georss" not in formats.rss(page(event(1, places=(capital,)))).partition(b"<item>")[2]


@pytest.mark.parametrize("text", NASTY)
def test_no_text_of_strangers_becomes_markup_or_turns_the_line(text: str) -> None:
    shown = page(nasty(text))
    for made in (formats.atom(shown), formats.rss(shown), formats.json_feed(shown), formats.geojson(shown)):
        assert not any(char in made.decode() for char in "\x00\x0b\x1b\u202e\u202c\u2066\u2069")
    assert "<script" not in summary.marked(nasty(text))
    assert feedparser.parse(formats.atom(shown)).entries[0].title.count("\n") == 0


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x.example", "ftp://x.example", None])
def test_only_web_addresses_become_links(url: str | None) -> None:
    shown = page(event(0, url=url))
    assert feedparser.parse(formats.atom(shown)).entries[0].link == f"{SITE}/events/{event(0).id}"
    assert "url" not in orjson.loads(formats.json_feed(shown))["items"][0]


def test_evidence_is_marked_once_and_in_its_place() -> None:
    conflict = event(0).conflicts[0]
    pieces = ((22, 28, "weapon"), (22, 40, "again"), (45, 54, "place <b>"), (0, 4, "title"))
    evidence = tuple(
        Evidence("title" if reason == "title" else "text", start, end, TEXT[start:end], reason)
        for start, end, reason in pieces
    )
    made = summary.marked(event(0, conflicts=(replace(conflict, evidence=evidence),)))
    assert made == (
        'Nine people died when <mark title="weapon">drones</mark> hit a market in '
        '<mark title="place &lt;b&gt;">El Fasher</mark>, medics said.'
    )


def test_a_long_text_is_cut_and_no_mark_crosses_the_end() -> None:
    conflict = event(0).conflicts[0]
    evidence = (Evidence("text", 495, 505, "x" * 10, "weapon"),)
    made = summary.marked(event(0, text="x" * 900, conflicts=(replace(conflict, evidence=evidence),)))
    assert made == "x" * 500 + "…"


def test_where_says_how_exactly_it_is_known() -> None:
    assert summary.where(event(0)) == "El Fasher, SD (exact, within 6 km)"
    assert summary.where(event(0, places=(SUDAN,))) == "Sudan (country)"
    assert summary.where(event(0, places=(replace(EL_FASHER, role="mention"),))) == "SD"
