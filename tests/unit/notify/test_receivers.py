"""What each kind of receiver is sent, by the schemas of those who read it, and what their answers mean."""

import json
from datetime import UTC, datetime

import jsonschema
import pytest
from msgspec.structs import replace
from standardwebhooks import Webhook, WebhookVerificationError

from streams.alerts import wording
from streams.notify import receivers, signing
from streams.notify.receivers import judge

SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_T2xkU2VjcmV0T2xkU2VjcmV0T2xkU2VjcmV0"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORDS = wording.load()["en"]

# Written after the OpenAPI document of Alertmanager 0.25 (api/v2/openapi.yaml, postableAlert) ...
_STRINGS = {"type": "object", "additionalProperties": {"type": "string"},
            "propertyNames": {"pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"}}  # fmt: skip
ALERTMANAGER = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["labels"],
        "properties": {
            "startsAt": {"type": "string", "format": "date-time"},
            "endsAt": {"type": "string", "format": "date-time"},
            "annotations": _STRINGS,
            "labels": _STRINGS,
            "generatorURL": {"type": "string", "format": "uri"},
        },
        "additionalProperties": False,
    },
}
# ... and after the reference of PagerDuty's Events API v2.
PAGERDUTY = {
    "type": "object",
    "required": ["routing_key", "event_action"],
    "properties": {
        "routing_key": {"type": "string"},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "maxLength": 255},
        "client": {"type": "string"},
        "payload": {
            "type": "object",
            "required": ["summary", "source", "severity"],
            "properties": {
                "summary": {"type": "string", "maxLength": 1024},
                "source": {"type": "string"},
                "severity": {"enum": ["critical", "error", "warning", "info"]},
                "timestamp": {"type": "string", "format": "date-time"},
                "class": {"type": "string"},
                "group": {"type": "string"},
                "custom_details": {"type": "object"},
            },
            "additionalProperties": False,
        },
        "links": {"type": "array", "items": {"type": "object", "required": ["href"]}},
    },
    "additionalProperties": False,
}


def body(make, receiver, alert):
    request = make(receiver, alert, wording.text(alert, WORDS, UTC), NOW)
    return json.loads(request.body)


def test_a_webhook_is_verified_by_the_reference_implementation() -> None:
    stamp = int(datetime.now(UTC).timestamp())
    headers = signing.headers("a1", stamp, b'{"a":1}', [SECRET, OTHER])
    assert Webhook(SECRET).verify(b'{"a":1}', headers) == {"a": 1}
    assert Webhook(OTHER).verify(b'{"a":1}', headers) == {"a": 1}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b'{"a":2}', headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b'{"a":1}', headers | {"webhook-timestamp": str(stamp + 1)})


def test_a_webhook_holds_the_whole_alert_and_its_text(receiver, alert) -> None:
    sent = body(receivers.webhook, receiver("webhook"), alert)
    assert (sent["type"], sent["timestamp"]) == ("news.alert.firing", "2026-03-02T12:00:00.000Z")
    assert sent["data"]["reports"][0]["place"]["precision"] == "exact"
    assert "Place: El Fasher, SD (in this town or site, ±6 km)" in sent["data"]["text"]


def test_alertmanager_gets_what_its_schema_asks_for(receiver, alert) -> None:
    request = receivers.alertmanager(
        receiver("alertmanager", "http://am:9093/"), alert, wording.text(alert, WORDS, UTC), NOW
    )
    assert request.url == "http://am:9093/api/v2/alerts"
    firing = body(receivers.alertmanager, receiver("alertmanager"), alert)
    end = body(
        receivers.alertmanager, receiver("alertmanager"), replace(alert, id="a2", status="resolved", ends_at=NOW)
    )
    for sent in (firing, end):
        jsonschema.validate(sent, ALERTMANAGER)
    assert firing[0]["labels"] == end[0]["labels"]
    assert (firing[0]["endsAt"], end[0]["endsAt"]) == ("2026-03-02T13:00:00.000Z", "2026-03-02T12:00:00.000Z")


def test_pagerduty_gets_what_its_reference_asks_for(receiver, alert) -> None:
    firing = body(receivers.pagerduty, receiver("pagerduty"), replace(alert, rule="r" * 60, severity="critical"))
    end = body(receivers.pagerduty, receiver("pagerduty"), replace(alert, id="a2", status="resolved"))
    for sent in (firing, end):
        jsonschema.validate(sent, PAGERDUTY)
    assert (firing["event_action"], end["event_action"]) == ("trigger", "resolve")
    assert firing["dedup_key"] == end["dedup_key"] == "k1"


@pytest.mark.parametrize(
    ("kind", "status", "answer"),
    [
        ("webhook", 200, "delivered"),
        ("webhook", 204, "delivered"),
        ("webhook", 302, "retry"),
        ("webhook", 400, "retry"),
        ("webhook", 410, "gone"),
        ("webhook", 500, "retry"),
        ("pagerduty", 202, "delivered"),
        ("pagerduty", 400, "refused"),
        ("pagerduty", 429, "retry"),
        ("alertmanager", 410, "refused"),
        ("alertmanager", 503, "retry"),
    ],
)
def test_what_an_answer_means(kind: str, status: int, answer: str) -> None:
    assert judge(kind, status, "").answer == answer


def test_a_receiver_says_how_long_to_wait() -> None:
    assert judge("webhook", 429, "120").after == 120
    assert judge("webhook", 503, "Wed, 21 Oct 2026 07:28:00 GMT").after == 0
