"""Write docs/schemas/ from the message classes: JSON Schema 2020-12 and AsyncAPI 3. `make schemas`."""

import json
from pathlib import Path
from typing import Any

import msgspec

from streams import __version__, topics
from streams.messages import Alert, Event, RawItem
from streams.settings import Settings
from tools import typescript

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schemas"
TYPES = FOLDER.parent / "consumers" / "streams.d.ts"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_RAW_NOTES = {
    "description": (
        "An item as a producer sends it. At least one of title, text and html is not blank; at most 1 MiB; unknown "
        "fields are ignored. Also accepted: link for url, guid for id, pubDate, published or date for published_at, "
        "headline for title, body, content, summary or description for text, lang for language, and a plain name for "
        "source."
    ),
    "required": [],
    "additionalProperties": True,
}


def schema(message: type[msgspec.Struct], name: str) -> dict[str, Any]:
    """Return the JSON Schema of one message, its parts under $defs."""
    (root,), parts = msgspec.json.schema_components([message], ref_template="#/$defs/{name}")
    body = parts.pop(root["$ref"].rsplit("/", 1)[1])
    return {"$schema": _DIALECT, "$id": f"urn:streams:{name}", **body, "$defs": parts}


def raw_schema() -> dict[str, Any]:
    """Return the schema of a raw item: looser than the class, which has the aliases resolved already."""
    body = schema(RawItem, "news.raw-item/1") | _RAW_NOTES
    text = {"type": ["string", "null"]}
    body["properties"] |= {
        "id": {"type": ["string", "integer", "null"]},
        "published_at": {
            "type": ["string", "number", "null"],
            "description": "RFC 3339, RFC 822 or Unix seconds or milliseconds; without a zone UTC",
        },
        "source": {"anyOf": [text, {"$ref": "#/$defs/Source"}]},
    }
    body["anyOf"] = [{"required": [key]} for key in ("title", "headline", "text", "body", "content", "summary",
                                                     "description", "html")]  # fmt: skip
    return body


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3 document: channels are topics, messages refer to the schemas."""
    settings = Settings()
    names = topics.names(settings)
    messages = {
        "rawItem": _message("Raw item", "raw-item.json"),
        "event": _message("Event", "event.json", _event_headers()),
        "alert": _message("Alert", "alert.json", _alert_headers()),
        "alertFailure": _message("Alert that a receiver did not take", "alert.json", _failure_headers()),
        "deadLetter": _message("Dead letter: the record as it came, and why", None, _dead_letter_headers()),
    }
    content = {
        names.raw: "rawItem",
        names.enriched: "event",
        names.duplicates: "event",
        names.dead_letters: "deadLetter",
        names.alerts: "alert",
        names.alert_failures: "alertFailure",
    }
    public = [topic for topic in topics.catalogue(settings) if topic.name in content]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "streams", "version": __version__, "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "channels": {
            topic.name.replace(".", "_"): {
                "address": topic.name,
                "description": topic.meaning,
                "messages": {content[topic.name]: {"$ref": f"#/components/messages/{content[topic.name]}"}},
                "bindings": {"kafka": {"topic": topic.name, "partitions": topic.partitions}},
            }
            for topic in public
        },
        "operations": {
            f"{'receive' if topic.name == names.raw else 'send'}_{topic.name.replace('.', '_')}": {
                "action": "receive" if topic.name == names.raw else "send",
                "channel": {"$ref": f"#/channels/{topic.name.replace('.', '_')}"},
            }
            for topic in public
        },
        "components": {"messages": messages},
    }


def _message(title: str, payload: str | None, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    message: dict[str, Any] = {"title": title}
    if payload:
        message["payload"] = {
            "schemaFormat": f"application/schema+json;version={_DIALECT}",
            "schema": {"$ref": payload},
        }
    return message | ({"headers": headers} if headers else {})


def _event_headers() -> dict[str, Any]:
    required = ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "content-type", "status"]
    optional = ["conflict", "country", "backfill"]
    return {"type": "object", "required": required, "properties": {k: {"type": "string"} for k in required + optional}}


_ALERT_HEADERS = ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "content-type", "rule",
                  "severity", "status"]  # fmt: skip


def _alert_headers() -> dict[str, Any]:
    return _strings(_ALERT_HEADERS)


def _failure_headers() -> dict[str, Any]:
    return _strings([*_ALERT_HEADERS, *(f"dlq-{key}" for key in ("reason", "receiver", "detail", "attempts", "time"))])


def _strings(required: list[str]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": {k: {"type": "string"} for k in required}}


def _dead_letter_headers() -> dict[str, Any]:
    required = [f"dlq-{key}" for key in ("reason", "stage", "detail", "topic", "partition", "offset", "time")]
    return {"type": "object", "required": required, "properties": {k: {"type": "string"} for k in required}}


def documents() -> dict[str, str]:
    """Return file name → content of everything in docs/schemas/."""
    made = {
        "raw-item.json": raw_schema(),
        "event.json": schema(Event, "news.event/1"),
        "alert.json": schema(Alert, "news.alert/1"),
        "asyncapi.json": asyncapi(),
    }
    return {name: json.dumps(body, indent=2, ensure_ascii=False) + "\n" for name, body in made.items()}


def types() -> str:
    """Return the TypeScript declarations of what consumers read."""
    return typescript.declarations(schema(Event, "news.event/1"), schema(Alert, "news.alert/1"))


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file, text in documents().items():
        (FOLDER / file).write_text(text, encoding="utf-8")
    TYPES.write_text(types(), encoding="utf-8")
