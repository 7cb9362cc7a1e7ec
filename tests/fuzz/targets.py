"""Everything that reads what strangers write, as functions of bytes, and what each may refuse.

A target gets any bytes. It must return, or refuse them with the error that belongs to it.
"""

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from msgspec import DecodeError
from yarl import URL

from streams import codec, pipeline, samples, terminal
from streams.alerts import loader
from streams.errors import CommandFailed, ConfigError, PoisonMessage, WorkerStopped
from streams.feed.query import Conflict, Vocabulary
from streams.kafka import inputs
from streams.messages import Item, Origin, RawItem, Verdict
from streams.pipeline import Received
from streams.settings import Settings
from streams.text import html, language, urls
from streams.text.clean import clean
from streams.text.fingerprint import fingerprint
from streams.text.fold import fold

_REQUEST_LINE = 8190  # of aiohttp
_PAGE_CHARACTERS = 100_000  # escaped as JSON they take six times as many bytes at most
Target = Callable[[bytes], object]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _halves(data: bytes) -> tuple[str, str]:
    title, _, text = _text(data).partition("\n")
    return title, text


@cache
def models() -> pipeline.Models:
    """Return the models, loaded once."""
    return pipeline.load(Settings())


def _item(data: bytes) -> object:
    return codec.decode_raw(data)


def _whole(data: bytes) -> object:
    """Enrich an item; what is none is taken for the page of one, or mangling would seldom come further than JSON."""
    try:
        raw = codec.decode_raw(data)
    except PoisonMessage:
        raw = codec.decode_raw(json.dumps({"title": _text(data[:80]), "html": _text(data)[:_PAGE_CHARACTERS]}).encode())
    return codec.decode_item(codec.encode_item(_enriched(raw)))


def _language(data: bytes) -> object:
    title, text = _halves(data)
    return models().language.detect(title, text, title[:8])


def _fingerprint(data: bytes) -> object:
    return fingerprint(fold(_text(data)), "en")


def _places_and_wars(data: bytes) -> object:
    """Find mentions, places and conflicts, as `enrich` does."""
    title, text = _halves(data)
    raw = RawItem(title=title or None, text=text or title)
    return _enriched(raw)


def _enriched(raw: RawItem) -> Item:
    return pipeline.enrich(models(), Received(raw, Origin("news.raw", 0, 0), NOW))


@cache
def _vocabulary() -> Vocabulary:
    conflicts = models().registry.conflicts.values()
    known = [Conflict(conflict.slug, conflict.name, conflict.ucdp) for conflict in conflicts]
    return Vocabulary(known, frozenset(conflict.id for conflict in known))


def _query(data: bytes) -> object:
    """Read a query as the feed does; a request line that is longer never gets there."""
    query = URL.build(path="/", query_string=_text(data[:_REQUEST_LINE]).replace("\n", "%0A"), encoded=True).query
    return _vocabulary().page({key: query.getall(key) for key in query})


def _rules(data: bytes) -> object:
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        Path(file.name).write_bytes(data)
        return loader.load(Path(file.name), {"sudan"})


def _feed(data: bytes) -> object:
    return list(inputs._entries(data, Path("feed.xml")))


def _page(data: bytes) -> object:
    return codec.decode_raw(inputs.page(data))


def _shown(data: bytes) -> object:
    safe = terminal.safe(_text(data))
    assert all(char.isprintable() or char in "\u200c\u200d" for char in safe), safe
    return terminal.fit(safe, 40)


_POISON = (PoisonMessage,)
TARGETS: dict[str, tuple[Target, tuple[type[Exception], ...]]] = {
    "raw": (_item, _POISON),
    "enrich": (_whole, _POISON),
    "item": (lambda data: codec.decode_item(data), (DecodeError, WorkerStopped)),
    "event": (lambda data: codec.decode_event(data), (DecodeError,)),
    "html": (lambda data: html.extract(_text(data)), ()),
    "url": (lambda data: (urls.canonical_url(_text(data)), urls.domain_of(_text(data))), ()),
    "clean": (lambda data: clean(*_halves(data)), ()),
    "language": (_language, ()),
    "fold": (lambda data: fold(_text(data)), ()),
    "fingerprint": (_fingerprint, ()),
    "text": (_places_and_wars, _POISON),
    "time": (lambda data: codec.parse_time(_text(data)), ()),
    "query": (_query, (ConfigError,)),
    "rules": (_rules, (ConfigError,)),
    "feed": (_feed, (CommandFailed,)),
    "page": (_page, _POISON),
    "terminal": (_shown, ()),
    "shard": (lambda data: language.shard_of(_text(data)), ()),
}
# Seconds for 1 MiB where 50 ms are not enough: only who runs a command waits for a file of theirs to be read.
SECONDS = {"feed": 3.0, "rules": 0.4}

