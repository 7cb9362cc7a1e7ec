"""Kafka clients for commands: made from the settings, quiet, and with one clear error when no broker answers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    CoordinatorLoadInProgressError,
    GroupCoordinatorNotAvailableError,
    KafkaError,
)

from streams import batches
from streams.errors import CommandFailed
from streams.offsets import heed_errors
from streams.settings import Settings
from streams.topics import RECORD_BYTES

_CONNECT_SECONDS, _STOP_SECONDS, _AGAIN_SECONDS = 5.0, 3.0, 0.1
_Result = TypeVar("_Result")
Consumer: TypeAlias = AIOKafkaConsumer


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a command's coroutine; Kafka's errors become CommandFailed, and its log lines are not shown."""
    # aiokafka logs each attempt to connect; a command says it once, at the end.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(work)
    except KafkaError as error:
        raise CommandFailed(f"Kafka: {error}") from error


@asynccontextmanager
async def admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Connect an administration client for the length of a block."""
    client = AIOKafkaAdminClient(**settings.client_options())
    try:
        await _connect(client, settings)
        # aiokafka takes a refused token for an accepted one: then the brokers tell nothing and close the connection.
        if not client._client.cluster.brokers():
            raise _no_broker(settings, "they do not let this user in")
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """Connect an idempotent producer that waits for all replicas, for the length of a block."""
    client = AIOKafkaProducer(
        **settings.client_options(),
        acks="all",
        enable_idempotence=True,
        compression_type=None if settings.compression == "none" else settings.compression,
        linger_ms=max(settings.linger_ms, 5),
        max_batch_size=1 << 18,
        max_request_size=RECORD_BYTES,
    )
    try:
        await _connect(client, settings)
        yield client
    finally:
        # A broker that is gone takes nothing any more, and stop() would wait for it for ever.
        with suppress(TimeoutError):
            await asyncio.wait_for(client.stop(), _STOP_SECONDS)


@asynccontextmanager
async def consumer(settings: Settings, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """Connect a consumer of committed records without subscription or automatic commits, for the length of a block."""
    batches.make_safe()
    client = AIOKafkaConsumer(
        **settings.client_options(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        **options,
    )
    try:
        await _connect(client, settings)
        if "group_id" in options:
            heed_errors(client)
        yield client
    finally:
        await client.stop()


async def committed(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    """Return the offsets a group has committed, empty for a group that never was.

    Brokers that never had a group answer the first question for one with an error, and make ready for groups.
    """
    end = asyncio.get_running_loop().time() + _CONNECT_SECONDS
    while True:
        try:
            found = await admin.list_consumer_group_offsets(group)
        except (GroupCoordinatorNotAvailableError, CoordinatorLoadInProgressError):
            if asyncio.get_running_loop().time() > end:
                raise
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return {part: each.offset for part, each in found.items()}


class _Reasons(logging.Handler):
    """Keeps why no broker could be talked to: aiokafka logs it, and raises that it could not."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the last argument of the record, which is the error."""
        self.last = str(record.args[-1]) if isinstance(record.args, tuple) and record.args else record.getMessage()


async def _connect(client: Any, settings: Settings) -> None:
    reasons, log = _Reasons(logging.WARNING), logging.getLogger("aiokafka")
    level, log.propagate = log.level, False
    log.addHandler(reasons)
    log.setLevel(logging.WARNING)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await client.start()
    except ClusterAuthorizationFailedError as error:  # of an idempotent producer that may write to no topic
        raise CommandFailed("this user may write to no topic: `streams acls` shows what each role needs") from error
    except (KafkaError, OSError, TimeoutError) as error:
        raise _no_broker(settings, _reason(error, reasons.last)) from error
    finally:
        log.setLevel(level)
        log.propagate = True
        log.removeHandler(reasons)


def _reason(error: Exception, last: str) -> str:
    return last or ("no answer in 5 s" if isinstance(error, TimeoutError) else str(error) or type(error).__name__)


def _no_broker(settings: Settings, reason: str) -> CommandFailed:
    remedy = "start one with `streams broker`, or set STREAMS_BROKERS to where yours is"
    if settings.security_protocol != "PLAINTEXT":
        remedy = "STREAMS_BROKERS, STREAMS_SECURITY_PROTOCOL, STREAMS_SASL_… or STREAMS_SSL_… is not what they want"
    return CommandFailed(f"no Kafka broker answers at {settings.brokers} ({reason}):\n{remedy}")
