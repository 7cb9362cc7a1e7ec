"""An event to change."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from streams.messages import ConflictMatch, CountryScore, Event, Origin, Place, Provenance, Source


def _event(**changes: object) -> Event:
    """Return an event about shelling in Kharkiv, with some fields changed."""
    fields = {
        "id": "e1", "item_id": "i1", "story_id": "s1", "status": "new", "duplicate": None, "revision": 1,
        "title": "Shelling in Kharkiv", "text": "Shells fell.", "url": None, "source": Source(), "language": "en",
        "published_at": datetime(2025, 7, 9, 12, 30, tzinfo=UTC),
        "received_at": datetime(2025, 7, 9, 13, 0, tzinfo=UTC), "emitted_at": datetime(2025, 7, 9, 13, 0, tzinfo=UTC),
        "conflicts": (ConflictMatch("russia-ukraine", "Russia–Ukraine", 13243, None, 0.9, ()),),
        "places": (Place("Kharkiv", "city", 706483, None, "UA", None, 50.0, 36.2, "exact", 10, "focus", 0.9, ()),),
        "countries": (CountryScore("UA", 0.9),),
        "provenance": Provenance("1", "2", "3", Origin("news.raw", 0, 7)),
    }  # fmt: skip
    return Event(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def make_event() -> Callable[..., Event]:
    return _event
