"""One process judges, others stand by: who has the one partition of the memory leads."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError

from streams import topics
from streams.errors import CommandFailed
from streams.settings import Settings

_NEVER_MS = 2**31 - 1  # nothing is ever read by this consumer, and no reading is no reason to expel it


class _Watch(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self) -> None:
        self.leads, self.lost = asyncio.Event(), asyncio.Event()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Wait for the answer: the partition may come back."""

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Lead with the partition, and never again after it was lost."""
        if assigned:
            self.leads.set()
        elif self.leads.is_set():
            self.lost.set()


@asynccontextmanager
async def leading(settings: Settings) -> AsyncIterator[asyncio.Event]:
    """Stand by until this process leads, then lead for the length of a block; the event is set when it must end.

    A leader that has lost touch is shut out by the next one's first transaction, whatever it believes.
    """
    await _check_topics(settings)
    watch, topic = _Watch(), topics.names(settings).alert_state
    consumer = AIOKafkaConsumer(
        **settings.client_options(),
        group_id=f"{settings.app_id}-alerts-lead",
        group_instance_id=f"{settings.instance_id}-alerts" if settings.instance_id else None,
        enable_auto_commit=False,
        session_timeout_ms=int(settings.session_timeout * 1000),
        heartbeat_interval_ms=int(min(3.0, settings.session_timeout / 3) * 1000),
        max_poll_interval_ms=_NEVER_MS,
        partition_assignment_strategy=(StickyPartitionAssignor,),
    )
    consumer.subscribe([topic], listener=watch)
    try:
        await consumer.start()
        await watch.leads.wait()
        consumer.pause(*consumer.assignment())
        yield watch.lost
    finally:
        await consumer.stop()


async def _check_topics(settings: Settings) -> None:
    """Raise CommandFailed when the brokers do not answer or have not all topics: a consumer would wait for ever."""
    names, client = topics.names(settings), AIOKafkaAdminClient(**settings.client_options())
    try:
        await client.start()
        found = set(await client.list_topics())
    except KafkaError as error:
        raise CommandFailed(f"cannot talk to Kafka at {settings.brokers}: {error}") from error
    finally:
        await client.close()
    wanted = {names.enriched, names.duplicates, names.alerts, names.alert_failures, names.alert_state}
    if missing := sorted(wanted - found):
        raise CommandFailed(f"topics are missing: {', '.join(missing)}; run `streams topics create`")
