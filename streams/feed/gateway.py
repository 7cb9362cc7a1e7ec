"""What a gateway knows: records of the topic come in, the window and every live reader get the events."""

import time
from datetime import UTC, datetime

from msgspec import DecodeError

from streams import codec
from streams.feed.hub import Hub
from streams.feed.position import Position
from streams.feed.window import Window
from streams.messages import Event
from streams.metrics import FeedMetrics
from streams.settings import Settings

LOADING = "the recent events are being read"
# How long the topic may be silent to questions before readers are better served elsewhere (seconds).
_PATIENCE = 30.0


class Gateway:
    """The window, the live readers and the state of the reading, fed by one source."""

    def __init__(self, settings: Settings, metrics: FeedMetrics) -> None:
        self._backfill = settings.feed_backfill
        self.metrics = metrics
        self.window = Window(settings.feed_items, settings.feed_hours)
        self.hub = Hub()
        self.loading = True
        self._heard = time.monotonic()
        metrics.clients.set_function(lambda: self.hub.size)
        metrics.window.set_function(lambda: len(self.window))

    def begin(self, starts: Position) -> None:
        """Say where the source begins to read."""
        self.window.begin(starts)

    def receive(self, partition: int, offset: int, value: bytes | None) -> None:
        """Take in the record of an offset; what is no event or not for the feed is counted and passed over."""
        self.metrics.events.labels(self._receive(partition, offset, value)).inc()

    def _receive(self, partition: int, offset: int, value: bytes | None) -> str:
        self.window.moved(partition, offset)
        try:
            event = codec.decode_event(value or b"")
        except DecodeError:
            return "unreadable"
        if event.status == "duplicate":
            return "duplicate"
        if event.provenance.backfill and not self._backfill:
            return "backfill"
        entry = self.window.add(event, _one_line(value or b"", event), partition, offset)
        if entry is None:
            return "repeated"
        self.metrics.deliveries.inc(self.hub.publish(entry, self.window.standing))
        if not self.loading:
            self.metrics.delay_seconds.observe(max(0.0, (datetime.now(UTC) - event.emitted_at).total_seconds()))
        return "served"

    def heard(self, lag: int) -> None:
        """Report that the source answers, and how many records it has not handed over."""
        self._heard = time.monotonic()
        self.metrics.lag_records.set(lag)

    def complete(self) -> None:
        """Report that what was there at the start is in the window."""
        self.loading = False

    def not_ready(self) -> str:
        """Return why readers should not come here, or nothing."""
        if self.loading:
            return LOADING
        silent = time.monotonic() - self._heard
        return f"the topic has not answered for {silent:.0f} s" if silent > _PATIENCE else ""


def _one_line(value: bytes, event: Event) -> bytes:
    # As it came where possible: fields that a later version adds reach the readers.
    return codec.encode_event(event) if b"\n" in value or b"\r" in value else value
