"""What was once written can be read for ever: old events, alerts and raw items, and schemas that only grow.

The files of tests/compat are of the first version and are never changed; a new version adds files beside them.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from streams import codec
from tools import schemas

COMPAT = Path(__file__).resolve().parent.parent / "compat"


def lines(name: str) -> list[bytes]:
    return (COMPAT / name).read_bytes().splitlines()


@pytest.mark.parametrize("number", range(len(lines("event-1.jsonl"))))
def test_old_events_are_read_and_nothing_of_them_is_lost(number: int) -> None:
    line = lines("event-1.jsonl")[number]
    again = json.loads(codec.encode_event(codec.decode_event(line)))
    assert _within(json.loads(line), again)


@pytest.mark.parametrize("number", range(len(lines("alert-1.jsonl"))))
def test_old_alerts_are_read_and_nothing_of_them_is_lost(number: int) -> None:
    line = lines("alert-1.jsonl")[number]
    assert _within(json.loads(line), json.loads(codec.encode_alert(codec.decode_alert(line))))


def _within(old: Any, new: Any) -> bool:
    """Return whether everything in the old value is in the new one; new fields may stand beside it."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and _within(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return isinstance(new, list) and len(old) == len(new) and all(map(_within, old, new))
    return bool(old == new)


@pytest.mark.parametrize("number", range(len(lines("raw-1.jsonl"))))
def test_old_raw_items_are_accepted_and_mean_the_same(number: int) -> None:
    case = json.loads(lines("raw-1.jsonl")[number])
    read = msgspec.to_builtins(codec.decode_raw(json.dumps(case["given"]).encode()))
    assert _within(case["means"], read)


@pytest.mark.parametrize("name", ["event.json", "alert.json"])
def test_schemas_only_grow(name: str) -> None:
    old = json.loads((COMPAT / name.replace(".json", "-1.schema.json")).read_text(encoding="utf-8"))
    new = json.loads(schemas.documents()[name])
    assert old["$id"] == new["$id"]
    assert list(_lost("", old, new, old["$defs"], new["$defs"])) == []


def _lost(where: str, old: dict, new: dict, old_parts: dict, new_parts: dict):
    """Yield what a reader of the old schema would miss or not understand: fields gone, types or words that are new."""
    old, new = _resolved(old, old_parts), _resolved(new, new_parts)
    if set(_types(new)) - set(_types(old)):
        yield f"{where}: may be {_types(new)}, was {_types(old)}"
    if "enum" in old and (words := set(new.get("enum", ())) - set(old["enum"])):
        yield f"{where}: new words {words}"
    for key in old.get("required", ()):
        if key not in new.get("required", ()):
            yield f"{where}.{key}: was always there"
    for key, part in old.get("properties", {}).items():
        if key not in new.get("properties", {}):
            yield f"{where}.{key}: is gone"
        else:
            yield from _lost(f"{where}.{key}", part, new["properties"][key], old_parts, new_parts)
    if "items" in old and "items" in new:
        yield from _lost(f"{where}[]", old["items"], new["items"], old_parts, new_parts)
    for before, after in zip(_objects(old, old_parts), _objects(new, new_parts), strict=False):
        yield from _lost(where, before, after, old_parts, new_parts)


def _resolved(part: dict, parts: dict) -> dict:
    return parts[part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part


def _objects(part: dict, parts: dict) -> list[dict]:
    return [found for one in part.get("anyOf", ()) if (found := _resolved(one, parts)).get("type") == "object"]


def _types(part: dict) -> list[str]:
    if "anyOf" in part:
        return sorted(kind for one in part["anyOf"] for kind in _types(one) or ["object"])
    kind = part.get("type", "object" if "$ref" in part else None)
    return sorted(kind) if isinstance(kind, list) else [kind] if kind else []


@pytest.mark.parametrize(("name", "schema"), [("event-1.jsonl", "event.json"), ("alert-1.jsonl", "alert.json")])
def test_old_messages_are_valid_by_the_old_schema(name: str, schema: str) -> None:
    old = json.loads((COMPAT / schema.replace(".json", "-1.schema.json")).read_text(encoding="utf-8"))
    for line in lines(name):
        jsonschema.validate(json.loads(line), old)


def test_a_field_that_is_gone_is_noticed() -> None:
    old = json.loads((COMPAT / "event-1.schema.json").read_text(encoding="utf-8"))
    new = json.loads((COMPAT / "event-1.schema.json").read_text(encoding="utf-8"))
    del new["$defs"]["Place"]["properties"]["lat"]
    new["$defs"]["Place"]["required"].remove("lat")
    new["properties"]["status"]["enum"].append("withdrawn")
    new["properties"]["title"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert {line.split(":")[0] for line in _lost("", old, new, old["$defs"], new["$defs"])} == {
        ".places[].lat", ".status", ".title",
    }  # fmt: skip
