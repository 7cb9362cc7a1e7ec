"""What PagerDuty gets is what its own client library sends: `make test-receivers`, which installs that library.

Both put the same incident to a server of this machine, and what came is compared field by field.
"""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from streams.alerts import Receiver, loader, wording
from streams.messages import Alert, Report, Source
from streams.notify.receivers import Sender

sys.path.insert(0, str(Path(__file__).parents[2] / ".streams" / "receivers"))

from pagerduty import EventsApiV2Client

KEY, WORDS = "e93facc04764012d7bfb002500d5d1a6", wording.load()["en"]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Events(HTTPServer):
    """Answers as PagerDuty does and keeps what came: path and body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.came: list[tuple[str, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


def library(url: str) -> EventsApiV2Client:
    """Return PagerDuty's client, led to an address it would not take by itself: without TLS."""
    client = EventsApiV2Client(KEY)
    client._url = url
    return client


class _Handler(BaseHTTPRequestHandler):
    server: Events

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.came.append((self.path, body))
        answer = json.dumps(
            {"status": "success", "message": "Event processed", "dedup_key": body["dedup_key"]}
        ).encode()
        self.send_response(202)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def events() -> Iterator[Events]:
    with Events() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def alert(**changes: object) -> Alert:
    report = Report(
        event_id="e1", story_id="s1", title="Strike on El Fasher", url="https://wire.example/1",
        source=Source("Wire", "wire.example"), language="en", published_at=NOW, received_at=NOW, conflict="sudan",
        conflict_name="Sudan war", score=0.9, place=None, evidence=(),
    )  # fmt: skip
    made = Alert(
        id="a1", key="k1", rule="escalation", condition="surge", status="firing", severity="critical",
        group={"conflict": "sudan"}, receivers=("on-call",), starts_at=NOW, ends_at=NOW + timedelta(hours=1),
        made_at=NOW, sources=3, reports=(report,), within=3600, count=9, expected=2.0,
    )  # fmt: skip
    return replace(made, **changes)


async def _send(url: str, sent: Alert) -> str:
    sender = Sender(Receiver("on-call", "pagerduty", f"{url}/v2/enqueue", secrets=(KEY,), private=True), WORDS)
    try:
        return (await sender.send(sent, NOW)).answer
    finally:
        await sender.close()


def test_an_incident_is_put_as_by_the_library_of_pagerduty(events: Events) -> None:
    assert asyncio.run(_send(events.url, alert())) == "delivered"
    text, client = wording.text(alert(), WORDS, UTC), library(events.url)
    client.trigger(
        text.subject,
        "escalation",
        dedup_key="k1",
        severity="critical",
        payload={"timestamp": "2026-03-02T12:00:00.000Z", "class": "surge", "group": "sudan"},
        custom_details={"text": text.body, "alert_id": "a1"},
        links=[{"href": "https://wire.example/1", "text": text.subject}],
    )
    (path, ours), (their_path, theirs) = events.came
    assert (path, ours.pop("client")) == (their_path, "streams")
    assert ours == theirs


def test_an_end_has_all_that_the_library_sends_for_one(events: Events) -> None:
    assert asyncio.run(_send(events.url, alert(id="a2", status="resolved"))) == "delivered"
    library(events.url).resolve("k1")
    (_, ours), (_, theirs) = events.came
    assert theirs.items() <= ours.items()


def test_the_address_is_that_of_the_library() -> None:
    assert f"{EventsApiV2Client(KEY).default_base_url}/v2/enqueue" == loader.PAGERDUTY
