"""An alert and receivers of every kind."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from streams.alerts import Receiver
from streams.messages import Alert, Report, ReportPlace, Source

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
REPORT = Report(
    event_id="e1", story_id="s1", title="Strike on El Fasher market", url="https://wire.example/1",
    source=Source("Example Wire", "wire.example"), language="en", published_at=NOW, received_at=NOW, conflict="sudan",
    conflict_name="Sudan war", score=0.9, place=ReportPlace("El Fasher", "SD", "exact", 13.63, 25.35, 6.0),
    evidence=("El Fasher",),
)  # fmt: skip
ALERT = Alert(
    id="a1", key="k1", rule="sudan", condition="surge", status="firing", severity="warning",
    group={"conflict": "sudan"}, receivers=("desk",), starts_at=NOW, ends_at=NOW + timedelta(hours=1), made_at=NOW,
    sources=3, reports=(REPORT,), within=3600, count=9, expected=2.0,
)  # fmt: skip
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def alert() -> Alert:
    return ALERT


@pytest.fixture
def receiver() -> Callable[..., Receiver]:
    def make(kind: str, url: str = "https://desk.example/h", **more: object) -> Receiver:
        return Receiver("desk", kind, url, secrets=(SECRET,), **more)

    return make
