"""An engine that is restarted at any moment decides like one that never was: all it knows is in its changelog."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams import alerts
from streams.messages import Event, Source

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULES = """
[[receiver]]
name = "desk"
kind = "alertmanager"
url = "http://alertmanager:9093"
[[rule]]
name = "each"
when = "each"
everything = true
group_by = ["conflict", "source"]
repeat = "20m"
receivers = []
[[rule]]
name = "night"
when = "each"
everything = true
receivers = ["desk"]
digest = "10m"
quiet = { from = "13:00", to = "14:00" }
[[rule]]
name = "first"
when = "first"
within = "1h"
learn = "0s"
everything = true
receivers = []
[[rule]]
name = "surge"
when = "surge"
within = "30m"
baseline = "2h"
learn = "0s"
at_least = 3
everything = true
receivers = []
[[rule]]
name = "silence"
when = "silence"
within = "40m"
repeat = "5m"
at_least = 1
learn = "0s"
group_by = ["source"]
everything = true
receivers = []
[[rule]]
name = "sources"
when = "sources"
at_least = 2
within = "30m"
group_by = ["country"]
repeat = "1m"
everything = true
receivers = []
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> alerts.RuleSet:
    path: Path = tmp_path_factory.mktemp("rules") / "rules.toml"
    path.write_text(RULES)
    return alerts.load(path)


Step = tuple[int, str, str, bool]
STEPS = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(["a", "b", "c"]), st.sampled_from(["SD", "TD", ""]), st.booleans()),
    max_size=40,
)


def played(rules: alerts.RuleSet, make: Callable[..., Event], steps: list[Step], restart: bool) -> list[tuple]:
    """Return every decision of a run with an event or nothing at each step, restarted after those that say so."""
    state, log, now, made = alerts.State(), {}, START, []
    for number, (minutes, source, country, again) in enumerate(steps):
        now += timedelta(minutes=minutes)
        if country:
            place = replace(make().places[0], country=country)
            event = make(now, id=f"e{number}", story_id=f"s{number}", source=Source(source), places=(place,))
            made += alerts.admit(state, rules, event, now)
        made += alerts.tick(state, rules, now)
        log |= dict(state.take())
        if restart and again:
            state = alerts.State()
            for name, value in log.items():
                state.restore(name, value)
    return [(one.rule.name, one.outcome, one.until, one.alert) for one in made]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_restart_changes_nothing(rules: alerts.RuleSet, event: Callable[..., Event], steps: list[Step]) -> None:
    assert sorted(map(repr, played(rules, event, steps, False))) == sorted(map(repr, played(rules, event, steps, True)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_every_end_has_its_beginning_and_only_one(
    rules: alerts.RuleSet, event: Callable[..., Event], steps: list[Step]
) -> None:
    told = [alert for *_, alert in played(rules, event, steps, False) if alert and alert.rule in ("surge", "silence")]
    open_: set[str] = set()
    for alert in told:
        if alert.status == "resolved":
            assert alert.key in open_
            open_.remove(alert.key)
        else:
            open_.add(alert.key)
    assert len({alert.id for alert in told}) == len(told)
