"""The rate of a group: order does not matter, the mean is unbiased, chances are Poisson's."""

import math
import random

import pytest

from streams.alerts import rate
from streams.alerts.memory import Group

HOUR, WEEK = 3600, 7 * 86400


def test_the_order_of_events_does_not_matter() -> None:
    times = [HOUR * 100 + 97 * number for number in range(500)]
    shuffled = random.Random(1).sample(times, len(times))
    groups = []
    for order in (times, shuffled):
        group = Group()
        for at in order:
            rate.add(group, at, HOUR, WEEK)
        groups.append((group.slots, group.slot, round(group.mean, 9)))
    assert groups[0] == groups[1]


@pytest.mark.parametrize("hours", [12, 100, 2000])
def test_a_steady_rate_is_expected_however_long_it_was_watched(hours: int) -> None:
    group = Group()
    for at in range(0, hours * HOUR, 600):
        rate.add(group, at, HOUR, WEEK)
    assert rate.expected(group, hours * HOUR, 0, HOUR, WEEK) == pytest.approx(6, rel=0.15)


def test_what_was_long_ago_weighs_less() -> None:
    group = Group()
    for at in range(0, 100 * HOUR, 600):
        rate.add(group, at, HOUR, 24 * HOUR)
    rate.advance(group, 148 * HOUR, HOUR, 24 * HOUR)
    assert rate.expected(group, 148 * HOUR, 0, HOUR, 24 * HOUR) == pytest.approx(6 / 4, rel=0.1)


@pytest.mark.parametrize(("count", "mean"), [(3, 0.5), (8, 2.0), (30, 10.0), (5, 4.9), (400, 100.0)])
def test_chances_are_those_of_poisson(count: int, mean: float) -> None:
    below = math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count))
    assert rate.chance(count, mean) == pytest.approx(1 - below, rel=1e-6, abs=1e-12)


def test_more_than_nothing_where_nothing_is_usual_is_no_chance() -> None:
    assert rate.chance(1, 0.0) == 0.0
    assert rate.chance(0, 0.0) == 1.0
    assert rate.chance(3, 5.0) == 1.0
