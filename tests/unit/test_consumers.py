"""The files of docs/consumers that one can copy: the client reads what we write, now and with fields to come."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from programs import load

from streams import codec, messages

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "consumers"
COMPAT = Path(__file__).resolve().parent.parent / "compat"


client = load(FOLDER / "streams_client.py")


def plain(value: Any) -> Any:
    """Return dataclasses and message structs as the same plain values."""
    return json.loads(msgspec.json.encode(value))


def lines(name: str) -> list[bytes]:
    return (COMPAT / name).read_bytes().splitlines()


@pytest.mark.parametrize("line", lines("event-1.jsonl"), ids=range(len(lines("event-1.jsonl"))))
def test_the_client_reads_events_as_we_do(line: bytes) -> None:
    expected = plain(codec.decode_event(line))
    expected.pop("schema")
    assert plain(client.parse_event(line)) == expected


@pytest.mark.parametrize("line", lines("alert-1.jsonl"), ids=range(len(lines("alert-1.jsonl"))))
def test_the_client_reads_alerts_as_we_do(line: bytes) -> None:
    expected = plain(codec.decode_alert(line))
    expected.pop("schema")
    assert plain(client.parse_alert(line)) == expected


@pytest.mark.parametrize("kind", ["Event", "Alert"])
def test_the_client_has_every_field(kind: str) -> None:
    ours = {field.name for field in msgspec.structs.fields(getattr(messages, kind))}
    assert {*getattr(client, kind).__dataclass_fields__, "schema"} == ours


def test_the_client_passes_over_fields_to_come() -> None:
    event = json.loads(lines("event-1.jsonl")[0]) | {"weather": "rain"}
    event["source"]["owner"] = "x"
    assert client.parse_event(json.dumps(event)).id == event["id"]


def test_the_client_says_what_is_missing() -> None:
    event = json.loads(lines("event-1.jsonl")[0])
    del event["places"]
    with pytest.raises(ValueError, match="Event lacks places"):
        client.parse_event(json.dumps(event))
    with pytest.raises(ValueError, match=r"this is no news\.event/1"):
        client.parse_event(json.dumps(event | {"schema": "news.event/2"}))
    with pytest.raises(ValueError, match=r"this is no news\.alert/1"):
        client.parse_alert(lines("event-1.jsonl")[0])


def test_the_connector_is_json_and_keeps_the_event_whole() -> None:
    config = json.loads((FOLDER / "connect-postgres.json").read_text(encoding="utf-8"))["config"]
    assert config["topics"] == "news.enriched"
    assert config["value.converter"] == "org.apache.kafka.connect.storage.StringConverter"
    assert config["consumer.override.isolation.level"] == "read_committed"
