"""Items for the worker's tests: one sentence each, the recipe cut down to what dedup needs."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fake_transport import Broker

from streams.errors import PoisonMessage
from streams.messages import Item, Origin, Provenance, RawItem
from streams.pipeline import Received
from streams.text.fingerprint import fingerprint
from streams.text.fold import fold

RAW = "news.raw"


def enrich(batch: Sequence[Received | PoisonMessage]) -> list[Item | PoisonMessage]:
    return [
        one if isinstance(one, PoisonMessage) else _enrich(one.raw, one.origin, one.received_at, one.backfill)
        for one in batch
    ]


def _enrich(raw: RawItem, origin: Origin, received_at: datetime, backfill: bool) -> Item | PoisonMessage:
    title, text = raw.title or "", raw.text or ""
    if title == "poison":
        return PoisonMessage("no-content", "as the test wants")
    if title == "bug":
        raise RuntimeError("a bug in the recipe")
    return Item(
        item_id=raw.id or title, shard="en", title=title, text=text, url=None, page=None, source=raw.source,
        language="en",
        published_at=None, received_at=received_at, fingerprint=fingerprint(fold(f"{title}\n{text}"), "en"),
        conflicts=(), places=(), countries=(), provenance=Provenance("1", "1", "1", origin, backfill),
    )  # fmt: skip


def raw(number: int, **fields: Any) -> bytes:
    title = f"Report number {number} from town {number}"
    return json.dumps({"id": f"item-{number}", "title": title, **fields}).encode()


def fill(broker: Broker, count: int, partition: int = 0, first: int = 0) -> None:
    for number in range(first, first + count):
        broker.append(RAW, partition, raw(number), key=b"key")
