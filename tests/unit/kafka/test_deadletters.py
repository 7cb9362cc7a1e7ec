"""Dead letters are read from their headers, and sent again as they first came."""

import json
from types import SimpleNamespace

import pytest

from streams.kafka import deadletters
from streams.kafka.deadletters import Retry
from streams.messages import Origin

HEADERS = (
    ("source", b"test"),
    ("dlq-reason", b"not-json"),
    ("dlq-stage", b"enrich"),
    ("dlq-detail", "ends early \u2026".encode()),
    ("dlq-topic", b"news.raw"),
    ("dlq-partition", b"3"),
    ("dlq-offset", b"17"),
    ("dlq-time", b"2026-03-01T12:00:00Z"),
)


def letter(*more: tuple[str, bytes], value: bytes | None = b'{"text": \xff\x1b[2J') -> deadletters.DeadLetter:
    return deadletters.parse(SimpleNamespace(headers=(*HEADERS, *more), key=b"k", value=value))


def test_headers_are_read() -> None:
    one = letter()
    assert (one.reason, one.stage, one.detail, one.time) == (
        "not-json",
        "enrich",
        "ends early …",
        "2026-03-01T12:00:00Z",
    )
    assert (one.origin, one.attempts, one.is_cut) == (Origin("news.raw", 3, 17), 0, False)


def test_it_is_sent_again_with_its_own_headers_and_one_more_attempt() -> None:
    first = ("dlq-first", b"news.raw/3/17")
    assert letter().headers() == [("source", b"test"), ("dlq-attempts", b"1"), first]
    later = letter(("dlq-attempts", b"2"), ("dlq-first", b"news.raw/0/5"))
    assert later.headers() == [("source", b"test"), ("dlq-attempts", b"3"), ("dlq-first", b"news.raw/0/5")]


def test_a_forged_header_makes_no_record_a_later_form_of_another() -> None:
    mine = letter()
    forged = letter(("dlq-first", mine.first.encode()), ("dlq-attempts", b"99"), value=b"forged")
    again = letter(("dlq-first", mine.first.encode()), ("dlq-attempts", b"1"))
    assert forged.identity != mine.identity == again.identity


def test_of_headers_that_are_there_twice_the_last_counts() -> None:
    assert letter(("dlq-reason", b"bad-type")).reason == "bad-type"


def test_a_line_is_safe_and_json_is_whole() -> None:
    assert letter().line() == ('2026-03-01T12:00:00\tnot-json\tnews.raw/3/17\tends early …\t{"text": \\xff[2J')
    whole = json.loads(letter().json())
    assert whole["origin"] == {"topic": "news.raw", "partition": 3, "offset": 17}
    assert (whole["key"], whole["value"]) == ("k", '{"text": \\xff\x1b[2J')
    assert json.loads(letter(value=None).json())["value"] is None


@pytest.mark.parametrize(
    ("retry", "more", "taken"),
    [
        (Retry(), [], True),
        (Retry(reasons=frozenset({"not-json"})), [], True),
        (Retry(reasons=frozenset({"bad-type"})), [], False),
        (Retry(max_attempts=2), [("dlq-attempts", b"1")], True),
        (Retry(max_attempts=2), [("dlq-attempts", b"2")], False),
        (Retry(), [("dlq-cut", b"9000000")], False),
        (Retry(), [("dlq-topic", b"")], False),
    ],
)
def test_which_are_sent_again(retry: Retry, more: list[tuple[str, bytes]], taken: bool) -> None:
    assert retry.takes(letter(*more)) is taken


def test_a_record_without_the_headers_is_no_accident() -> None:
    bare = deadletters.parse(SimpleNamespace(headers=(), key=None, value=b"x"))
    assert (bare.reason, bare.origin) == ("unknown", Origin("", 0, 0))
    assert not Retry().takes(bare)
