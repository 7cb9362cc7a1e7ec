"""Events made up for the tests of the gateway."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from streams import codec
from streams.messages import ConflictMatch, CountryScore, Event, Evidence, Origin, Place, Provenance, Source

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TITLE = "Drones hit a market in El Fasher"
TEXT = "Nine people died when drones hit a market in El Fasher, medics said."
EL_FASHER = Place("El Fasher", "city", 379555, None, "SD", "SD-DN", 13.6279, 25.3494, "exact", 6.0, "focus", 1.0, ())
SUDAN = Place("Sudan", "country", 366755, None, "SD", None, None, None, "country", None, "focus", 1.0, ())
EVENT = Event(
    id="0" * 32, item_id="i", story_id="f" * 32, status="new", duplicate=None, revision=1, title=TITLE, text=TEXT,
    url="https://wire.example/sudan/1", source=Source("Example Wire", "wire.example"), language="en",
    published_at=NOW - timedelta(minutes=3), received_at=NOW, emitted_at=NOW,
    conflicts=(ConflictMatch("sudan", "Sudan war", 309, None, 0.9,
                             (Evidence("title", 23, 32, "El Fasher", "place of the war"),
                              Evidence("text", 22, 28, "drones", "fighting"))),),
    places=(EL_FASHER,), countries=(CountryScore("SD", 1.0),),
    provenance=Provenance("1", "1", "1", Origin("news.raw", 0, 0)),
)  # fmt: skip


def event(number: int, **changes: object) -> Event:
    """Return the event of a number: id, story and time follow from it."""
    made = replace(EVENT, id=f"{number:032x}", story_id=f"{number:032d}", emitted_at=NOW + timedelta(seconds=number))
    return replace(made, **changes)


def body(number: int, **changes: object) -> bytes:
    """Return the event of a number as JSON."""
    return codec.encode_event(event(number, **changes))
