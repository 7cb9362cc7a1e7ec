"""Routes: which events go where, and messages that name file, route and key when a route is wrong."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from streams import conflict, routing
from streams.errors import ConfigError
from streams.messages import ConflictMatch, CountryScore, Event, Origin, Provenance, Source
from streams.text.fold import fold_name

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVENT = Event(
    id="e", item_id="i", story_id="s", status="new", duplicate=None, revision=1, title="t", text="x", url=None,
    source=Source("Example Wire", "wire.example"), language="uk", published_at=None, received_at=NOW, emitted_at=NOW,
    conflicts=(ConflictMatch("russia-ukraine", "Russia-Ukraine", 13243, None, 0.9, ()),
               ConflictMatch("syria", "Syria", 299, None, 0.3, ())),
    places=(), countries=(CountryScore("UA", 0.8), CountryScore("RU", 0.2)),
    provenance=Provenance("1", "1", "1", Origin("news.raw", 0, 0)),
)  # fmt: skip


def routes(tmp_path: Path, text: str) -> routing.Routes:
    path = tmp_path / "routes.toml"
    path.write_text(text, encoding="utf-8")
    return routing.load(path, "p.")


@pytest.mark.parametrize(
    ("route", "topics"),
    [
        ('topic = "all"', ["p.all"]),
        (
            'topic = "c.{conflict}"\nconflicts = ["russia-ukraine", "syria", "sudan"]',
            ["p.c.russia-ukraine", "p.c.syria"],
        ),
        ('topic = "c.{conflict}"\nconflicts = ["russia-ukraine", "syria"]\nmin_score = 0.5', ["p.c.russia-ukraine"]),
        ('topic = "l.{country}"\ncountries = ["UA"]', ["p.l.ua"]),
        ('topic = "x"\ncountries = ["SD"]', []),
        ('topic = "x"\nconflicts = ["syria"]\ncountries = ["UA"]', ["p.x"]),
        ('topic = "x"\nlanguages = ["ru"]', []),
        ('topic = "x"\nsources = ["wire.example"]', ["p.x"]),
        ('topic = "x"\nstatuses = ["duplicate"]', []),
    ],
)
def test_an_event_goes_where_every_filter_lets_it(tmp_path: Path, route: str, topics: list[str]) -> None:
    assert routes(tmp_path, f"[[route]]\n{route}\n").of(EVENT) == topics


def test_copies_are_not_routed_unless_asked_for(tmp_path: Path) -> None:
    copy = msgspec.structs.replace(EVENT, status="duplicate")
    assert routes(tmp_path, '[[route]]\ntopic = "x"').of(copy) == []
    assert routes(tmp_path, '[[route]]\ntopic = "x"\nstatuses = ["duplicate"]').of(copy) == ["p.x"]


def test_every_topic_an_event_can_reach_is_known_beforehand(tmp_path: Path) -> None:
    found = routes(tmp_path, '[[route]]\ntopic = "c.{conflict}"\nconflicts = ["russia-ukraine", "sudan"]')
    assert found.topics() == ["p.c.russia-ukraine", "p.c.sudan"]
    assert set(found.of(EVENT)) <= set(found.topics())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[route]]\n", "route 1: topic"),
        ('[[route]]\ntopic = "a b"', "a Kafka topic name"),
        ('[[route]]\ntopic = "x"\nconflict = ["a"]', "conflict: no such key"),
        ('[[route]]\ntopic = "x"\nmin_score = 2', "from 0 to 1"),
        ('[[route]]\ntopic = "x"\ncountries = "UA"', "a list of strings"),
        ('[[route]]\ntopic = "x"\nstatuses = ["old"]', "duplicate, new, revision"),
        ('[[route]]\ntopic = "c.{conflict}"', "conflicts must list which"),
        ('[[route]]\ntopic = "x"\n[[route]]\ntopic = 5', "route 2"),
        ("route = 5", "only \\[\\[route\\]\\]"),
        ("[[route]\n", "routes.toml"),
    ],
)
def test_a_wrong_route_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        routes(tmp_path, text)


def test_the_routes_that_ship_are_valid() -> None:
    assert "news.conflict.russia-ukraine" in routing.load().topics()


def test_the_routes_that_ship_are_of_known_conflicts() -> None:
    registry = conflict.load(fold_name)
    for route in routing.load().routes:
        assert route.conflicts <= registry.conflicts.keys()
