"""Text of strangers on a terminal: nothing that moves the cursor or turns the line, and columns that line up."""

import shutil
import sys
import unicodedata

from streams.messages import Event

_JOINERS = "\u200c\u200d"  # Persian, Hindi and others spell with these; every other format character goes
_LONGEST = 20_000  # characters: no line that anybody reads has more
_TIME, _WAR, _PLACE, _NARROW = "%Y-%m-%d %H:%M", 20, 26, 100


def safe(text: str) -> str:
    """Return text without control, escape, bidirectional and other invisible characters, on one line, not too long."""
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    kept = (
        char for char in text if char.isspace() or char in _JOINERS or not unicodedata.category(char).startswith("C")
    )
    return " ".join("".join(kept).split())


def width(text: str) -> int:
    """Return how many columns safe text takes on a terminal."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, columns: int) -> str:
    """Return safe text in exactly so many columns: cut with an ellipsis, or filled with spaces."""
    if width(text) > columns:
        used, end = 1, 0
        while used + _columns(text[end]) <= columns:
            used += _columns(text[end])
            end += 1
        text = text[:end] + "…"
    return text + " " * (columns - width(text))


def war(event: Event) -> str:
    """Return the conflict an event leads with, and how many more it has; a dash for none."""
    more = f" +{len(event.conflicts) - 1}" if len(event.conflicts) > 1 else ""
    return event.conflicts[0].id + more if event.conflicts else "-"


def place(event: Event) -> str:
    """Return the place an event is focused on and how precise that is, else its country, else a dash."""
    focus = next((place for place in event.places if place.role == "focus"), None)
    if focus is None:
        return event.countries[0].code if event.countries else "-"
    country = f", {focus.country}" if focus.country and focus.precision != "country" else ""
    return safe(f"{focus.name}{country} ({focus.precision})")


def columns() -> int | None:
    """Return the width of the terminal, None when standard output is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def line(event: Event, total: int | None, note: str = "") -> str:
    """Return an event as one line: time (UTC), language, war, place, title; tab-separated without a width."""
    time = (event.published_at or event.received_at).strftime(_TIME)
    title = safe(f"{note}{event.title or event.text[:300]}")
    fields = [time, event.language, war(event), place(event)]
    if total is None:
        return "\t".join([*fields, title])
    sizes = [len(time), 3, _WAR, _PLACE] if total >= _NARROW else [5, 3, _WAR - 6, _PLACE - 10]
    if total < _NARROW:
        fields[0] = time[-5:]
    shown = [fit(text, size) for text, size in zip(fields, sizes, strict=True)]
    return " ".join([*shown, fit(title, max(total - sum(sizes) - len(sizes) - 1, 10)).rstrip()])
