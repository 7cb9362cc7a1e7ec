"""`streams alerts run`: read, judge, publish, deliver. All that is decided is in Kafka before anybody is told."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

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
_TICK_SECONDS, _LOOK_SECONDS, _COMMIT_SECONDS, _REFRESH_SECONDS, _STOP_SECONDS = 1.0, 2.0, 5.0, 3600.0, 8.0


def run(settings: Settings, read: Callable[[], RuleSet]) -> int:
    """Judge and deliver until SIGTERM or Ctrl-C (0), or until it fails (1: cannot start, 70: stopped by an error).

    ConfigError when the rules cannot be read at the start; later ones that cannot are left alone until they can.
    """
    logs.configure(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_run(settings, read))
        except (KafkaError, WorkerStopped) as error:
            log.error("%s: a restart goes on from the last transaction", error)
        except (CommandFailed, ConfigError):
            raise
        except Exception:
            log.critical("a restart goes on from the last transaction", exc_info=True)
    return FAILED


async def _run(settings: Settings, read: Callable[[], RuleSet]) -> int:
    asked, rules = asyncio.Event(), read()
    for name in _ENDING:
        asyncio.get_running_loop().add_signal_handler(name, asked.set)
    ended = asyncio.create_task(asked.wait())
    while not asked.is_set():
        changed = asyncio.create_task(_changed(read, rules))
        if not await _until({ended, changed}, asyncio.create_task(_work(settings, rules))):
            return FAILED
        if changed.done():
            rules = changed.result()
            log.info("the rules have changed: beginning anew with them")
        changed.cancel()
    return 0


async def _until(told: set[asyncio.Task[Any]], working: asyncio.Task[None]) -> bool:
    """Work until told to end, and return whether that was so."""
    await asyncio.wait({working, *told}, return_when=asyncio.FIRST_COMPLETED)
    if not working.done():
        working.cancel()
    try:
        await working
    except asyncio.CancelledError:
        return True
    return False


async def _changed(read: Callable[[], RuleSet], rules: RuleSet) -> RuleSet:
    """Wait for other rules that were the same twice, thus are written to their end; wrong ones change nothing."""
    seen, problem = rules, ""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            before, seen = seen, read()
        except ConfigError as error:
            if str(error) != problem:
                log.warning("the changed rules cannot be used, the old ones stay in force: %s", error)
            problem = str(error)
            continue
        if seen == before != rules:
            return seen
        problem = ""


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
