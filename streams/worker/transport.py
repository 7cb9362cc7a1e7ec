"""Faust's aiokafka transport with the ledger, the producer and the fetches of this package."""

from collections.abc import Mapping
from typing import Any

import uvloop
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams import batches
from streams.offsets import heed_errors
from streams.worker.delivery import Fetched, Ledger
from streams.worker.outbox import Producer

_FETCH_WAIT_MS = 100


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's thread of the aiokafka consumer: shorter waits, committed transactions only, and how far fetches went.

    aiokafka has one fetch under way for each broker: while it waits for idle partitions, the busy ones wait too.
    """

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, thread_loop=uvloop.new_event_loop(), **options)
        self._close_thread_loop_on_stop = True  # mode closes only the loop of its own making

    def __post_init__(self) -> None:
        self._reached: dict[TP, int] = {}
        super().__post_init__()

    async def on_start(self) -> None:
        """Start the consumer, which then takes no error for an offset that was never committed."""
        await super().on_start()
        heed_errors(self._consumer)

    def _create_worker_consumer(self, transport: Any) -> Any:
        batches.make_safe()
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = _FETCH_WAIT_MS  # Faust has no setting for it and uses 1,500
        consumer._isolation_level = "read_committed"  # Faust's depends on its own transactions
        return consumer

    async def _fetch_records(self, consumer: Any, active_partitions: set[TP], *args: Any, **kwargs: Any) -> Fetched:
        records = await super()._fetch_records(consumer, active_partitions, *args, **kwargs)
        assignment = consumer._subscription.subscription.assignment
        positions = {tp: assignment.state_value(tp)._position for tp in active_partitions & assignment.tps}
        ends = {tp: position for tp, position in positions.items() if position is not None}
        moved = {tp: (self._reached.get(tp, end), end) for tp, end in ends.items()}
        self._reached |= ends
        return Fetched(records, moved)

    async def _seek_wait(self, consumer: Any, partitions: Mapping[TP, int]) -> None:
        self._reached.update(partitions)
        await super()._seek_wait(consumer, partitions)


class Consumer(Ledger, driver.Consumer):  # type: ignore[misc]
    """Faust's aiokafka consumer with a ledger."""

    def _new_consumer_thread(self) -> Any:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class Transport(driver.Transport):  # type: ignore[misc]
    """Faust's aiokafka transport with the consumer and producer of this package."""

    Consumer = Consumer
    Producer = Producer
