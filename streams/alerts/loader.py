"""Reads a rules file; whatever is wrong in it is named with file and line, and nothing is ever guessed."""

import base64
import binascii
import re
import tomllib
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from streams import filters
from streams.alerts import lines
from streams.alerts.model import (
    DAY,
    HOUR,
    Condition,
    Counting,
    Dimension,
    Kind,
    Language,
    Quiet,
    Receiver,
    Rule,
    RuleSet,
    Severity,
)
from streams.alerts.table import Table
from streams.errors import ConfigError
from streams.filters import Filter, FilterError

_RULE: Final = {
    "name", "when", "filter", "everything", "receivers", "severity", "group_by", "repeat", "lasts", "max_age",
    "digest", "quiet", "valid_until",
}  # fmt: skip
_OF: Final[dict[Condition, set[str]]] = {
    "each": set(),
    "first": {"within", "learn"},
    "surge": {"within", "at_least", "ratio", "chance", "baseline", "learn"},
    "silence": {"within", "at_least", "learn"},
    "sources": {"within", "at_least", "counting"},
}
_ELSEWHERE: Final = {
    key: "when = " + " or ".join(sorted(f'"{when}"' for when, keys in _OF.items() if key in keys))
    for key in sorted(set().union(*_OF.values()))
}
_RECEIVER: Final = {"name", "kind", "url", "language", "zone", "rate", "timeout"}
_OF_KIND: Final[dict[Kind, set[str]]] = {
    "webhook": {"secrets", "private"},
    "alertmanager": {"private"},
    "pagerduty": {"routing_key", "private"},
    "apprise": set(),
}
_NAME: Final = re.compile(r"[\w.-]{1,60}")
_GROUPS: Final[dict[Condition, tuple[Dimension, ...]]] = {
    "each": ("story",), "first": ("conflict", "country"), "surge": ("conflict",), "sources": ("story",),
}  # fmt: skip
_WATCHED: Final[tuple[Dimension, ...]] = ("source", "conflict", "country", "language")
_WITHIN: Final[dict[Condition, timedelta]] = {"first": 30 * DAY, "surge": HOUR, "sources": DAY}
_MAX_SIZE, _MAX_LINE = 1 << 18, 4096  # characters: rules beyond are made by accident, and slow to read
_SECRET_BYTES: Final = range(24, 65)  # of Standard Webhooks 1.0
PAGERDUTY: Final = "https://events.pagerduty.com/v2/enqueue"


def load(path: Path, conflicts: Collection[str] | None = None) -> RuleSet:
    """Read a rules file; `conflicts` are the slugs and UCDP ids that filters may name.

    ConfigError with file and line for whatever is malformed, unknown, missing, or would let more through than meant.
    """
    top = _read(path)
    top.known({"receiver", "rule", "language", "zone"})
    language = top.choice("language", get_args(Language), "en")
    zone = top.zone("zone", ZoneInfo("UTC"))
    receivers = {
        name: _receiver(table, name, language, zone) for name, table in _named(top.many("receiver", "receiver"))
    }
    rules = tuple(_rule(table, name, receivers, zone, conflicts) for name, table in _named(top.many("rule", "rule")))
    if not rules:
        raise top.error("", "there is no [[rule]]")
    return RuleSet(rules, receivers)


def _read(path: Path) -> Table:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    _check_size(path, text)
    try:
        return Table(tomllib.loads(text), path, lines.index(text))
    except tomllib.TOMLDecodeError as error:
        message, _, where = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", where)
        raise ConfigError(f"{path}:{line[1] if line else text.count(chr(10)) + 1}: {message}") from error
    except RecursionError:
        raise ConfigError(f"{path}: lists or tables are nested too deeply") from None


def _check_size(path: Path, text: str) -> None:
    if len(text) > _MAX_SIZE:
        raise ConfigError(f"{path}: {len(text)} characters, at most {_MAX_SIZE} are allowed")
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > _MAX_LINE:
            raise ConfigError(f"{path}:{number}: a line of {len(line)} characters, at most {_MAX_LINE} are allowed")


def _named(tables: list[Table]) -> list[tuple[str, Table]]:
    """Return the tables with their names, each of which stands once."""
    named: dict[str, Table] = {}
    for table in tables:
        name = table.text("name")
        if not _NAME.fullmatch(name):
            raise table.error("name", f"{name!r}: at most 60 letters, digits, . _ - are allowed")
        if name in named:
            raise table.error("name", f"it stands twice, first in line {named[name].line}")
        named[name] = table
    return list(named.items())


def _receiver(table: Table, name: str, language: Language, zone: ZoneInfo) -> Receiver:
    kind = table.choice("kind", get_args(Kind))
    table.known(_RECEIVER | _OF_KIND[kind], {"secrets": 'kind = "webhook"', "routing_key": 'kind = "pagerduty"'})
    private = table.flag("private", kind == "alertmanager")
    return Receiver(
        name=name,
        kind=kind,
        url=_url(table, kind, private),
        secrets=_secrets(table, kind),
        language=table.choice("language", get_args(Language), language),
        zone=table.zone("zone", zone),
        private=private,
        rate=table.integer("rate", 30, 1, 6000),
        timeout=table.duration("timeout", timedelta(seconds=10)),
    )


