"""The window: bounded, in order, each id once; positions that lose nothing in any interleaving of partitions."""

from datetime import timedelta

import pytest
from feed_events import NOW, body, event
from hypothesis import given
from hypothesis import strategies as some

from streams.errors import ConfigError
from streams.feed import position
from streams.feed.window import Entry, Window, parse_cursor


def add(window: Window, number: int, partition: int = 0, offset: int | None = None, **changes: object) -> Entry | None:
    return window.add(
        event(number, **changes), body(number, **changes), partition, number if offset is None else offset
    )


def numbers(entries: object) -> list[int]:
    return [int(entry.event.id, 16) for entry in entries]  # type: ignore[attr-defined]


def test_it_is_bounded_in_number_and_age() -> None:
    window = Window(items=3, hours=1)
    for number in range(5):
        add(window, number)
    assert numbers(window.newest()) == [4, 3, 2]
    add(window, 9, emitted_at=NOW + timedelta(hours=2))
    assert numbers(window.newest()) == [9]
    assert (window.get(event(4).id), len(window)) == (None, 1)


@given(some.permutations(range(40)))
def test_the_newest_are_remembered_in_whatever_order_they_come(order: list[int]) -> None:
    window = Window(items=10, hours=1)
    for offset, number in enumerate(order):
        add(window, number, offset=offset)
    assert numbers(window.newest()) == [*range(39, 29, -1)]
    assert sorted(numbers(window.since({}))) == [*range(30, 40)]
    assert window.forgot({0: 0})


def test_an_id_is_remembered_once_and_the_position_moves_on() -> None:
    window = Window(10, 1)
    assert add(window, 1, offset=5) is not None
    assert add(window, 1, offset=6) is None
    assert (numbers(window.newest()), window.standing) == ([1], {0: 7})


def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    window = Window(100, 1)
    for number in (3, 1, 4, 2, 5):
        add(window, number, partition=number % 2)
    first = list(window.newest())[:2]
    second = window.newest(parse_cursor(first[-1].cursor))
    assert numbers([*first, *second]) == [5, 4, 3, 2, 1]


def test_the_order_of_time_is_the_same_in_every_gateway() -> None:
    one, other = Window(100, 1), Window(100, 1)
    for number in range(6):
        add(one, number, partition=number % 3)
    for number in sorted(range(6), key=lambda number: number % 3):
        add(other, number, partition=number % 3)
    assert [entry.cursor for entry in one.newest()] == [entry.cursor for entry in other.newest()]


def test_what_left_the_window_is_known_to_be_missing() -> None:
    window = Window(items=2, hours=1)
    window.begin({0: 10})
    assert window.forgot({0: 9})
    assert not window.forgot({0: 10})
    for number in range(10, 14):
        add(window, number)
    assert (window.forgot({0: 11}), window.forgot({0: 12})) == (True, False)


@pytest.mark.parametrize("written", ["", "1", "1.2.3", "a.1", "1.-2", "0.1-", "0.1 -1.2", "١.١", "0.1" + "-1.1" * 6000])
def test_a_position_that_is_none_is_an_error(written: str) -> None:
    with pytest.raises(ConfigError, match="no id of an event"):
        position.parse(written)


@pytest.mark.parametrize("written", ["", "1.2", "1.2.x", "1.2.3.4", "-1.2.3", "²" + ".1.1", "1" * 19 + ".0.0"])
def test_a_cursor_that_is_none_is_an_error(written: str) -> None:
    with pytest.raises(ConfigError, match="before"):
        parse_cursor(written)


@given(some.dictionaries(some.integers(0, 999), some.integers(0, 10**12), min_size=1))
def test_a_position_survives_being_written(standing: dict[int, int]) -> None:
    assert position.parse(position.text(standing)) == standing


ORDERS = some.permutations([partition for partition in range(3) for _ in range(4)])


def gateway(order: list[int]) -> list[Entry]:
    """Return the entries of a gateway that read the same three partitions in this order."""
    window, seen = Window(100, 1), {0: 0, 1: 0, 2: 0}
    window.begin(seen)
    entries = []
    for partition in order:
        entries.append(add(window, 10 * partition + seen[partition], partition, seen[partition]))
        seen[partition] += 1
    return [entry for entry in entries if entry]


def window_of(order: list[int]) -> Window:
    window = Window(100, 1)
    window.begin({0: 0, 1: 0, 2: 0})
    for entry in gateway(order):
        window.add(entry.event, entry.body, entry.partition, entry.offset)
    return window


@given(ORDERS, ORDERS, some.integers(0, 12))
def test_a_reader_who_changes_gateways_gets_everything_once(first: list[int], second: list[int], cut: int) -> None:
    seen = gateway(first)[:cut]
    standing = position.parse(seen[-1].frame.split(b"\n")[0][4:].decode()) if seen else {}
    rest = window_of(second).since(standing)
    assert sorted(numbers([*seen, *rest])) == [10 * partition + offset for partition in range(3) for offset in range(4)]
