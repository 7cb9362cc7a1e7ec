"""The recipe, top to bottom: `enrich` makes an item of a raw item, `dedup.admit` judges it, `event` states it."""

import re
from dataclasses import dataclass
from datetime import datetime

import xxhash
from msgspec.structs import replace

from streams import __version__, conflict, geo
from streams.codec import parse_time
from streams.document import Document
from streams.errors import PoisonMessage
from streams.messages import Event, Item, Origin, Provenance, RawItem, Source, Verdict
from streams.settings import Settings
from streams.text import boilerplate, html, language
from streams.text.clean import Cleaned, clean
from streams.text.fingerprint import fingerprint
from streams.text.fold import fold, fold_name
from streams.text.urls import canonical_url, domain_of

_MARKUP = re.compile(r"<(?:/?(?:p|div|br|span|article|body|html|h[1-6]|ul|li)\b|(?:a|img|iframe)\s)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Models:
    """Everything `enrich` looks things up in; it never changes while a worker runs."""

    language: language.LanguageModel
    registry: conflict.Registry
    gazetteer: geo.Gazetteer


def load(settings: Settings) -> Models:
    """Load language models, page words, conflict registry and gazetteer; ConfigError when a data file is wrong."""
    boilerplate.load()
    return Models(
        language=language.load(),
        registry=conflict.load(fold_name, settings.registry_dir),
        gazetteer=geo.load(settings.gazetteer_file),
    )


def enrich(models: Models, raw: RawItem, origin: Origin, received_at: datetime, *, backfill: bool = False) -> Item:
    """Clean an item and find its language, places, countries and conflicts; the same input gives the same item.

    PoisonMessage when nothing readable is left of it.
    """
    raw, cleaned = _readable(raw)
    title, text = cleaned.title, cleaned.text
    code = models.language.detect(title, text, raw.language)
    page = canonical_url(raw.url) if raw.url else None
    source = Source(raw.source.name, raw.source.domain or (domain_of(page) if page else None))
    document = document_of(title, text, code, source.domain, raw.published_at)
    geography = geo.resolve(document, models.gazetteer)
    return Item(
        item_id=raw.id or (_hash(page) if page else _hash(title, text)),
        shard=language.shard_of(code),
        title=title,
        text=text,
        url=raw.url.strip() if raw.url and page else None,
        page=page,
        source=source,
        language=code,
        published_at=raw.published_at,
        received_at=received_at,
        fingerprint=fingerprint(document.body, document.folded.text, code),
        conflicts=conflict.classify(document, geography.places, geography.countries, models.registry),
        places=geography.places,
        countries=geography.countries,
        provenance=Provenance(
            __version__, models.registry.version, models.gazetteer.version, origin, backfill=backfill
        ),
    )


def _readable(raw: RawItem) -> tuple[RawItem, Cleaned]:
    """Take title and text out of markup, then out of page furniture; what the producer said comes first."""
    markup = raw.html or (raw.text if raw.text and _MARKUP.search(raw.text) else None)
    if markup:
        page = html.extract(markup)
        plain = raw.text if raw.html else None
        raw = replace(
            raw,
            url=raw.url or page.url,
            title=raw.title or page.title,
            text=plain or page.text,
            language=raw.language or page.language,
            published_at=raw.published_at or parse_time(page.published_at),
        )
    cleaned = clean(raw.title, raw.text or "")
    if not cleaned.title and not cleaned.text:
        raise PoisonMessage("no-content", "nothing readable is left after cleaning")
    return raw, cleaned


def document_of(title: str, text: str, code: str, domain: str | None, published_at: datetime | None) -> Document:
    """Return a cleaned item as places and conflicts are looked for in it."""
    body = f"{title}\n{text}"
    return Document(title, text, body, fold(body), code, domain, published_at)


def event(item: Item, verdict: Verdict, emitted_at: datetime) -> Event:
    """Return the event of an item and its verdict; its id depends on the item's id and content alone."""
    return Event(
        id=_hash(item.item_id, item.title, item.text),
        item_id=item.item_id,
        story_id=verdict.story_id,
        status=verdict.status,
        duplicate=verdict.duplicate,
        revision=verdict.revision,
        title=item.title,
        text=item.text,
        url=item.url,
        source=item.source,
        language=item.language,
        published_at=item.published_at,
        received_at=item.received_at,
        emitted_at=emitted_at,
        conflicts=item.conflicts,
        places=item.places,
        countries=item.countries,
        provenance=item.provenance,
    )


def _hash(*parts: str) -> str:
    return xxhash.xxh3_128_hexdigest("\x1f".join(parts).encode("utf-8", "surrogatepass"))
