"""Where a reader stands: the next offset of every partition, written so that it fits into an event id.

A position means the same to every gateway of the topic, whatever order it reads the partitions in.
"""

import re
from collections.abc import Mapping

from streams.errors import ConfigError

Position = Mapping[int, int]

_WRITTEN = re.compile(r"[0-9]{1,6}\.[0-9]{1,18}(-[0-9]{1,6}\.[0-9]{1,18})*")
_MAX = 20_000


def text(position: Position) -> str:
    """Write a position as `partition.offset` pairs with dashes between; empty for no partitions."""
    return "-".join(f"{partition}.{offset}" for partition, offset in sorted(position.items()))


def parse(written: str) -> dict[int, int]:
    """Read what `text` wrote; ConfigError when it is none."""
    if not _WRITTEN.fullmatch(written) or len(written) > _MAX:
        raise ConfigError(f"{written[:80]!r} is no id of an event of this stream; allowed: partition.offset[-…]")
    pairs = (pair.split(".") for pair in written.split("-"))
    return {int(partition): int(offset) for partition, offset in pairs}


def merge(one: Position, other: Position) -> dict[int, int]:
    """Return the further offset of each partition."""
    return {part: max(one.get(part, 0), other.get(part, 0)) for part in one.keys() | other.keys()}
