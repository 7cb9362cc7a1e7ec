"""Articles out of web pages: title, text and what the page says of itself."""

from dataclasses import dataclass
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

_DROPPED = "script,style,noscript,nav,aside,footer,header,form,figure,figcaption,iframe,svg,template,button,select"


@dataclass(frozen=True, slots=True)
class Page:
    """An article as its web page gives it; `text` has one paragraph a line."""

    title: str
    text: str
    language: str | None = None
    url: str | None = None
    published_at: datetime | None = None


def extract(html: str) -> Page:
    """Return the main article of a page; fields the page does not give are empty or None."""
    tree = LexborHTMLParser(html)
    heading = tree.css_first("h1") or tree.css_first("title")
    title = " ".join(heading.text(separator=" ").split()) if heading else ""
    language = (tree.root.attributes.get("lang") or "")[:2].lower() if tree.root else ""
    for node in tree.css(_DROPPED):
        node.decompose()
    paragraphs = (" ".join(node.text(separator=" ").split()) for node in tree.css("p,h2,h3,li,blockquote"))
    return Page(title, "\n".join(paragraph for paragraph in paragraphs if paragraph), language or None)
