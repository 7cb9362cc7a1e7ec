"""What was sent is counted by what the broker said, and a silent broker is not waited for."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from streams.errors import CommandFailed
from streams.kafka import produce
from streams.kafka.produce import Outbox

Send = Callable[[int], Any]


class Producer:
    """A producer whose n-th record (from 1) is answered by a function: nothing, an error, or never."""

    def __init__(self, answer: Send) -> None:
        self.answer, self.sent = answer, 0

    async def send(self, *record: object, **options: object) -> "asyncio.Future[object]":
        self.sent += 1
        answer = self.answer(self.sent)
        if isinstance(answer, MessageSizeTooLargeError):
            raise answer
        future = asyncio.get_running_loop().create_future()
        if isinstance(answer, KafkaError):
            future.set_exception(answer)
        elif answer != "never":
            future.set_result(answer)
        return future


def send_all(answer: Send, count: int) -> Outbox:
    async def run() -> Outbox:
        box = Outbox(Producer(answer))  # type: ignore[arg-type]
        for _ in range(count):
            await box.send("news.raw", b"value", None)
        await box.flush()
        await asyncio.sleep(0)
        return box

    return asyncio.run(run())


def test_what_is_acknowledged_counts() -> None:
    box = send_all(lambda number: number, 5000)
    assert (box.sent, box.acked, box.errors) == (5000, 5000, [])


def test_refused_records_are_told_and_do_not_stop_the_others() -> None:
    refusals = {2: MessageSizeTooLargeError("too large"), 4: KafkaError("not today")}
    box = send_all(lambda number: refusals.get(number), 5)
    assert (box.sent, box.acked) == (5, 3)
    assert "record 2 for news.raw" in box.errors[0]
    assert "not today" in box.errors[1]


def test_a_silent_broker_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(produce, "_PATIENCE", 0.05)
    with pytest.raises(CommandFailed, match="acknowledged nothing"):
        send_all(lambda number: "never" if number > 1 else None, 3)
