"""Committed offsets of a group as the brokers tell them, for every consumer of this package that has a group."""

from typing import Any

from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    NoError,
    NotCoordinatorForGroupError,
    for_code,
)
from aiokafka.protocol.commit import OffsetFetchRequest


def heed_errors(consumer: Any) -> None:
    """Let a started aiokafka consumer ask again for its offsets when the answer is an error.

    A coordinator that has just come up answers with an error for the whole group, as one that is no longer it does.
    aiokafka 0.14 looks at the errors of single partitions only, finds none, and takes all offsets for never committed:
    the group would begin anew with the first record.
    """
    coordinator = consumer._coordinator
    send = coordinator._send_req

    async def heeding(request: Any) -> Any:
        response = await send(request)
        error = for_code(getattr(response, "error_code", 0)) if isinstance(request, OffsetFetchRequest) else NoError
        if error is NoError:
            return response
        if error in (NotCoordinatorForGroupError, GroupCoordinatorNotAvailableError):
            coordinator.coordinator_dead()
        raise error(coordinator.group_id) if error is GroupAuthorizationFailedError else error()

    coordinator._send_req = heeding
