"""TypeScript declarations of events and alerts from their JSON Schemas: docs/consumers/streams.d.ts. `make schemas`."""

import json
from collections.abc import Iterator
from typing import Any

_HEAD = """\
// Events and alerts of `streams`, generated from docs/schemas. Copy this file.
// Fields may be added, none is removed: ignore what you do not know. Times are RFC 3339 in UTC.
"""
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def declarations(*schemas: dict[str, Any]) -> str:
    """Return the declarations of some schemas, each part once."""
    parts: dict[str, dict[str, Any]] = {}
    for schema in schemas:
        parts |= {**schema["$defs"], schema["title"]: schema}
    return _HEAD + "".join(line for name in sorted(parts) for line in _interface(name, parts[name]))


def _interface(name: str, part: dict[str, Any]) -> Iterator[str]:
    yield "\n"
    if description := part.get("description"):
        yield f"/** {' '.join(description.split())} */\n"
    yield f"export interface {name} {{\n"
    for key, kind in part["properties"].items():
        # What has a default is always written; only an older message may lack it.
        yield f"  {key}{'' if key in part['required'] else '?'}: {_type(kind)};\n"
    yield "}\n"


def _type(part: dict[str, Any]) -> str:
    if "$ref" in part:
        return str(part["$ref"]).rsplit("/", 1)[1]
    if "enum" in part:
        return " | ".join(json.dumps(word) for word in part["enum"])
    if "anyOf" in part:
        return " | ".join(_type(one) for one in part["anyOf"])
    if part["type"] == "array":
        inner = _type(part["items"])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if part["type"] == "object":
        return f"Record<string, {_type(part['additionalProperties'])}>"
    return _PLAIN[part["type"]]
