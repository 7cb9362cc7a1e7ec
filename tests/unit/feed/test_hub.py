"""Fan-out: shared bytes, one decision for a filter, bounded queues and pieces."""

import asyncio

from feed_events import body, event

from streams.feed.hub import Hub, Reader
from streams.feed.window import Window
from streams.filters import Filter, parse

ALL = Filter()


def reader(wanted: Filter = ALL) -> Reader:
    return Reader(wanted, {}, 1000, lambda: None)


def take(one: Reader) -> bytes:
    return asyncio.run(one.take())


def test_all_readers_get_the_same_bytes() -> None:
    hub, window = Hub(), Window(10, 1)
    entry = window.add(event(1), body(1), 0, 0)
    assert entry is not None
    with hub.reader(reader()) as one, hub.reader(reader()) as other:
        assert hub.publish(entry, window.standing) == 2
        assert take(one) is take(other) is entry.frame


def test_a_filter_is_asked_once_for_all_who_have_it() -> None:
    hub, window = Hub(), Window(10, 1)
    entry = window.add(event(1), body(1), 0, 0)
    assert entry is not None
    with hub.reader(reader(parse({"country": "SD"}))), hub.reader(reader(parse({"country": "PL"}))) as other:
        assert hub.publish(entry, window.standing) == 1
        hub.beat(window.standing)
        assert take(other) == b": beat\nid: 0.1\n\n"
    assert hub.size == 0


def test_what_is_copied_for_a_slow_reader_is_bounded_and_complete() -> None:
    one, frames = reader(), [bytes([65 + number % 26]) * 5000 for number in range(40)]
    for each in frames:
        assert one.send(each)
    pieces = []
    while sum(map(len, pieces)) < 200_000:
        pieces.append(take(one))
    assert b"".join(pieces) == b"".join(frames)
    assert max(map(len, pieces)) <= 32 << 10


def test_a_large_event_is_a_piece_of_its_own() -> None:
    one, large = reader(), b"x" * 100_000
    for each in (b"a", large, b"b"):
        one.send(each)
    assert [take(one), take(one), take(one)] == [b"a", large, b"b"]


def test_a_reader_is_dropped_once() -> None:
    dropped = []
    one = Reader(ALL, {}, 2, lambda: dropped.append(1))
    assert [one.send(b"x") for _ in range(5)] == [True, True, False, False, False]
    assert dropped == [1]
