"""The picture of `streams top`: rates, what waits, wars of the window, the last events."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from streams.kafka.top import Picture, lines
from streams.messages import Event

MakeEvent = Callable[..., Event]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def picture() -> Picture:
    made = Picture(minutes=15)
    made.measure(100, {"news.raw": 50, "news.items": 50}, {"news.raw": 3})
    made.measure(110, {"news.raw": 90, "news.items": 50}, {"news.raw": 7})
    return made


def test_rates_and_what_waits() -> None:
    rows = {line.split()[0]: line.split()[1:] for line in lines(picture(), 100, 40) if line.startswith("news.")}
    assert rows == {"news.raw": ["4.0", "7"], "news.items": ["0.0"]}


def test_one_measure_has_no_rate() -> None:
    made = Picture(minutes=15)
    made.measure(100, {"news.raw": 50}, {})
    assert made.rate("news.raw") == 0


def test_rates_are_of_late() -> None:
    made = picture()
    made.measure(135, {"news.raw": 90, "news.items": 50}, {})
    assert made.rate("news.raw") == 0


def test_wars_are_those_of_the_window(make_event: MakeEvent) -> None:
    made = picture()
    made.note(make_event(emitted_at=NOW - timedelta(minutes=20)), NOW - timedelta(minutes=20))
    made.note(make_event(emitted_at=NOW), NOW)
    made.note(make_event(emitted_at=NOW, conflicts=()), NOW)
    assert [count for _, count in made.wars()] == [1]
    assert any("1 of 2 events" in line for line in lines(made, 100, 40))


def test_the_screen_is_not_overrun(make_event: MakeEvent) -> None:
    made = picture()
    for _ in range(100):
        made.note(make_event(emitted_at=NOW), NOW)
    assert len(lines(made, 100, 30)) == 29
