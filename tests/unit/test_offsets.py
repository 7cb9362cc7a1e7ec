"""An error of the coordinator is an error, not the news that nothing was ever committed."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupAuthorizationFailedError
from aiokafka.structs import OffsetAndMetadata

from streams.offsets import heed_errors

PART = TopicPartition("news.raw", 0)
LOADING, NOT_COORDINATOR, NOT_ALLOWED = 14, 16, 30


class Coordinator(GroupCoordinator):
    """aiokafka's own, with answers from a list instead of a broker."""

    def __init__(self, *errors: int) -> None:
        self.group_id, self._retry_backoff_ms, self.errors, self.dead = "streams", 1, list(errors), 0

    async def ensure_coordinator_known(self) -> None:
        pass

    def coordinator_dead(self) -> None:
        self.dead += 1

    async def _send_req(self, request: Any) -> Any:
        if self.errors:
            return SimpleNamespace(topics=[], error_code=self.errors.pop(0))
        return SimpleNamespace(topics=[("news.raw", [(0, 415, "", 0)])], error_code=0)


def fetch(coordinator: Coordinator) -> dict[TopicPartition, OffsetAndMetadata]:
    found: dict[TopicPartition, OffsetAndMetadata] = asyncio.run(coordinator.fetch_committed_offsets([PART]))
    return found


def test_aiokafka_alone_forgets_every_offset() -> None:
    assert fetch(Coordinator(LOADING)) == {}  # once this fails, streams.offsets can go


@pytest.mark.parametrize(("error", "dead"), [(LOADING, 0), (NOT_COORDINATOR, 1)])
def test_it_is_asked_again_until_the_coordinator_knows(error: int, dead: int) -> None:
    coordinator = Coordinator(error, error)
    heed_errors(SimpleNamespace(_coordinator=coordinator))
    assert fetch(coordinator) == {PART: OffsetAndMetadata(415, "")}
    assert coordinator.dead == 2 * dead


def test_what_asking_again_does_not_mend_is_raised() -> None:
    coordinator = Coordinator(NOT_ALLOWED)
    heed_errors(SimpleNamespace(_coordinator=coordinator))
    with pytest.raises(GroupAuthorizationFailedError):
        fetch(coordinator)
