"""Deliveries of one receiver: order, retries, what is given up; a journal and a receiver that only remember."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from streams.alerts import Receiver
from streams.logs import Throttle
from streams.messages import Alert
from streams.metrics import AlertMetrics
from streams.notify import courier as courier_
from streams.notify.courier import Courier
from streams.notify.journal import Journal, Record
from streams.notify.receivers import Reply
from streams.settings import Settings

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALERT = Alert(
    id="a1", key="k1", rule="r", condition="surge", status="firing", severity="warning", group={}, receivers=("desk",),
    starts_at=NOW, ends_at=NOW, made_at=NOW, sources=1, reports=(),
)  # fmt: skip
YES, LATER, GONE, NO = (Reply(answer, "x") for answer in ("delivered", "retry", "gone", "refused"))


class Memory(Journal):
    """A journal that keeps what is written instead of sending it."""

    def __init__(self) -> None:
        self.written: list[Record] = []
        from streams import topics

        self.settings = Settings()
        self.names = topics.names(self.settings)

    async def write(self, records, offsets=None) -> None:
        self.written += records


class Reader:
    """A receiver that gives the answers it is told to, the last one for ever."""

    def __init__(self, *answers: Reply) -> None:
        self.receiver = Receiver("desk", "webhook", "https://desk.example", rate=6000)
        self.answers, self.got = list(answers), []

    async def send(self, alert: Alert, now: datetime) -> Reply:
        self.got.append(alert.id)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def mark(self) -> bytes:
        return b"mark"


@pytest.fixture
def deliver(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Reader, Memory]]:
    monkeypatch.setattr(courier_.pace, "SCHEDULE", (0, 0.05, 0.05))

    def run(answers: list[Reply], alerts: list[Alert], seconds: float = 0.6) -> tuple[Reader, Memory]:
        reader, memory = Reader(*answers), Memory()
        asyncio.run(_run(Courier(reader, memory, AlertMetrics()), memory, alerts, seconds))
        return reader, memory

    return run


async def _run(courier: Courier, memory: Memory, alerts: list[Alert], seconds: float) -> None:
    await memory.write([record for alert in alerts for record in courier.accept(alert)])
    courier.begin()
    task = asyncio.create_task(courier.run())
    await asyncio.sleep(seconds)
    courier.finish()
    await asyncio.wait_for(task, 2)


def reasons(memory: Memory) -> list[tuple[str, str]]:
    """Return (alert, reason) of every dead letter."""
    failures = [record for record in memory.written if record.topic == "news.alerts.dead-letters"]
    found = [dict(record.headers) for record in failures]
    return [(headers["ce_id"].decode(), headers["dlq-reason"].decode()) for headers in found]


def owed(memory: Memory) -> int:
    """Return how many deliveries a restart would find."""
    latest = {record.key: record.value for record in memory.written if record.key.startswith(b'["delivery"')}
    return sum(value is not None for value in latest.values())


def test_what_is_delivered_is_owed_no_more(deliver) -> None:
    reader, memory = deliver([YES], [ALERT])
    assert (reader.got, owed(memory), reasons(memory)) == (["a1"], 0, [])


def test_attempts_are_made_until_one_succeeds(deliver) -> None:
    reader, memory = deliver([LATER, LATER, YES], [ALERT])
    assert (reader.got, owed(memory), reasons(memory)) == (["a1"] * 3, 0, [])


def test_after_the_last_attempt_it_is_a_dead_letter(deliver) -> None:
    reader, memory = deliver([LATER], [ALERT])
    assert (reader.got, owed(memory), reasons(memory)) == (["a1"] * 3, 0, [("a1", "exhausted")])


def test_what_is_refused_is_not_tried_again(deliver) -> None:
    reader, memory = deliver([NO], [ALERT])
    assert (reader.got, reasons(memory)) == (["a1"], [("a1", "refused")])


def test_an_end_waits_for_its_alert_and_others_do_not(deliver) -> None:
    end, other = replace(ALERT, id="a2", status="resolved"), replace(ALERT, id="b1", key="k2")
    reader, memory = deliver([LATER, YES], [ALERT, end, other])
    assert reader.got == ["a1", "b1", "a1", "a2"]
    assert owed(memory) == 0


def test_after_410_nothing_more_is_sent_and_nothing_is_owed(deliver) -> None:
    more = [replace(ALERT, id=f"a{number}", key=f"k{number}") for number in range(2, 4)]
    reader, memory = deliver([GONE], [ALERT, *more])
    assert reader.got == ["a1"]
    assert sorted(reasons(memory)) == [("a1", "gone"), ("a2", "gone"), ("a3", "gone")]
    assert owed(memory) == 0
    assert any(record.key == b'["disabled","desk"]' for record in memory.written)


def test_too_many_that_wait_are_dead_letters_at_once(deliver, monkeypatch) -> None:
    monkeypatch.setattr(courier_, "MAX_PENDING", 2)
    many = [replace(ALERT, id=f"a{number}", key=f"k{number}") for number in range(3)]
    reader, memory = deliver([YES], many)
    assert (reader.got, reasons(memory)) == (["a0", "a1"], [("a2", "overflow")])


def test_what_was_not_delivered_is_owed_after_a_stop(deliver) -> None:
    reader, memory = deliver([LATER], [ALERT], seconds=0.02)
    assert (reader.got, owed(memory)) == (["a1"], 1)


def test_every_attempt_is_a_line_in_the_log(deliver, caplog) -> None:
    caplog.handler.addFilter(Throttle())
    caplog.set_level("INFO")
    many = [replace(ALERT, id=f"a{number}", key=f"k{number}") for number in range(9)]
    deliver([YES], many)
    lines = [record.message for record in caplog.records]
    assert [line.partition(" of ")[0] for line in lines] == [f"alert a{number}" for number in range(9)]
    assert lines[0].startswith("alert a0 of r to desk: delivered (x), attempt 1, ")


def test_a_receiver_that_fails_is_left_alone(deliver) -> None:
    many = [replace(ALERT, id=f"a{number}", key=f"k{number}") for number in range(9)]
    reader, _ = deliver([LATER], many)
    assert reader.got == ["a0", "a1", "a2", "a3", "a4"]
