"""What every peer does with records: the project's own functions, the same records to the same topics.

A peer reads news.raw, sends what `enrich` gives, reads news.items, sends what `admit` gives, commits when all of it is
acknowledged. Its own code is how it polls, hands over, sends and commits.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from streams import codec, dedup, pipeline, routing, settings, topics
from streams.errors import PoisonMessage
from streams.messages import Origin
from streams.offline import BATCH, new_state

POLL = 500
"""Records a peer takes at once where it can."""
COMMIT_SECONDS = 1.0
LINGER_MS = 10
BATCH_BYTES = 1 << 18
COMPRESSION = "zstd"


class Raw(NamedTuple):
    """A record of news.raw; `timestamp` in milliseconds."""

    partition: int
    offset: int
    timestamp: int
    value: bytes


class Output(NamedTuple):
    """A record to send; a partition of its own only where the state says so."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    partition: int | None = None


class Recipe:
    """Models, routes, and the memory of dedup for each partition of news.items."""

    def __init__(self) -> None:
        self.settings = settings.read()
        self.names = topics.names(self.settings)
        self._models = pipeline.load(self.settings)
        self._routes = routing.load(self.settings.routes_file, self.settings.topic_prefix)
        self._states: dict[int, dedup.State] = defaultdict(lambda: new_state(self.settings))

    def enrich(self, records: Iterable[Raw]) -> list[Output]:
        """Return items and dead letters, 32 records at a time as far as there are so many."""
        outputs, source = [], iter(records)
        while chunk := list(islice(source, BATCH)):
            decoded = [self._decoded(record) for record in chunk]
            good = [one for one in decoded if not isinstance(one, PoisonMessage)]
            for outcome in pipeline.enrich_all(self._models, good):
                if isinstance(outcome, PoisonMessage):
                    outputs.append(self._dead(outcome))
                else:
                    outputs.append(Output(self.names.items, outcome.shard.encode(), codec.encode_item(outcome), []))
            outputs += [self._dead(one) for one in decoded if isinstance(one, PoisonMessage)]
        return outputs

    def _decoded(self, record: Raw) -> pipeline.Received | PoisonMessage:
        try:
            raw = codec.decode_raw(record.value)
        except PoisonMessage as poison:
            return poison
        received_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        return pipeline.Received(raw, Origin(self.names.raw, record.partition, record.offset), received_at)

    def _dead(self, poison: PoisonMessage) -> Output:
        return Output(self.names.dead_letters, None, str(poison).encode(), [])

    def admit(self, partition: int, values: Iterable[bytes]) -> list[Output]:
        """Return events, copies of them for the routes, and changes of the state for its changelog."""
        return list(self._admitted(partition, values))

    def _admitted(self, partition: int, values: Iterable[bytes]) -> Iterator[Output]:
        state, names = self._states[partition], self.names
        for value in values:
            item = codec.decode_item(value)
            admission = dedup.admit(state, item)
            event = pipeline.event(item, admission.verdict, datetime.now(UTC))
            record = event.story_id.encode(), codec.encode_event(event), codec.event_headers(event)
            yield Output(names.duplicates if event.status == "duplicate" else names.enriched, *record)
            yield from (Output(topic, *record) for topic in self._routes.of(event))
            yield from (Output(names.changelog, *change, [], partition) for change in admission.changes)


def brokers() -> str:
    """Return the brokers of the settings."""
    return settings.read().brokers


def group() -> str:
    """Return the consumer group of the settings."""
    return settings.read().app_id


def fail(reason: object) -> None:
    """End a peer whose guarantee is broken."""
    sys.exit(f"not delivered: {reason}")
