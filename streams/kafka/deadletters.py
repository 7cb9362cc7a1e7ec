"""Dead letters: see why records could not be processed, and send them again."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import orjson
import xxhash
from msgspec import msgpack

from streams import terminal, topics
from streams.kafka import client, reading
from streams.kafka.produce import Outbox, require
from streams.messages import Origin
from streams.settings import Settings

Say = Callable[[str], None]
_Chosen = dict[str, tuple[int, str]]
"""The identity of each record → attempts and reason of the dead letter to send."""
_PREFIX, _ATTEMPTS, _FIRST = "dlq-", "dlq-attempts", "dlq-first"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record of the dead letters: why, where it came from, how often it was sent again, and the record itself.

    `first` names the place it came from the first time, so that later generations are known to be the same record;
    `is_cut` says that it was too large to be kept whole.
    """

    reason: str
    stage: str
    detail: str
    origin: Origin
    time: str
    attempts: int
    first: str
    is_cut: bool
    record: reading.Record

    @property
    def identity(self) -> str:
        """What is the same for all generations of one record: whoever writes to `news.raw` can forge `first` alone."""
        content = msgpack.encode((self.record.key, self.record.value))
        return f"{self.first} {xxhash.xxh3_128_hexdigest(content)}"

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the headers to send it again with: its own, one more attempt, and where it came from at first."""
        own = [(name, value) for name, value in self.record.headers if not name.startswith(_PREFIX)]
        return [*own, (_ATTEMPTS, str(self.attempts + 1).encode()), (_FIRST, self.first.encode())]

    def json(self) -> bytes:
        """Return it as one JSON object; bytes that are no UTF-8 are written as backslash escapes."""
        fields: dict[str, Any] = {
            name: getattr(self, name) for name in ("reason", "stage", "detail", "time", "attempts")
        }
        origin = {"topic": self.origin.topic, "partition": self.origin.partition, "offset": self.origin.offset}
        return orjson.dumps(
            fields | {"origin": origin, "key": _text(self.record.key), "value": _text(self.record.value)}
        )

    def line(self) -> str:
        """Return it as one tab-separated line: time, reason, origin, detail, start of the record."""
        where = f"{self.origin.topic}/{self.origin.partition}/{self.origin.offset}"
        snippet = terminal.safe((_text((self.record.value or b"")[:200]) or "")[:80])
        return "\t".join([self.time[:19], self.reason, where, terminal.safe(self.detail)[:120], snippet])


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "backslashreplace")


def parse(record: reading.Record) -> DeadLetter:
    """Read the headers of a dead letter; where a name is there twice the last one counts."""
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    number = {name: _number(headers.get(name)) for name in ("dlq-partition", "dlq-offset", _ATTEMPTS)}
    origin = Origin(headers.get("dlq-topic", ""), number["dlq-partition"], number["dlq-offset"])
    return DeadLetter(
        reason=headers.get("dlq-reason", "unknown"),
        stage=headers.get("dlq-stage", ""),
        detail=headers.get("dlq-detail", ""),
        origin=origin,
        time=headers.get("dlq-time", ""),
        attempts=number[_ATTEMPTS],
        first=headers.get(_FIRST, f"{origin.topic}/{origin.partition}/{origin.offset}"),
        is_cut="dlq-cut" in headers,
        record=record,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def run_list(settings: Settings, reasons: Collection[str], as_json: bool, echo: Say) -> int:
    """Show the dead letters, all or those of some reasons."""
    return client.run(_list(settings, reasons, as_json, echo))


async def _list(settings: Settings, reasons: Collection[str], as_json: bool, echo: Say) -> int:
    async with client.consumer(settings) as consumer:
        parts = await reading.assign(consumer, [topics.names(settings).dead_letters])
        async for record in reading.until(consumer, await consumer.end_offsets(parts)):
            letter = parse(record)
            if not reasons or letter.reason in reasons:
                echo(letter.json().decode() if as_json else letter.line())
    return 0


@dataclass(frozen=True, slots=True)
class Retry:
    """Which dead letters to send again: since the last retry or `everything`, of some reasons, not too often tried."""

    reasons: frozenset[str] = frozenset()
    max_attempts: int = 3
    everything: bool = False

    def takes(self, letter: DeadLetter) -> bool:
        """Return whether a dead letter is to be sent again."""
        wanted = not self.reasons or letter.reason in self.reasons
        whole = bool(letter.origin.topic) and not letter.is_cut
        return wanted and whole and letter.attempts < self.max_attempts


def run_retry(settings: Settings, retry: Retry, confirm: Callable[[str], bool], say: Say) -> int:
    """Send dead letters back to the topic they came from; exit code 1 when not all were acknowledged or not wanted.

    A consumer group remembers how far the last retry came, so that a second one does not send the same again.
    """
    return client.run(_retry(settings, retry, confirm, say))


async def _retry(settings: Settings, retry: Retry, confirm: Callable[[str], bool], say: Say) -> int:
    group = f"{settings.app_id}-dead-letters-retry"
    async with client.consumer(settings, group_id=group) as consumer:
        parts = await reading.assign(consumer, [topics.names(settings).dead_letters])
        starts = await _starts(consumer, parts, retry.everything)
        ends = await consumer.end_offsets(parts)
        chosen = await _choose(consumer, starts, ends, retry)
        counts = Counter(reason for _, reason in chosen.values())
        if not counts:
            say("no dead letters to send again")
            return 0
        summary = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
        if not confirm(f"send {counts.total()} dead letters again ({summary})?"):
            return 1
        box = await _send(settings, consumer, starts, ends, chosen)
        if box.acked == box.sent:
            await consumer.commit(ends)
    say(box.progress())
    return int(box.acked != box.sent)


async def _starts(consumer: client.Consumer, parts: list[Any], everything: bool) -> reading.Offsets:
    first = await consumer.beginning_offsets(parts)
    committed = {} if everything else {part: await consumer.committed(part) for part in parts}
    return {part: max(first[part], committed.get(part) or 0) for part in parts}


async def _choose(consumer: client.Consumer, starts: reading.Offsets, ends: reading.Offsets, retry: Retry) -> _Chosen:
    """Return which records to send again: of each only the latest dead letter counts."""
    await reading.seek(consumer, starts)
    latest: dict[str, tuple[int, str, bool]] = {}
    async for record in reading.until(consumer, ends):
        letter = parse(record)
        if (name := letter.identity) not in latest or letter.attempts >= latest[name][0]:
            latest[name] = letter.attempts, letter.reason, retry.takes(letter)
    return {name: (attempts, reason) for name, (attempts, reason, taken) in latest.items() if taken}


async def _send(
    settings: Settings, consumer: client.Consumer, starts: reading.Offsets, ends: reading.Offsets, chosen: _Chosen
) -> Outbox:
    await reading.seek(consumer, starts)
    async with client.producer(settings) as producer:
        box, known = Outbox(producer), set[str]()
        async for record in reading.until(consumer, ends):
            letter = parse(record)
            if chosen.get(letter.identity) != (letter.attempts, letter.reason):
                continue
            del chosen[letter.identity]
            if letter.origin.topic not in known:
                await require(producer, letter.origin.topic)
                known.add(letter.origin.topic)
            await box.send(letter.origin.topic, record.value, record.key, letter.headers())
        await box.flush()
    return box
