"""What goes on right now, on a terminal: rates, what waits, the wars in the news, the last events."""

import shutil
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median

import click
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from msgspec import DecodeError

from streams import codec, terminal, topics
from streams.kafka import client, reading
from streams.messages import Event
from streams.settings import Settings

Say = Callable[[str], None]
_LAST = 200  # events remembered for the list and for the delay
_RATE_SECONDS = 30.0
_WARS, _BAR = 8, 24


@dataclass(slots=True)
class Picture:
    """What is shown: counts of the window, the last events, offsets over time; times are seconds of any clock."""

    minutes: int
    recent: deque[tuple[datetime, str]] = field(default_factory=deque)
    last: deque[Event] = field(default_factory=lambda: deque(maxlen=_LAST))
    ends: deque[tuple[float, dict[str, int]]] = field(default_factory=deque)
    waiting: dict[str, int] = field(default_factory=dict)

    def note(self, event: Event, now: datetime) -> None:
        """Take an event."""
        self.recent.append((event.emitted_at, terminal.safe(event.conflicts[0].id) if event.conflicts else ""))
        self.last.append(event)
        while self.recent and self.recent[0][0] < now - timedelta(minutes=self.minutes):
            self.recent.popleft()

    def measure(self, now: float, ends: dict[str, int], waiting: dict[str, int]) -> None:
        """Take the ends of the topics and what waits in them."""
        self.ends.append((now, ends))
        while now - self.ends[0][0] > _RATE_SECONDS:
            self.ends.popleft()
        self.waiting = waiting

    def rate(self, topic: str) -> float:
        """Return the records a second that came into a topic of late."""
        (first, before), (last, after) = self.ends[0], self.ends[-1]
        return (after[topic] - before[topic]) / (last - first) if last > first else 0.0

    def wars(self) -> list[tuple[str, int]]:
        """Return the wars of the window and how many events lead with each, most first."""
        counts = Counter(war for _, war in self.recent if war)
        return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_WARS]


def lines(picture: Picture, columns: int, rows: int) -> list[str]:
    """Return the lines of a screen."""
    shown = [click.style(f"{'topic':32} {'per second':>10} {'waiting':>8}", bold=True)]
    for topic in picture.ends[-1][1]:
        waits = str(picture.waiting[topic]) if topic in picture.waiting else ""
        shown.append(f"{topic:32} {picture.rate(topic):10.1f} {waits:>8}")
    if picture.last:
        delay = median((event.emitted_at - event.received_at).total_seconds() for event in picture.last)
        shown += ["", f"from arrival to event: {delay:.2f} s in the median of the last {len(picture.last)}"]
    about = sum(1 for _, war in picture.recent if war)
    title = f"wars in the last {picture.minutes} minutes: {about} of {len(picture.recent)} events"
    shown += ["", click.style(title, bold=True)]
    wars = picture.wars()
    shown += [f"{war:28} {count:6} {'▇' * max(1, round(_BAR * count / wars[0][1]))}" for war, count in wars]
    shown += ["", click.style("last events", bold=True)]
    room = max(rows - len(shown) - 1, 3)
    return [*shown, *(terminal.line(event, columns) for event in list(picture.last)[-room:])]


def run(settings: Settings, minutes: int, every: float, once: bool, say: Say) -> int:
    """Show it until interrupted, or once."""
    return client.run(_run(settings, Picture(minutes), every, once, say))


async def _run(settings: Settings, picture: Picture, every: float, once: bool, say: Say) -> int:
    names = topics.names(settings)
    async with client.admin(settings) as admin, client.consumer(settings) as consumer:
        others = await reading.assign(consumer, [names.raw, names.items, names.dead_letters])
        events = await reading.assign(consumer, [names.enriched, names.duplicates])
        ends = await _measure(picture, settings, admin, consumer, [*others, *events])
        since = datetime.now(UTC) - timedelta(minutes=picture.minutes)
        begin = {part: ends[part] for part in events}
        await reading.seek(consumer, await reading.at(consumer, events, since, begin))
        async for record in reading.until(consumer, begin):
            _note(picture, record)
        while not once:
            _show(picture, say)
            await _follow(consumer, picture, every)
            await _measure(picture, settings, admin, consumer, [*others, *events])
    for line in lines(picture, terminal.columns() or 100, 40):
        say(line)
    return 0


async def _follow(consumer: client.Consumer, picture: Picture, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        batches = await consumer.getmany(timeout_ms=int(left * 1000) + 1)
        for record in (record for batch in batches.values() for record in batch):
            _note(picture, record)


async def _measure(
    picture: Picture,
    settings: Settings,
    admin: AIOKafkaAdminClient,
    consumer: client.Consumer,
    parts: list[TopicPartition],
) -> reading.Offsets:
    ends: reading.Offsets = await consumer.end_offsets(parts)
    committed = await client.committed(admin, settings.app_id)
    names = topics.names(settings)
    flow = (names.raw, names.items, names.enriched, names.duplicates, names.dead_letters)
    totals = {topic: sum(end for part, end in ends.items() if part.topic == topic) for topic in flow}
    picture.measure(time.monotonic(), totals, reading.lag(committed, ends))
    return ends


def _note(picture: Picture, record: reading.Record) -> None:
    with suppress(DecodeError):  # of another version, or no event: it is not this view's to complain
        picture.note(codec.decode_event(record.value or b""), datetime.now(UTC))


def _show(picture: Picture, say: Say) -> None:
    columns, rows = shutil.get_terminal_size()
    click.clear()
    say("\n".join(lines(picture, columns, rows)))