def _url(table: Table, kind: Kind, private: bool) -> str:
    if kind == "pagerduty" and "url" not in table.values:
        return PAGERDUTY
    url = _resolved(table, "url", table.text("url", secret=True))
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise table.error("url", f"no address: {error}") from None
    if kind == "apprise":
        if not parts.scheme:
            raise table.error("url", "an Apprise address such as mailto://… or tgram://… is needed")
        return url
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise table.error("url", "an address such as https://host/path is needed")
    if parts.scheme == "http" and not private:
        raise table.error("url", "https is needed; in a network of your own http is allowed with private = true")
    if parts.username or parts.password or parts.fragment:
        raise table.error("url", "user, password and fragment are not allowed in it")
    return url


def _secrets(table: Table, kind: Kind) -> tuple[str, ...]:
    if kind == "pagerduty":
        return (_resolved(table, "routing_key", table.text("routing_key", secret=True)),)
    if kind != "webhook":
        return ()
    secrets = tuple(_resolved(table, "secrets", secret) for secret in table.strings("secrets", secret=True))
    if not secrets:
        raise table.error("secrets", "at least one is needed: unsigned webhooks can be forged")
    for number, secret in enumerate(secrets, 1):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not secret.startswith("whsec_") or len(key) not in _SECRET_BYTES:
            raise table.error("secrets", f"number {number} is none: whsec_ and 24 to 64 bytes in base64 are needed")
    return secrets


def _resolved(table: Table, key: str, value: str) -> str:
    """Return a value, or what stands in the file it names with file:, relative to the rules file."""
    if not value.startswith("file:"):
        return value
    path = table.file.parent / value.removeprefix("file:")
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise table.error(key, f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _rule(
    table: Table, name: str, receivers: dict[str, Receiver], zone: ZoneInfo, conflicts: Collection[str] | None
) -> Rule:
    when = table.choice("when", get_args(Condition))
    table.known(_RULE | _OF[when], _ELSEWHERE)
    told = tuple(dict.fromkeys(table.strings("receivers")))
    for receiver in told:
        if receiver not in receivers:
            known = ", ".join(receivers) or "none are declared"
            raise table.error("receivers", f"there is no receiver {receiver!r}; there are: {known}")
    filter = _filter(table, conflicts)
    counting = table.choice("counting", get_args(Counting), "publishers")
    within = table.duration("within", _WITHIN.get(when, DAY), timedelta(minutes=1))
    if when == "silence":
        table.needed("within")
    if when == "sources":
        table.needed("at_least")
    repeat = table.duration("repeat", 4 * HOUR)
    return Rule(
        name=name,
        when=when,
        filter=filter,
        receivers=told,
        severity=table.choice("severity", get_args(Severity), "warning"),
        group_by=_group_by(table, when, filter, counting),
        within=within,
        at_least=_at_least(table, when),
        counting=counting,
        baseline=table.duration("baseline", 7 * DAY, within),
        ratio=table.number("ratio", 3.0, 1, 1000),
        chance=table.number("chance", 0.001, 1e-12, 0.5),
        learn=_learn(table, when, within),
        repeat=repeat,
        lasts=table.duration("lasts", HOUR, timedelta(minutes=1)),
        max_age=table.duration("max_age", 6 * HOUR, timedelta(minutes=1)),
        digest=table.duration("digest", HOUR, timedelta(minutes=1)) if "digest" in table.values else None,
        quiet=_quiet(table.sub("quiet"), zone) if "quiet" in table.values else None,
        valid_until=table.moment("valid_until"),
        line=table.line,
    )


def _filter(table: Table, conflicts: Collection[str] | None) -> Filter:
    everything = table.flag("everything", False)
    if everything and "filter" in table.values:
        raise table.error("everything", "either this or a filter")
    if everything:
        return Filter()
    if not table.values.get("filter"):
        raise table.error(
            "filter" if "filter" in table.values else "", "filter is missing; for all events write everything = true"
        )
    given = table.sub("filter")
    try:
        return filters.parse(given.values, conflicts)
    except FilterError as error:
        raise given.error(error.key, str(error).removeprefix(f"{error.key}: ")) from None


def _group_by(table: Table, when: Condition, filter: Filter, counting: Counting) -> tuple[Dimension, ...]:
    default = ("conflict", "place") if when == "sources" and counting == "reports" else _GROUPS.get(when)
    if when == "silence":
        default = ("source",) if filter.source else ("conflict",) if filter.conflict else None
        if default is None:
            table.needed("group_by")
    found: tuple[Dimension, ...] = table.choices("group_by", get_args(Dimension), default or ())
    if when == "silence" and (len(found) != 1 or found[0] not in _WATCHED):
        raise table.error("group_by", f"a silence is of one of {', '.join(_WATCHED)}")
    if when in ("first", "surge") and "story" in found:
        raise table.error("group_by", f"{when} cannot be told of one story")
    if counting == "reports" and "story" in found:
        raise table.error(
            "group_by", "within a story all reports are copies of one: group by conflict, place or country"
        )
    return found


def _at_least(table: Table, when: Condition) -> int:
    low, default = {"surge": (2, 5), "sources": (2, 2), "silence": (1, 5)}.get(when, (1, 1))
    return table.integer("at_least", default, low, 10_000)


def _learn(table: Table, when: Condition, within: timedelta) -> timedelta:
    default = {"first": within, "surge": DAY, "silence": within}.get(when, timedelta())
    return table.duration("learn", default, timedelta())


def _quiet(table: Table, zone: ZoneInfo) -> Quiet:
    table.known({"from", "to", "zone", "unless"})
    unless: Any = table.choice("unless", (*get_args(Severity), "never"), "critical")
    quiet = Quiet(
        table.clock("from"), table.clock("to"), table.zone("zone", zone), None if unless == "never" else unless
    )
    if quiet.begin == quiet.end:
        raise table.error("to", "it ends when it begins; leave it out for no quiet")
    return quiet
