"""Filters of the live view, the topics it reads, and how events look."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from msgspec import structs

from streams import codec, settings
from streams.errors import ConfigError
from streams.filters import Filter
from streams.kafka import tail
from streams.kafka.demo import View
from streams.kafka.ledger import Ledger
from streams.kafka.tail import Options
from streams.messages import Duplicate, Event, Origin, Provenance
from streams.topics import names

MakeEvent = Callable[..., Event]


def only(**lists: list[str]) -> Filter:
    return tail.wanted(settings.Settings(), lists)


def test_filters_are_those_of_every_reader(make_event: MakeEvent) -> None:
    assert only(conflict=["13243"], country=["ua"], language=["en"], status=["new"]).accepts(make_event())
    assert not only(conflict=["sudan"]).accepts(make_event())
    assert only(conflict=[]) == only() == Filter()


def test_a_war_that_is_none_is_an_error() -> None:
    with pytest.raises(ConfigError, match="did you mean sudan"):
        only(conflict=["sudann"])


@pytest.mark.parametrize(
    ("options", "topics"),
    [
        (Options(only()), ["a.news.enriched"]),
        (Options(only(status=["duplicate"])), ["a.news.duplicates"]),
        (Options(only(status=["duplicate", "new"])), ["a.news.enriched", "a.news.duplicates"]),
        (Options(only(status=["duplicate"]), topics=("news.x",)), ["news.x"]),
    ],
)
def test_topics_follow_the_statuses(options: Options, topics: list[str]) -> None:
    assert tail._topics(settings.read({"STREAMS_TOPIC_PREFIX": "a."}), options) == topics


def record(topic: str, event: Event | None = None, **headers: str) -> SimpleNamespace:
    value = codec.encode_event(event) if event else b"\x1b[2Jbroken"
    return SimpleNamespace(
        topic=topic, partition=1, offset=5, key=b"k", value=value,
        headers=tuple((name.replace("_", "-"), text.encode()) for name, text in headers.items()),
    )  # fmt: skip


def test_what_is_no_event_is_shown_safely_unless_filtered() -> None:
    assert list(tail._lines(record("news.raw"), Options(only()))) == ["news.raw/1/5\t[2Jbroken"]
    assert list(tail._lines(record("news.raw"), Options(only(language=["en"])))) == []


def test_json_is_the_event_as_it_is(make_event: MakeEvent) -> None:
    (line,) = tail._lines(record("news.enriched", make_event()), Options(only(), json=True))
    assert codec.decode_event(line.encode()) == make_event()


def copy_of(event: Event, offset: int) -> Event:
    origin = replace_origin(event, offset)
    return _with(event, item_id="i2", status="duplicate", duplicate=Duplicate("near", "i1", 0.9), provenance=origin)


def replace_origin(event: Event, offset: int) -> Provenance:
    return Provenance("1", "2", "3", Origin("news.raw", event.provenance.origin.partition, offset))


def _with(event: Event, **changes: object) -> Event:
    return structs.replace(event, **changes)


def test_a_copy_names_its_original(make_event: MakeEvent) -> None:
    assert tail.styled(copy_of(make_event(), 8), None).endswith("\tcopy of i1: Shelling in Kharkiv")


def test_the_view_folds_copies_behind_their_original(make_event: MakeEvent) -> None:
    shown: list[str] = []
    view, event = View(lambda line: shown.append(line.split("\t")[-1])), make_event()
    view.note(event, 0.0)
    view.note(copy_of(event, 8), 0.1)
    view.note(copy_of(event, 9), 0.2)
    view.show_due(0.9)
    assert shown == []
    view.show_due(1.0)
    view.note(copy_of(event, 10), 5.0)
    view.note(_with(event, status="revision", revision=2), 6.0)
    view.show_due(7.0)
    assert shown == [
        "(+2 copies) Shelling in Kharkiv",
        "+1 copy: Shelling in Kharkiv",
        "revision 2: Shelling in Kharkiv",
    ]


def test_the_ledger_counts_each_origin_once_and_sees_a_second_outcome(make_event: MakeEvent) -> None:
    topics, event = names(settings.read({})), make_event()
    ledger = Ledger(topics)
    ledger.note(record(topics.enriched, event))
    ledger.note(record(topics.enriched, event))
    ledger.note(record(topics.duplicates, copy_of(event, 8)))
    ledger.note(record(topics.dead_letters, dlq_topic="news.raw", dlq_partition="0", dlq_offset="9"))
    assert ledger.settled() == 3
    assert ledger.adds_up(3)
    assert not ledger.adds_up(4)
    assert str(ledger) == "1 events (1 new, 0 revisions), 1 duplicates, 1 dead letters"
    ledger.note(record(topics.duplicates, copy_of(event, 7)))
    assert ledger.settled() == 3
    assert not ledger.adds_up(3)
