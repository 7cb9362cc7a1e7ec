"""The description of the gateway for programs: OpenAPI 3.1, made from the filters, formats and messages themselves."""

from typing import Any

import msgspec

from streams import __version__
from streams.feed.formats import FORMATS, Format
from streams.feed.query import DEFAULT_LIMIT, MAX_LIMIT, RESUME, Vocabulary
from streams.filters import MAX_RADIUS, MAX_TEXT, MAX_VALUES
from streams.messages import Event

Json = dict[str, Any]
_EVENT: Json = {"$ref": "#/components/schemas/Event"}
_PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457 problem details; for a wrong parameter, which one and what is allowed",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "parameter": {"type": "string"},
        "allowed": {"type": "array", "items": {"type": "string"}},
    },
}
_MEANINGS = {
    "conflict": "armed conflicts: slugs, UCDP ids, or `any`",
    "country": "countries the event is about or happened in (ISO 3166-1 alpha-2)",
    "language": "languages (ISO 639-1; `und`: too short to tell)",
    "status": "`new` stories or `revision`s of them",
}


def document(vocabulary: Vocabulary, private: bool) -> Json:
    """Return the OpenAPI document of a gateway; `private` when it asks for a bearer token."""
    (_,), parts = msgspec.json.schema_components([Event], ref_template="#/components/schemas/{name}")
    paths = {kind.path: {"get": _format(kind, vocabulary, private)} for kind in FORMATS}
    described: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "streams feed",
            "version": __version__,
            "description": "News events: which armed conflict, where, with the evidence.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths | _others(vocabulary, private),
        "components": {"schemas": parts | {"Problem": _PROBLEM}},
    }
    if private:
        described["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        described["security"] = [{"token": []}]
    return described


def _others(vocabulary: Vocabulary, private: bool) -> Json:
    return {
        "/events": {"get": _live(vocabulary, private)},
        "/events/{id}": {"get": _event(private)},
        "/openapi.json": {"get": _fixed("This document", "application/vnd.oai.openapi+json;version=3.1", private)},
        "/filters.json": {"get": _fixed("What the filters may be", "application/json", private)},
        "/livez": {"get": _health("The server answers")},
        "/readyz": {"get": _health("The recent events are there", "503")},
    }


def _filters(vocabulary: Vocabulary) -> list[Json]:
    lists = [
        _parameter(name, {"type": "array", "minItems": 1, "maxItems": MAX_VALUES, "items": {"enum": words}}, meaning)
        for (name, meaning), words in zip(_MEANINGS.items(), vocabulary.values().values(), strict=True)
    ]
    word = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": r"^\S+$"}
    point = {"type": "array", "prefixItems": [_number(-90, 90), _number(-180, 180)], "minItems": 2, "maxItems": 2}
    return [
        *lists,
        _parameter("source", word, "a publisher: its name, or its domain with those under it; may be repeated"),
        _parameter("place", point, "latitude and longitude in degrees; needs `radius`"),
        _parameter("radius", {"type": "number", "minimum": 0.001, "maximum": MAX_RADIUS}, "kilometres around `place`"),
        _parameter("min_score", _number(0, 1), "least probability of a conflict"),
        _parameter("q", word | {"pattern": r"^[A-Za-z0-9]+$"}, "words of title or text, all of them"),
    ]


def _number(low: float, high: float) -> Json:
    return {"type": "number", "minimum": low, "maximum": high}


def _parameter(name: str, schema: Json, meaning: str, where: str = "query") -> Json:
    listed = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
    return {"name": name, "in": where, "description": meaning, "required": where == "path", "schema": schema} | listed


def _format(kind: Format, vocabulary: Vocabulary, private: bool) -> Json:
    schema: Json = {} if kind.path != "/events.json" else {
        "type": "object",
        "required": ["events", "next"],
        "properties": {"events": {"type": "array", "items": _EVENT}, "next": {"type": ["string", "null"]}},
    }  # fmt: skip
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    cursor = {"type": "string", "pattern": r"^[0-9]{1,18}\.[0-9]{1,6}\.[0-9]{1,18}$"}
    paging = [_parameter("limit", limit, "entries of a page"), _parameter("before", cursor, "`next` of the last page")]
    answers = {"200": _answer("The document", kind.media_type, schema), "304": {"description": "It has not changed"}}
    return {
        "operationId": kind.path.strip("/").replace(".", "_"),
        "summary": kind.meaning,
        "parameters": [*_filters(vocabulary), *paging],
        "responses": answers | _refusals(private, "400", "503"),
    }


def _live(vocabulary: Vocabulary, private: bool) -> Json:
    place = r"^[0-9]{1,6}\.[0-9]{1,18}(-[0-9]{1,6}\.[0-9]{1,18})*$"
    resume = {"type": "string", "pattern": place}
    return {
        "operationId": "events",
        "summary": "Events as they come (Server-Sent Events); `id` resumes, `event: gap` says that some are missing",
        "parameters": [
            *_filters(vocabulary),
            _parameter("Last-Event-ID", resume, "`id` of the last event; without it: from now on", "header"),
            _parameter(RESUME, resume, "the same for clients that cannot set a header"),
        ],
        "responses": {"200": _answer("The stream", "text/event-stream", {"type": "string"})}
        | _refusals(private, "400", "503"),
    }  # fmt: skip


def _event(private: bool) -> Json:
    return {
        "operationId": "event",
        "summary": "One recent event with all its evidence",
        "parameters": [_parameter("id", {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "`id` of the event", "path")],
        "responses": {
            "200": _answer("The event", "application/json", _EVENT),
            "304": {"description": "It has not changed"},
        }
        | _refusals(private, "400", "404"),
    }


def _fixed(meaning: str, media_type: str, private: bool) -> Json:
    answers = {"200": _answer(meaning, media_type, {}), "304": {"description": "It has not changed"}}
    return {"summary": meaning, "responses": answers | _refusals(private)}


def _health(meaning: str, *failures: str) -> Json:
    text = {"schema": {"type": "string"}}
    answers = {status: {"description": meaning, "content": {"text/plain": text}} for status in ("200", *failures)}
    return {"summary": meaning, "security": [], "responses": answers | _refusals(False)}


def _answer(meaning: str, media_type: str, schema: Json) -> Json:
    return {"description": meaning, "content": {media_type: {"schema": schema}}}


def _refusals(private: bool, *statuses: str) -> Json:
    meanings = {
        "400": "A parameter or value that is none",
        "401": "A bearer token is needed",
        "404": "There is no such event",
        "405": "Only GET is answered",
        "421": "This host name is not served",
        "429": "Too many requests of one address at once",
        "503": "Not ready, or too busy",
    }
    always = ("405", "421", "429", *(("401",) if private else ()))
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": meaning, "content": problem}
        for status, meaning in meanings.items()
        if status in (*always, *statuses)
    }
