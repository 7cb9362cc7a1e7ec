"""`streams alerts run`: read, judge, publish, deliver. All that is decided is in Kafka before anybody is told."""

import asyncio
import logging
import signal
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import msgspec
import uvloop
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams import alerts, logs
from streams.alerts import Decision, RuleSet, State, wording
from streams.errors import CommandFailed, ConfigError, WorkerStopped
from streams.messages import Alert
from streams.metrics import AlertMetrics
from streams.notify import server
from streams.notify.courier import Courier
from streams.notify.journal import Journal, Pending, Record, disabled_key
from streams.notify.leader import leading
from streams.notify.reading import Reader
from streams.notify.receivers import Sender
from streams.notify.server import Pulse
from streams.settings import Settings

log = logging.getLogger(__name__)

FAILED = 70  # EX_SOFTWARE
_ENDING = (signal.SIGTERM, signal.SIGINT)
_TICK_SECONDS, _COMMIT_SECONDS, _REFRESH_SECONDS, _STOP_SECONDS = 1.0, 5.0, 3600.0, 8.0


def run(settings: Settings, rules: RuleSet) -> int:
    """Judge and deliver until SIGTERM or Ctrl-C (0), or until it fails (1: cannot start, 70: stopped by an error)."""
    logs.configure(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_run(settings, rules))
        except (KafkaError, WorkerStopped) as error:
            log.error("%s: a restart goes on from the last transaction", error)
        except (CommandFailed, ConfigError):
            raise
        except Exception:
            log.critical("a restart goes on from the last transaction", exc_info=True)
    return FAILED


async def _run(settings: Settings, rules: RuleSet) -> int:
    asked = asyncio.Event()
    for name in _ENDING:
        asyncio.get_running_loop().add_signal_handler(name, asked.set)
    working, ended = asyncio.create_task(_work(settings, rules)), asyncio.create_task(asked.wait())
    await asyncio.wait([working, ended], return_when=asyncio.FIRST_COMPLETED)
    if not working.done():
        working.cancel()
    ended.cancel()
    try:
        await working
    except asyncio.CancelledError:
        return 0
    return FAILED


async def _work(settings: Settings, rules: RuleSet) -> None:
    metrics, pulse = AlertMetrics(), Pulse(settings.stall_timeout)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(server.serving(settings, pulse, metrics.registry))
        keeper = asyncio.create_task(_stand_by(pulse))
        log.info("standing by; rules: %d, receivers: %d", len(rules.rules), len(rules.receivers))
        lost = await stack.enter_async_context(leading(settings))
        keeper.cancel()
        metrics.leading.set(1)
        desk = Desk(settings, rules, metrics)
        stack.push_async_callback(desk.stop)
        await desk.start()
        log.info("leading; deliveries owed: %d", desk.waiting())
        while not lost.is_set():
            await desk.turn()
            pulse.beat()
        raise WorkerStopped("another process leads now")


async def _stand_by(pulse: Pulse) -> None:
    while True:
        pulse.beat()
        await asyncio.sleep(_TICK_SECONDS)


class Desk:
    """The rules at work: their state, what they read and write, and the couriers."""

    def __init__(self, settings: Settings, rules: RuleSet, metrics: AlertMetrics) -> None:
        self._rules, self._metrics, self._state = rules, metrics, State()
        self._journal = Journal(settings)
        self._reader = Reader(self._journal, rules, metrics)
        words = wording.load()
        self._senders = [Sender(receiver, words[receiver.language]) for receiver in rules.receivers.values()]
        self._couriers = {one.receiver.name: Courier(one, self._journal, metrics) for one in self._senders}
        self._tasks: list[asyncio.Task[None]] = []
        self._offsets: dict[TopicPartition, int] = {}
        self._ticked = self._written = self._refreshed = 0.0

    async def start(self) -> None:
        """Shut out an earlier leader, take over its memory and its deliveries, and find the place to read on from."""
        await self._journal.start()
        await self._recover(await self._journal.read())
        await self._reader.start()
        self._tasks = [asyncio.create_task(courier.run()) for courier in self._couriers.values()]

    def waiting(self) -> int:
        """Return how many deliveries are to be made."""
        return sum(courier.waiting for courier in self._couriers.values())

    async def _recover(self, memory: dict[bytes, bytes]) -> None:
        orphans = []
        for key, value in memory.items():
            kind, *_ = msgspec.json.decode(key, type=list[str])
            if kind != "delivery":
                self._state.restore(key, value)
            elif (pending := msgspec.msgpack.decode(value, type=Pending)).receiver in self._couriers:
                self._couriers[pending.receiver].resume(pending)
            else:
                orphans += [self._journal.settled(pending), self._journal.failure(pending, "no-receiver", "")]
        orphans += self._wake(memory)
        if orphans:
            await self._journal.write(orphans)

    def _wake(self, memory: dict[bytes, bytes]) -> list[Record]:
        """Keep receivers disabled that want no more, unless their address has changed since."""
        changed = []
        for sender in self._senders:
            key = disabled_key(sender.receiver.name)
            mark = memory.get(key)
            self._couriers[sender.receiver.name].disabled = mark == sender.mark()
            if mark and mark != sender.mark():
                changed.append(Record(self._journal.names.alert_state, key, None, []))
        return changed

    async def turn(self) -> None:
        """Read once and do what follows; raises what a courier raised."""
        for task in self._tasks:
            if task.done():
                task.result()
        read = await self._reader.read()
        self._offsets |= read.offsets
        if time.monotonic() - self._refreshed >= _REFRESH_SECONDS:
            self._offsets, self._refreshed = await self._reader.positions(), time.monotonic()
        now = datetime.now(UTC)
        decisions = [one for event in read.events for one in alerts.admit(self._state, self._rules, event, now)]
        if time.monotonic() - self._ticked >= _TICK_SECONDS:
            self._ticked = time.monotonic()
            decisions += alerts.tick(self._state, self._rules, now, read.caught_up)
        await self._write(decisions)

    async def _write(self, decisions: Sequence[Decision]) -> None:
        told = [one.alert for one in decisions if one.alert]
        deliveries = [(name, alert) for alert in told for name in alert.receivers]
        records = [
            *(self._journal.alert(alert) for alert in told),
            *self._journal.changes(self._state.take()),
            *(record for name, alert in deliveries for record in self._couriers[name].accept(alert)),
        ]
        due = self._offsets and time.monotonic() - self._written >= _COMMIT_SECONDS
        if records or due:
            await self._journal.write(records, self._offsets)
            self._offsets, self._written = {}, time.monotonic()
        self._count(decisions, told)
        for courier in self._couriers.values():
            courier.begin()

    def _count(self, decisions: Sequence[Decision], told: Sequence[Alert]) -> None:
        for one in decisions:
            self._metrics.events.labels(one.rule.name, one.outcome).inc(one.event is not None)
        for alert in told:
            self._metrics.alerts.labels(alert.rule, alert.severity, alert.status).inc()
            newest = max((report.received_at for report in alert.reports), default=alert.made_at)
            self._metrics.delay_seconds.observe(max(0.0, (datetime.now(UTC) - newest).total_seconds()))
            log.info(f"alert {alert.id} of {alert.rule}: {alert.status}, {alert.group}")

    async def stop(self) -> None:
        """Let the attempts under way end, then leave; what is not delivered then is after a restart."""
        for courier in self._couriers.values():
            courier.finish()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for sender in self._senders:
            await sender.close()
        await self._reader.stop()
        await self._journal.stop()