_RULES = """
[[receiver]]
name = "desk"
kind = "webhook"
url = "https://hooks.example.org/desk"
secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]

[[rule]]
name = "sudan"
when = "sources"
at_least = 3
within = "6h"
counting = "reports"
filter = {conflict = ["sudan"], min_score = 0.6, place = "15.5,32.5", radius = 50}
receivers = ["desk"]
quiet = {from = "23:00", to = "07:00", zone = "Europe/Paris"}

[[rule]]
name = "all"
when = "silence"
within = "1d"
group_by = ["source"]
everything = true
"""
_FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Example</title><language>en</language><item>
<guid>1</guid><title>Shells hit Kalvo</title><link>https://example.org/1</link><pubDate>Mon, 13 May 2024 08:35:00 GMT
</pubDate><description><![CDATA[<p>Two villages were hit.</p>]]></description></item></channel></rss>"""
_PAGE = """<!doctype html><html lang="en"><head><title>Shells hit Kalvo | The Example</title><meta property="og:title"
content="Shells hit Kalvo"><link rel="canonical" href="https://example.org/kalvo"><script type="application/ld+json">
{"@graph": [{"@type": "NewsArticle", "headline": "Shells hit Kalvo", "datePublished": "2024-05-12T10:35:00+02:00"}]}
</script></head><body><nav><a href="/">Home</a></nav><article class="post"><h1>Shells hit Kalvo</h1><p>Shells hit two
villages north of Kalvo early on Monday, the mayor said, and wounded four.</p><p>He paused.<br>No answer</p><table><tr>
<td>1</table><ul><li>a<li>b</ul></article><footer>All rights reserved</footer></body></html>"""
_ADDRESSES = (
    "https://www.example.org/a/b.html?utm_source=x&id=7#top", "//m.example.co.uk/%41/../é;jsessionid=1?b=2&a=1",
    "https://www.google.com/amp/s/example.org/amp/1.amp", "http://[::1]:8080/", "http://user:pw@bücher.example:443/#!/a",
)  # fmt: skip
_QUERIES = (
    "conflict=sudan,any&country=SD&min_score=0.5", "place=15.5,32.5&radius=50&q=Khartoum%20el&limit=5",
    "language=en,ar&source=example.org&status=new&before=1", "q=%D8%BA%D8%B2%D8%A9&limit=500",
)  # fmt: skip
_TIMES = (b"2024-05-12T10:35:00+02:00", b"Mon, 13 May 2024 08:35:00 GMT", b"2024-W20-1", b"20240512T1035Z")
# What mangling begins with, where it is not the samples, and what else it puts in.
SEEDS: dict[str, list[bytes]] = {
    "html": [_PAGE.encode()],
    "page": [_PAGE.encode()],
    "feed": [_FEED.encode()],
    "rules": [_RULES.encode()],
    "url": [address.encode() for address in _ADDRESSES],
    "query": [query.encode() for query in _QUERIES],
    "time": list(_TIMES),
    "shard": [b"en", b"ru", b"zz"],
}


def seeds(name: str) -> list[bytes]:
    """Return what mangling begins with."""
    raws = list(samples.items())[::9]
    if name not in ("item", "event"):
        return SEEDS.get(name) or raws
    items = [_enriched(RawItem(title=raw.decode(errors="replace")[:60], text=_text(raw))) for raw in raws]
    if name == "item":
        return [codec.encode_item(item) for item in items]
    return [codec.encode_event(pipeline.event(item, Verdict("new", item.item_id), NOW)) for item in items]


_TAGS = b"table tr td div b i a font svg math template select option h1 blockquote ul li br script style title".split()
TOKENS: dict[str, list[bytes]] = {
    "html": [*(b"<%b>" % tag for tag in _TAGS), *(b"</%b>" % tag for tag in _TAGS), b"<p class=share>", b"<p " * 30],
    "url": [b"../", b"%2e%2e/", b"?", b"#", b"&", b"=", b"xn--", b"\xc3\xbc", b":99999", b"amp/", b".", b"\\"],
    "query": [b"&", b"=", b",", b"%", b"+", b"conflict=", b"place=", b"radius=", b"min_score=", b"nan", b"inf", b"-1"],
    "rules": [b"[", b"]]", b"=", b"{", b"}", b'"""', b"\n[[rule]]\n", b"when = ", b"1d", b"[[receiver]]\n", b"a." * 60],
    "time": [b"-", b"+", b":", b"Z", b"(", b"GMT", b"0000", b"24:00"],
}
