"""Makes items for the tests of dedup."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from streams.messages import Item, Origin, Provenance, Source
from streams.text.fingerprint import fingerprint
from streams.text.fold import fold

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MakeItem = Callable[..., Item]


@pytest.fixture
def make_item() -> MakeItem:
    """Return a function that makes an item of a text, each from an origin of its own unless told."""
    offsets = count()

    def make(
        text: str = "",
        title: str = "",
        item_id: str | None = None,
        url: str | None = None,
        language: str = "en",
        hours: float = 0,
        received_hours: float | None = None,
        offset: int | None = None,
    ) -> Item:
        offset = next(offsets) if offset is None else offset
        return Item(
            item_id=item_id or f"item-{offset}",
            shard=language,
            title=title,
            text=text,
            page=url,
            url=url,
            source=Source(),
            language=language,
            published_at=NOON + timedelta(hours=hours),
            received_at=NOON + timedelta(hours=max(hours, 0) if received_hours is None else received_hours),
            fingerprint=fingerprint(fold(f"{title}\n{text}"), language),
            conflicts=(),
            places=(),
            countries=(),
            provenance=Provenance(pipeline="", registry="", gazetteer="", origin=Origin("news.raw", 0, offset)),
        )

    return make
