"""What a web page says of its article: JSON-LD first, then Open Graph and plain HTML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from selectolax.lexbor import LexborHTMLParser

from streams.text.urls import canonical_url

_ARTICLE = re.compile(
    r"(?:News|Reportage|Analysis|Opinion|Background|Review|LiveBlog|Blog|Social|Satirical)?(?:Article|Posting)$"
)
_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_]|$)")
_MAX_JSON_DEPTH = 4
_SITE = re.compile(" [|·»–—-] ")
_META = {
    "og:title": "title", "twitter:title": "title", "og:url": "url", "article:published_time": "published",
    "datePublished": "published", "date": "published", "pubdate": "published", "og:locale": "language",
    "parsely-pub-date": "published", "dc.date.issued": "published",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metadata:
    """What was declared; empty or None where nothing was."""

    title: str = ""
    body: str = ""
    language: str | None = None
    url: str | None = None
    published_at: str | None = None


def read_metadata(tree: LexborHTMLParser, declared: list[str]) -> Metadata:
    """Read title, body, language, address and time of publication, from the page and the JSON-LD it declared.

    JSON-LD that is malformed and addresses that are none are left out; the time stands as the page writes it.
    """
    article = next(_articles(declared), {})
    meta = _meta(tree)
    heading, title = tree.css_first("h1"), tree.css_first("title")
    link, root = tree.css_first("link[rel=canonical]"), tree.root
    address = (link.attributes.get("href") if link else None) or meta.get("url") or _string(article, "url")
    language = (
        (root.attributes.get("lang") if root else None) or _string(article, "inLanguage") or meta.get("language", "")
    )
    code = _LANGUAGE.match(language)
    return Metadata(
        title=_title(
            heading.text(separator=" ") if heading else "",
            _string(article, "headline"),
            meta.get("title", ""),
            title.text() if title else "",
        ),
        body=_string(article, "articleBody"),
        language=code[1].lower() if code else None,
        url=address if address and canonical_url(address) else None,
        published_at=_string(article, "datePublished") or meta.get("published") or None,
    )


def _title(heading: str, headline: str, shared: str, tab: str) -> str:
    """Return the title most agree on: the heading where others repeat it, else the first that is declared."""
    heading, headline, shared, tab = (" ".join(text.split()) for text in (heading, headline, shared, tab))
    if heading and (heading in shared or heading in tab or heading in headline):
        return heading
    return headline or _SITE.split(shared, 1)[0] or heading or _SITE.split(tab, 1)[0]


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        field = _META.get(attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or "")
        if field and (content := attributes.get("content")):
            found.setdefault(field, content)
    return found


def _articles(declared: list[str]) -> Iterator[dict[str, object]]:
    for text in declared:
        try:
            value = msgspec.json.decode(text.strip())
        except (msgspec.DecodeError, RecursionError):
            continue  # a broken declaration says nothing
        yield from _find(value, _MAX_JSON_DEPTH)


def _find(value: object, depth: int) -> Iterator[dict[str, object]]:
    if isinstance(value, list) and depth:
        for part in value:
            yield from _find(part, depth - 1)
    elif isinstance(value, dict):
        kinds = value.get("@type")
        if any(
            isinstance(kind, str) and _ARTICLE.match(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])
        ):
            yield value
        if depth:
            yield from _find([value.get("@graph"), value.get("mainEntity")], depth - 1)


def _string(article: dict[str, object], field: str) -> str:
    value = article.get(field)
    return value.strip() if isinstance(value, str) else ""
