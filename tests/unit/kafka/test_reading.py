"""Times are read in the forms people write; a stretch is read to the end fixed before."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition

from streams.errors import CommandFailed
from streams.kafka import reading, replay

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PART = TopicPartition("news.raw", 0)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("30m", "2026-03-01T11:30:00+00:00"),
        ("6h", "2026-03-01T06:00:00+00:00"),
        ("2d", "2026-02-27T12:00:00+00:00"),
        ("90 s", "2026-03-01T11:58:30+00:00"),
        ("2026-02-03T04:05:06Z", "2026-02-03T04:05:06+00:00"),
        ("2026-02-03", "2026-02-03T00:00:00+00:00"),
    ],
)
def test_moments(text: str, time: str) -> None:
    assert reading.moment(text, NOW).isoformat() == time


@pytest.mark.parametrize("text", ["yesterday", "", "6", "6 weeks", "-1h"])
def test_other_words_are_no_moments(text: str) -> None:
    with pytest.raises(CommandFailed, match="is no time: write"):
        reading.moment(text, NOW)


@pytest.mark.parametrize(("since", "offset"), [(None, None), ("1h", 5)])
def test_a_stretch_begins_at_one_point(since: str | None, offset: int | None) -> None:
    with pytest.raises(CommandFailed, match="say where to begin"):
        replay.stretch(since, offset, None)


class Log:
    """A consumer of one partition that holds some offsets, two at a time, and grows while it is read."""

    def __init__(self, *offsets: int) -> None:
        self.offsets, self.at = list(offsets), 0

    async def position(self, part: TopicPartition) -> int:
        return self.at

    async def getmany(self, *parts: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[SimpleNamespace]]:
        self.offsets.append(self.offsets[-1] + 1)
        batch = [offset for offset in self.offsets if offset >= self.at][:2]
        self.at = batch[-1] + 1
        return {PART: [SimpleNamespace(topic="news.raw", partition=0, offset=offset) for offset in batch]}


def read_until(log: Log, end: int) -> list[int]:
    async def collect() -> list[int]:
        return [record.offset async for record in reading.until(log, {PART: end})]

    return asyncio.run(collect())


def test_reading_ends_at_its_end_though_records_come_in() -> None:
    assert read_until(Log(0, 1, 2), 3) == [0, 1, 2]


def test_holes_before_the_end_do_not_matter() -> None:
    assert read_until(Log(0, 1, 5), 4) == [0, 1]


def test_an_empty_stretch_is_read_at_once() -> None:
    assert read_until(Log(0), 0) == []
