"""When to try: the schedule with its jitter, the breaker, the rate."""

import pytest

from streams.notify.pace import SCHEDULE, Breaker, Rate, delay


def test_the_schedule_is_that_of_standard_webhooks_and_ends() -> None:
    assert SCHEDULE[:5] == (0, 5, 300, 1800, 7200)
    assert [delay(attempts, 0.0) for attempts in range(1, 5)] == [5, 300, 1800, 7200]
    assert delay(len(SCHEDULE), 0.0) is None


def test_jitter_spreads_attempts_and_never_hurries_them() -> None:
    assert delay(2, 0.5) == pytest.approx(330)
    assert delay(2, 1.0) == pytest.approx(360)


def test_a_receiver_that_asks_for_time_gets_it() -> None:
    assert delay(1, 0.0, asked=120) == 120
    assert delay(3, 0.0, asked=120) == 1800


def test_the_breaker_opens_after_five_failures_and_rests_longer_each_time() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker.note(False, 100)
    assert breaker.wait(100) == 0
    breaker.note(False, 100)
    assert (breaker.is_open, breaker.wait(100), breaker.wait(161)) == (True, 60, 0)
    breaker.note(False, 200)
    assert breaker.wait(200) == 120
    for _ in range(20):
        breaker.note(False, 300)
    assert breaker.wait(300) == 3600
    breaker.note(True, 400)
    assert (breaker.is_open, breaker.wait(400)) == (False, 0)


def test_the_rate_lets_a_minutes_worth_through_at_once_then_drips() -> None:
    rate = Rate(60)
    for _ in range(60):
        assert rate.wait(1000) == 0
        rate.take(1000)
    assert rate.wait(1000) == pytest.approx(1)
    assert rate.wait(1001) == 0
    rate.take(1001)
    assert rate.wait(1001) == pytest.approx(1)
