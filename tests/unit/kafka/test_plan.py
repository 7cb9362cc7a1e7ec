"""Which differences of topics add, which lose something, which cannot be mended."""

from dataclasses import replace

import pytest

from streams.kafka import plan
from streams.kafka.admin import Actual
from streams.topics import Topic

CONFIG = {"retention.ms": "1000", "max.message.bytes": "500", "min.insync.replicas": "2", "cleanup.policy": "delete"}
TOPIC = Topic("news.raw", 4, "raw items", CONFIG)
SAME = Actual(4, 3, dict(CONFIG), {})


def kinds(topic: Topic, actual: Actual) -> list[tuple[str, str]]:
    return [(change.kind, change.key) for change in plan.changes([topic], {topic.name: actual}, 3)]


def test_what_is_as_it_should_be_is_left_alone() -> None:
    assert kinds(TOPIC, SAME) == []


def test_a_missing_topic_is_made() -> None:
    assert [change.kind for change in plan.changes([TOPIC], {}, 3)] == ["create"]


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("retention.ms", "999", "add"),
        ("retention.ms", "1001", "force"),
        ("retention.ms", "-1", "force"),
        ("max.message.bytes", "499", "add"),
        ("max.message.bytes", "501", "force"),
        ("min.insync.replicas", "1", "add"),
        ("min.insync.replicas", "3", "force"),
        ("cleanup.policy", "compact", "force"),
        ("cleanup.policy", "compact,delete", "force"),
    ],
)
def test_what_loses_something_needs_force(key: str, value: str, kind: str) -> None:
    assert kinds(TOPIC, replace(SAME, config=CONFIG | {key: value})) == [(kind, key)]


def test_as_many_in_sync_as_there_are_replicas_needs_force() -> None:
    actual = replace(SAME, replicas=2, config=CONFIG | {"min.insync.replicas": "1"})
    assert kinds(TOPIC, actual) == [("cannot", "replicas"), ("force", "min.insync.replicas")]


@pytest.mark.parametrize(
    ("partitions", "keyed", "kind"), [(2, False, "add"), (2, True, "cannot"), (8, False, "cannot")]
)
def test_partitions_only_grow_and_only_where_no_key_moves(partitions: int, keyed: bool, kind: str) -> None:
    assert kinds(replace(TOPIC, keyed=keyed), replace(SAME, partitions=partitions)) == [(kind, "partitions")]
