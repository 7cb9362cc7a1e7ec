"""Events, rules and a clock for the tests of alerts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from streams import alerts
from streams.messages import (
    Alert,
    ConflictMatch,
    CountryScore,
    Event,
    Evidence,
    Origin,
    Place,
    Provenance,
    Source,
)

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEAD = '[[receiver]]\nname = "desk"\nkind = "alertmanager"\nurl = "http://alertmanager:9093"\n\n'
EL_FASHER = Place("El Fasher", "city", 379555, None, "SD", "SD-DN", 13.63, 25.35, "exact", 6.0, "focus", 1.0, ())
_numbers = count()


def make_event(at: datetime = START, **changes: object) -> Event:
    """Return a fresh event of the war in Sudan, in El Fasher, received at a time."""
    number = next(_numbers)
    evidence = (Evidence("title", 10, 19, "El Fasher", "place of the war"),)
    values: dict = {
        "id": f"e{number}", "item_id": f"i{number}", "story_id": f"s{number}", "status": "new", "duplicate": None,
        "revision": 1, "title": "Strike on El Fasher market", "text": "x", "url": "https://wire.example/1",
        "source": Source("Example Wire", "wire.example"), "language": "en", "published_at": at, "received_at": at,
        "emitted_at": at, "conflicts": (ConflictMatch("sudan", "Sudan war", 309, None, 0.9, evidence),),
        "places": (EL_FASHER,),
        "countries": (CountryScore("SD", 1.0),), "provenance": Provenance("1", "1", "1", Origin("news.raw", 0, number)),
    }  # fmt: skip
    return Event(**values | changes)


@dataclass
class Desk:
    """An engine with its rules, its state, and the decisions it has made."""

    rules: alerts.RuleSet
    state: alerts.State = field(default_factory=alerts.State)
    decisions: list[alerts.Decision] = field(default_factory=list)

    def feed(self, at: datetime = START, now: datetime | None = None, **changes: object) -> str:
        """Let an event come and return what the first rule made of it."""
        made = alerts.admit(self.state, self.rules, make_event(at, **changes), now or at)
        self.decisions += made
        return next(one.outcome for one in reversed(made) if one.event)

    def wait(self, now: datetime, caught_up: bool = True) -> list[str]:
        """Let time pass and return what came of it."""
        made = alerts.tick(self.state, self.rules, now, caught_up)
        self.decisions += made
        return [one.outcome for one in made]

    @property
    def told(self) -> list[Alert]:
        return [one.alert for one in self.decisions if one.alert]

    def restarted(self) -> "Desk":
        """Return a desk that knows only what went into the changelog."""
        state = alerts.State()
        for name, value in self.log():
            state.restore(name, value)
        return Desk(self.rules, state)

    def log(self) -> Iterator[tuple[bytes, bytes | None]]:
        yield from self.state.take()


@pytest.fixture
def desk(tmp_path: Path) -> Callable[[str], Desk]:
    def make(rule: str) -> Desk:
        path = tmp_path / "rules.toml"
        known = 'filter = { conflict = "sudan" }\n' if "filter" not in rule and "everything" not in rule else ""
        path.write_text(f'{HEAD}[[rule]]\nname = "r"\nreceivers = ["desk"]\n{known}{rule}\n', encoding="utf-8")
        return Desk(alerts.load(path))

    return make


@pytest.fixture
def event() -> Callable[..., Event]:
    return make_event


@pytest.fixture
def after() -> Callable[..., datetime]:
    return lambda **units: START + timedelta(**units)
