"""Delivers alerts to one receiver: in order, again and again, never faster than it may, until it is over."""

import asyncio
import logging
import secrets
import time
from datetime import UTC, datetime

from streams.messages import Alert
from streams.metrics import AlertMetrics
from streams.notify import pace
from streams.notify.journal import Journal, Pending, Record, disabled_key
from streams.notify.receivers import Reply, Sender

log = logging.getLogger(__name__)

MAX_PENDING = 1000
_PRECISION = 1 << 20


class Courier:
    """The deliveries to one receiver. What it has to do is in the journal before it does it."""

    def __init__(self, sender: Sender, journal: Journal, metrics: AlertMetrics) -> None:
        self.name, self._sender, self._journal, self._metrics = sender.receiver.name, sender, journal, metrics
        self._accepted: list[Pending] = []
        self._pending: list[Pending] = []
        self._more, self._stopping = asyncio.Event(), False
        self._breaker, self._rate = pace.Breaker(), pace.Rate(sender.receiver.rate)
        self.disabled = False

    @property
    def waiting(self) -> int:
        """How many deliveries are to be made."""
        return len(self._pending)

    def accept(self, alert: Alert) -> list[Record]:
        """Return what the journal must hold of an alert for this receiver: a delivery, or why there will be none."""
        pending = Pending(alert, self.name, 0, time.time())
        if len(self._pending) + len(self._accepted) >= MAX_PENDING:
            return [self._failure(pending, "overflow", f"{MAX_PENDING} deliveries are waiting")]
        self._accepted.append(pending)
        return [self._journal.pending(pending)]

    def begin(self) -> None:
        """Begin with the deliveries accepted, which are in the journal now."""
        self.resume(*self._accepted)
        self._accepted = []

    def resume(self, *pending: Pending) -> None:
        """Take over deliveries that are in the journal."""
        self._pending += pending
        self._show()
        self._more.set()

    def finish(self) -> None:
        """End after the attempt under way."""
        self._stopping = True
        self._more.set()

    async def run(self) -> None:
        """Deliver until told to finish."""
        while not self._stopping:
            pending = self._next()
            wait = self._wait(pending) if pending else None
            if self.disabled and self._pending:
                await self._settle(self._pending, "gone", "it has answered 410")
            elif pending is None or wait:
                await self._rest(wait)
            else:
                await self._deliver(pending)

    def _next(self) -> Pending | None:
        """Return the delivery that is due first; one of an alert whose earlier message waits has to wait, too."""
        heads: dict[str, Pending] = {}
        for pending in self._pending:
            heads.setdefault(pending.alert.key, pending)
        return min(heads.values(), key=lambda one: one.due, default=None)

    def _wait(self, pending: Pending) -> float:
        now = time.time()
        return max(pending.due - now, self._breaker.wait(now), self._rate.wait(now), 0.0)

    async def _rest(self, seconds: float | None) -> None:
        self._more.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._more.wait()
        except TimeoutError:
            return

    async def _deliver(self, pending: Pending) -> None:
        began = time.time()
        self._rate.take(began)
        reply = await self._sender.send(pending.alert, datetime.now(UTC))
        pending.attempts += 1
        self._note(pending, reply, began)
        again = pace.delay(pending.attempts, secrets.randbelow(_PRECISION) / _PRECISION, reply.after)
        if reply.answer == "delivered":
            await self._settle([pending])
        elif reply.answer == "gone":
            await self._disable(pending)
        elif reply.answer == "refused" or again is None:
            await self._settle([pending], "refused" if reply.answer == "refused" else "exhausted", reply.detail)
        else:
            pending.due = time.time() + again
            await self._journal.write([self._journal.pending(pending)])
        self._show()

    def _note(self, pending: Pending, reply: Reply, began: float) -> None:
        now, alert = time.time(), pending.alert
        self._breaker.note(reply.answer != "retry", now)
        self._metrics.deliveries.labels(self.name, reply.answer).inc()
        self._metrics.delivery_seconds.labels(self.name).observe(now - began)
        took = f"attempt {pending.attempts}, {(now - began) * 1000:.0f} ms"
        # Whole lines, not a pattern and its arguments: lines of one pattern are thinned out, and each of these counts.
        line = f"alert {alert.id} of {alert.rule} to {self.name}: {reply.answer} ({reply.detail}), {took}"
        log.log(logging.INFO if reply.answer == "delivered" else logging.WARNING, line)

    async def _disable(self, pending: Pending) -> None:
        self.disabled = True
        mark = Record(self._journal.names.alert_state, disabled_key(self.name), self._sender.mark(), [])
        await self._journal.write([mark])
        await self._settle([pending], "gone", "it has answered 410")

    async def _settle(self, over: list[Pending], reason: str = "", detail: str = "") -> None:
        """Note that deliveries are over, and why when they failed."""
        failures = [self._failure(one, reason, detail) for one in over] if reason else []
        await self._journal.write([*(self._journal.settled(one) for one in over), *failures])
        self._pending = [one for one in self._pending if not any(one is ended for ended in over)]
        self._show()

    def _failure(self, pending: Pending, reason: str, detail: str) -> Record:
        self._metrics.dead_letters.labels(self.name, reason).inc()
        alert = pending.alert
        log.error(f"alert {alert.id} of {alert.rule} to {self.name} is given up: {reason} ({detail})")
        return self._journal.failure(pending, reason, detail)

    def _show(self) -> None:
        self._metrics.pending.labels(self.name).set(len(self._pending))
        self._metrics.receiver_up.labels(self.name).set(not (self.disabled or self._breaker.is_open))
