"""Old items keep the pace of the workers: what waits is what they do in the time allowed, no more and no less."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest

from streams.kafka import pace
from streams.kafka.pace import Pace, Window
from streams.settings import Settings


def run_to_the_end(window: Window, capacity: int, delay: float, live: int = 0) -> Iterator[tuple[float, int]]:
    """Yield records a second done and records waiting of workers whose answer takes at least some delay."""
    step, sent, done, reported = 0.05, 0, 0.0, [0] * round(delay / 0.05)
    for turn in range(400):
        sent += max(0, window.room(turn * step, reported[0], sent - reported[0])) + round(live * step)
        before, done = done, min(sent, done + capacity * step)
        reported = [*reported[1:], int(done)]
        yield (done - before) / step, sent - int(done)


def test_workers_are_kept_busy_and_a_second_of_work_waits() -> None:
    late = list(run_to_the_end(Window(1.0), capacity=1500, delay=0.3))[200:]
    assert min(rate for rate, _ in late) > 1400
    assert max(waiting for _, waiting in late) <= 1.1 * 1500


def test_live_items_leave_less_room_not_a_longer_wait() -> None:
    late = list(run_to_the_end(Window(1.0), capacity=1500, delay=0.3, live=700))[200:]
    assert max(waiting for _, waiting in late) <= 1.2 * 1500


def test_workers_that_stand_still_get_a_handful() -> None:
    window = Window(1.0)
    assert window.room(0.0, 5, 0) == 100
    assert window.room(9.0, 5, 100) == 0


def turns(count: int, found: tuple[int, int] | None, **settings: float) -> tuple[int, list[str]]:
    """Return how many of so many turns came within a second, and what was said."""
    taken, said = 0, list[str]()

    async def measure() -> tuple[int, int] | None:
        return found

    async def flush() -> None:
        pass

    async def take() -> None:
        nonlocal taken
        keeper = Pace(Settings(**settings), measure, flush, said.append)
        for taken in range(1, count + 1):  # noqa: B007 - how far it came is the answer
            await keeper.turn()

    async def within() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(take(), 1)

    asyncio.run(within())
    return taken, said


def test_nobody_waits_for_workers_that_never_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_EVERY", 0.0)
    assert turns(1000, None) == (1000, [])


def test_it_is_said_once_that_the_workers_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_PATIENCE", 0.2)
    taken, said = turns(1000, (7, 100))
    assert taken == 1  # the first never gets its turn
    [words] = said
    assert "100 records wait, and the workers of streams have done nothing" in words
