"""What alerts write to Kafka: all of one step in one transaction, so that a crash leaves all of it or none.

Alerts, the memory of the rules, the deliveries to be made and the offsets of what was read belong together. The
transactional id is one for the application: whoever begins to write shuts out whoever wrote before.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from msgspec import Struct

from streams import codec, topics
from streams.alerts.memory import Change
from streams.codec import Headers
from streams.messages import Alert
from streams.settings import Settings

_STOP_SECONDS = 5.0


class Pending(Struct, omit_defaults=True):
    """A delivery to be made: to whom, how often it was tried, and when it is to be tried again (seconds since 1970)."""

    alert: Alert
    receiver: str
    attempts: int = 0
    due: float = 0.0


class Record(NamedTuple):
    """One record to be written."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers


class Journal:
    """Writes records and offsets in transactions, one after the other, and reads the memory back."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.names = settings, topics.names(settings)
        self.group = f"{settings.app_id}-alerts"
        self._turn = asyncio.Lock()
        self._producer = AIOKafkaProducer(
            **settings.client_options(),
            transactional_id=f"{settings.app_id}-alerts",
            compression_type=None if settings.compression == "none" else settings.compression,
            max_request_size=topics.RECORD_BYTES,
        )

    async def start(self) -> None:
        """Begin to write: from here on whoever wrote before cannot, and what it left half done is undone."""
        await self._producer.start()

    async def stop(self) -> None:
        """Leave the brokers."""
        await asyncio.wait_for(self._producer.stop(), _STOP_SECONDS)

    async def write(self, records: Sequence[Record], offsets: Mapping[TopicPartition, int] | None = None) -> None:
        """Write records, and that what is before these offsets is done; returns when all of it is."""
        async with self._turn, self._producer.transaction():
            sent = [await self._producer.send(one.topic, one.value, one.key, headers=one.headers) for one in records]
            await asyncio.gather(*sent)
            if offsets:
                await self._producer.send_offsets_to_transaction(offsets, self.group)

    async def read(self) -> dict[bytes, bytes]:
        """Return the latest value of every key of the memory, in the order in which they were last written."""
        memory: dict[bytes, bytes | None] = {}
        part = TopicPartition(self.names.alert_state, 0)
        async with AIOKafkaConsumer(
            **self.settings.client_options(), isolation_level="read_committed", enable_auto_commit=False
        ) as consumer:
            consumer.assign([part])
            await consumer.seek_to_beginning(part)
            end = (await consumer.end_offsets([part]))[part]
            while await consumer.position(part) < end:
                for record in (await consumer.getmany(part, timeout_ms=500)).get(part, ()):
                    memory.pop(record.key, None)
                    memory[record.key] = record.value
        return {key: value for key, value in memory.items() if value is not None}

    def alert(self, alert: Alert) -> Record:
        """Return the record of an alert for `news.alerts`."""
        return Record(self.names.alerts, alert.key.encode(), codec.encode_alert(alert), codec.alert_headers(alert))

    def changes(self, changes: Iterable[Change]) -> list[Record]:
        """Return the records of changes of the memory."""
        return [Record(self.names.alert_state, key, value, []) for key, value in changes]

    def pending(self, pending: Pending) -> Record:
        """Return the record of a delivery to be made."""
        return Record(self.names.alert_state, delivery_key(pending), msgspec.msgpack.encode(pending), [])

    def settled(self, pending: Pending) -> Record:
        """Return the record of a delivery that is over."""
        return Record(self.names.alert_state, delivery_key(pending), None, [])

    def failure(self, pending: Pending, reason: str, detail: str) -> Record:
        """Return the dead letter of a delivery that was given up."""
        headers = {
            "dlq-reason": reason,
            "dlq-receiver": pending.receiver,
            "dlq-detail": detail[:500],
            "dlq-attempts": str(pending.attempts),
            "dlq-time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        more = [(name, value.encode()) for name, value in headers.items()]
        return self.alert(pending.alert)._replace(
            topic=self.names.alert_failures, headers=[*codec.alert_headers(pending.alert), *more]
        )


def delivery_key(pending: Pending) -> bytes:
    """Return the key of a delivery in the memory."""
    return msgspec.json.encode(("delivery", pending.alert.id, pending.receiver))


def disabled_key(receiver: str) -> bytes:
    """Return the key under which the memory says that a receiver wants no more."""
    return msgspec.json.encode(("disabled", receiver))
