"""Everything that reads what strangers write, as functions of bytes, and what each may refuse.

A target gets any bytes. It must return, or refuse them with the error that belongs to it.
"""

import json
import tempfile
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from msgspec import DecodeError

from streams import codec, filters, pipeline, terminal
from streams.alerts import loader
from streams.errors import CommandFailed, ConfigError, PoisonMessage, WorkerStopped
from streams.kafka import inputs
from streams.messages import Origin
from streams.pipeline import Received
from streams.settings import Settings
from streams.text import html, language, urls
from streams.text.clean import clean
from streams.text.fingerprint import fingerprint
from streams.text.fold import fold

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
    raw = codec.decode_raw(data)
    item = pipeline.enrich(models(), Received(raw, Origin("news.raw", 0, 0), NOW))
    return codec.decode_item(codec.encode_item(item))


def _language(data: bytes) -> object:
    title, text = _halves(data)
    return models().language.detect(title, text, title[:8])


def _fingerprint(data: bytes) -> object:
    return fingerprint(fold(_text(data)), "en")


def _places_and_wars(data: bytes) -> object:
    """Find mentions, places and conflicts, as `enrich` does."""
    title, text = _halves(data)
    raw = json.dumps({"title": title, "text": text or "x"}).encode()
    return pipeline.enrich(models(), Received(codec.decode_raw(raw), Origin("news.raw", 0, 0), NOW))


def _query(data: bytes) -> object:
    pairs = urllib.parse.parse_qsl(_text(data), keep_blank_values=True)
    return filters.parse(dict(pairs))


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
