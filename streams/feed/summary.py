"""What a feed shows of an event: a headline, the beginning of its text with the evidence marked, what and where."""

import unicodedata
from collections.abc import Iterable
from html import escape

from streams.messages import Event, Evidence, Place

_LENGTH = 500
_SPELLED_WITH = "\u200c\u200d"  # Persian, Indic and other scripts spell with these; emoji, too
_SURE = 0.99  # no score is called 100 %
_WITHOUT_POINT = ("country", "international", "unknown")


def plain(text: str) -> str:
    """Return text on one line, without control characters and those that turn the direction of what follows."""
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return " ".join("".join(char for char in line if _shown(char)).split())


def _shown(char: str) -> bool:
    return char in _SPELLED_WITH or unicodedata.category(char)[0] != "C"


def headline(event: Event) -> str:
    """Return the title of an event, or the beginning of its text."""
    return plain(event.title) or _cut(plain(event.text[: 2 * _LENGTH]), 120)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def beginning(event: Event) -> str:
    """Return the beginning of the text, on one line."""
    return _cut(plain(event.text[: 2 * _LENGTH]), _LENGTH)


def marked(event: Event) -> str:
    """Return the beginning of the text as HTML, escaped, each evidence phrase in `<mark>` with its reason."""
    pieces, at = [], 0
    end = len(event.text) if len(event.text) <= _LENGTH else _LENGTH
    for span in _apart(piece for match in event.conflicts for piece in match.evidence):
        if span.end <= end:
            pieces += [_html(event.text[at : span.start]), f'<mark title="{escape(span.reason)}">']
            pieces += [_html(event.text[span.start : span.end]), "</mark>"]
            at = span.end
    return "".join([*pieces, _html(event.text[at:end]), "…" if end < len(event.text) else ""])


def _apart(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return the evidence in the text in its order, what overlaps an earlier piece left out."""
    apart: list[Evidence] = []
    for piece in sorted((piece for piece in evidence if piece.field == "text"), key=lambda piece: piece.start):
        if not apart or piece.start >= apart[-1].end:
            apart.append(piece)
    return apart


def _html(text: str) -> str:
    # White space at the seams of the pieces counts, so that words beside a mark stay apart.
    lead, trail = text[:1].isspace(), text[-1:].isspace()
    return " " * lead + escape(plain(text)) + " " * (trail and bool(text.strip()))


def publisher(event: Event) -> str | None:
    """Return the name of the source, else its domain, None when neither is known."""
    return plain(event.source.name or event.source.domain or "") or None


def link(event: Event) -> str | None:
    """Return the address of the item when a reader may follow it: http or https, no other scheme."""
    url = plain(event.url or "").replace(" ", "%20")
    return url if url.lower().startswith(("http://", "https://")) else None


def focuses(event: Event) -> list[Place]:
    """Return the places where it happened."""
    return [place for place in event.places if place.role == "focus"]


def pointed(event: Event) -> Place | None:
    """Return the first place where it happened that is known better than by its country, None without one."""
    return next((place for place in focuses(event) if has_point(place)), None)


def has_point(place: Place) -> bool:
    """Return whether a place is known better than by its country, whose coordinates are only a middle."""
    return place.precision not in _WITHOUT_POINT and place.lat is not None and place.lon is not None


def where(event: Event) -> str:
    """Return where it happened in words, with the precision, empty when nothing is known."""
    return "; ".join(_place(place) for place in focuses(event)) or ", ".join(
        country.code for country in event.countries[:3]
    )


def _place(place: Place) -> str:
    country = f", {place.country}" if place.country and place.precision != "country" else ""
    radius = f", within {place.radius_km:g} km" if place.radius_km and has_point(place) else ""
    return plain(f"{place.name}{country} ({place.precision}{radius})")


def about(event: Event) -> str:
    """Return wars and places of an event in one line, empty without any."""
    wars = ", ".join(f"{plain(match.name)} ({min(match.score, _SURE):.0%})" for match in event.conflicts)
    return " · ".join(part for part in (wars, where(event)) if part)
