"""The whole of `streams` on this machine: broker, worker, sample items, and a live view of what becomes of them."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from streams import samples, terminal, topics
from streams.errors import CommandFailed
from streams.kafka import admin, client, inputs, reading, tail
from streams.kafka.broker import embedded_broker, free_port
from streams.kafka.children import Process, child, last_lines
from streams.kafka.ledger import Ledger
from streams.kafka.produce import Outbox
from streams.messages import Event
from streams.settings import Settings, variable

Say = Callable[[str], None]
_HOLD = 1.0  # seconds an event waits for its copies before it is shown
_PACE = 25.0  # items a second in the live view, so that one can read along
_PATIENCE = 60.0  # seconds without progress before the demo gives up


@dataclass(slots=True)
class View:
    """Shows events a moment after they came, each with the copies that came meanwhile."""

    echo: Say
    held: dict[str, tuple[float, Event, int]] = field(default_factory=dict)

    def note(self, event: Event, now: float) -> None:
        """Take an event; `now` is any clock's seconds."""
        if event.status != "duplicate":
            self.show(self.held.pop(event.story_id, None))
            self.held[event.story_id] = (now, event, 0)
        elif event.story_id in self.held:
            since, original, copies = self.held[event.story_id]
            self.held[event.story_id] = (since, original, copies + 1)
        else:
            self.echo(tail.styled(event, terminal.columns(), "+1 copy: "))

    def show_due(self, now: float) -> None:
        """Show the events that were held long enough."""
        for story in [story for story, (since, *_) in self.held.items() if now - since >= _HOLD]:
            self.show(self.held.pop(story))

    def show(self, held: tuple[float, Event, int] | None) -> None:
        """Show one held event."""
        if held:
            _, event, copies = held
            note = f"(+{copies} {'copy' if copies == 1 else 'copies'}) " if copies else ""
            note = f"revision {event.revision}: {note}" if event.status == "revision" else note
            self.echo(tail.styled(event, terminal.columns(), note))


def run(settings: Settings, once: bool, echo: Say, say: Say) -> int:
    """Run broker and worker, send the samples and show what becomes of them, until interrupted.

    With `once` it ends by itself, with 1 when not every item has exactly one outcome. Nothing is left behind but
    Kafka's jars in the cache. CommandFailed, with the end of the log, when the worker ends by itself.
    """
    started = time.monotonic()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="streams-demo-")))
        say("starting Apache Kafka …")
        broker = stack.enter_context(embedded_broker(settings.cache_dir, say=say))
        own = _settings(settings, broker.address, work)
        client.run(admin.create(own))
        say(f"Kafka listens on {broker.address}; starting a worker …")
        worker = stack.enter_context(child(_WORKER, work / "worker.log", _variables(own)))
        demo = Demo(own, worker, work / "worker.log", samples.items(), View(echo))
        ledger = client.run(demo.show(say, None if once else _PACE))
        return demo.sum_up(ledger, time.monotonic() - started, say)


_WORKER = [sys.executable, "-m", "streams", "worker"]
_OWN = ("brokers", "app_id", "topic_prefix", "instance_id", "security_protocol", "state_dir", "metrics_host",
        "metrics_port", "partitions", "replication")  # fmt: skip


def _settings(settings: Settings, brokers: str, work: Path) -> Settings:
    return replace(
        settings,
        brokers=brokers,
        app_id="streams-demo",
        topic_prefix="",
        instance_id="",
        security_protocol="PLAINTEXT",
        state_dir=work / "state",
        metrics_host="127.0.0.1",
        metrics_port=free_port(settings.metrics_port),
        partitions=1,  # keeps the samples in their order: an original before its copies
        replication=1,
    )


def _variables(settings: Settings) -> dict[str, str]:
    return {variable(name): str(getattr(settings, name)) for name in _OWN}


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its settings, its worker and the worker's log, the items to send, and the view."""

    settings: Settings
    worker: Process
    log: Path
    items: list[bytes]
    view: View

    async def show(self, say: Say, pace: float | None) -> Ledger:
        """Send the items, so many a second (None: at once), and show outcomes; return when all of them have one.

        With a pace it goes on for ever, so that own items can be sent as well.
        """
        names = topics.names(self.settings)
        ledger = Ledger(names)
        async with client.consumer(self.settings) as consumer:
            await reading.assign(consumer, [names.enriched, names.duplicates, names.dead_letters])
            feeding = asyncio.create_task(self._feed(names.raw, pace))
            try:
                await self._follow(consumer, ledger, feeding)
                if pace:
                    self._explain(ledger, say)
                    await self._follow(consumer, ledger, None)
            finally:
                feeding.cancel()
        return ledger

    async def _feed(self, topic: str, pace: float | None) -> None:
        async with client.producer(self.settings) as producer:
            box = Outbox(producer)
            for item in self.items:
                await box.send(topic, item, inputs.key(item))
                await asyncio.sleep(1 / pace if pace else 0)
            await box.flush()
        if box.errors:
            raise CommandFailed(f"the samples could not be sent: {box.errors[0]}")

    async def _follow(self, consumer: client.Consumer, ledger: Ledger, feeding: "asyncio.Task[None] | None") -> None:
        """Show what comes until all samples are settled and shown; for ever when nothing is being fed."""
        heard = time.monotonic()
        while feeding is None or ledger.settled() < len(self.items) or self.view.held:
            batches = await consumer.getmany(timeout_ms=200)
            now = time.monotonic()
            for event in (ledger.note(record) for batch in batches.values() for record in batch):
                if event:
                    self.view.note(event, now)
            self.view.show_due(now)
            heard = now if batches else heard
            self._require_life(feeding, now - heard)

    def _require_life(self, feeding: "asyncio.Task[None] | None", silence: float) -> None:
        if self.worker.poll() is not None:
            raise CommandFailed(f"the worker has ended with {self.worker.returncode}:\n{last_lines(self.log)}")
        if feeding is not None and silence > _PATIENCE:
            raise CommandFailed(f"nothing has come out for {_PATIENCE:.0f} s:\n{last_lines(self.log)}")
        if feeding is not None and feeding.done():
            feeding.result()

    def _explain(self, ledger: Ledger, say: Say) -> None:
        brokers = self.settings.brokers
        say(f"\n{len(self.items)} sample items: {ledger}")
        say(f"metrics:          http://127.0.0.1:{self.settings.metrics_port}/metrics")
        say(f"send own items:   STREAMS_BROKERS={brokers} streams produce FILE…   (JSON Lines, RSS, Atom, HTML)")
        say(f"read events:      STREAMS_BROKERS={brokers} streams tail --json --from-beginning")
        say("Ctrl-C ends the demo; nothing is kept.")

    def sum_up(self, ledger: Ledger, seconds: float, say: Say) -> int:
        """Say what became of the items; 1 when not every one has exactly one outcome."""
        right = ledger.adds_up(len(self.items))
        verdict = "every item has exactly one outcome" if right else "which does NOT add up"
        say(f"{len(self.items)} items in: {ledger}; {verdict}; {seconds:.1f} s")
        return int(not right)
