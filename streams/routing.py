"""Which topics an event goes to besides `news.enriched`: routes are data, one filter and one topic each."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from streams.errors import ConfigError
from streams.messages import Event, Status

_LISTS = ("conflicts", "countries", "languages", "sources", "statuses")
_STATUSES = frozenset(get_args(Status))


@dataclass(frozen=True, slots=True)
class Route:
    """Events that pass every filter go to `topic`; `{conflict}` and `{country}` in it stand for each matching one."""

    topic: str
    conflicts: frozenset[str]
    countries: frozenset[str]
    languages: frozenset[str]
    sources: frozenset[str]
    statuses: frozenset[str]
    min_score: float

    def topics(self) -> list[str]:
        """Return every topic this route can lead to."""
        if "{conflict}" in self.topic:
            return [self.topic.format(conflict=conflict) for conflict in sorted(self.conflicts)]
        if "{country}" in self.topic:
            return [self.topic.format(country=country.lower()) for country in sorted(self.countries)]
        return [self.topic]

    def of(self, event: Event) -> list[str]:
        """Return the topics this route sends an event to, none when a filter says no."""
        if event.status not in self.statuses or not _passes(self, event):
            return []
        conflicts = {match.id for match in event.conflicts if match.score >= self.min_score}
        countries = {country.code for country in event.countries if country.score >= self.min_score}
        if (self.conflicts and not conflicts & self.conflicts) or (self.countries and not countries & self.countries):
            return []
        if "{conflict}" in self.topic:
            return [self.topic.format(conflict=conflict) for conflict in sorted(conflicts & self.conflicts)]
        if "{country}" in self.topic:
            return [self.topic.format(country=country.lower()) for country in sorted(countries & self.countries)]
        return [self.topic]


def _passes(route: Route, event: Event) -> bool:
    language = not route.languages or event.language in route.languages
    return language and (not route.sources or bool({event.source.name, event.source.domain} & route.sources))


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes of a file, in its order, every topic under one prefix."""

    routes: tuple[Route, ...]
    prefix: str = ""

    def topics(self) -> list[str]:
        """Return every topic the routes can lead to, each once."""
        return list(dict.fromkeys(self.prefix + topic for route in self.routes for topic in route.topics()))

    def of(self, event: Event) -> list[str]:
        """Return the topics of an event, each once."""
        return list(dict.fromkeys(self.prefix + topic for route in self.routes for topic in route.of(event)))


def load(path: Path | None = None, prefix: str = "") -> Routes:
    """Read a routes file (default: the one that ships); ConfigError names file, route and key."""
    name = str(path or "streams/routes.toml")
    try:
        text = (path or Path(str(files("streams") / "routes.toml"))).read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{name}: {error}") from error
    entries = data.pop("route", [])
    if data or not isinstance(entries, list):
        raise ConfigError(f"{name}: only [[route]] tables are allowed, found {', '.join(data) or 'route'}")
    return Routes(tuple(_route(entry, f"{name}: route {number}") for number, entry in enumerate(entries, 1)), prefix)


def _route(entry: dict[str, Any], where: str) -> Route:
    unknown = set(entry) - {*_LISTS, "topic", "min_score"}
    if unknown:
        raise ConfigError(
            f"{where}: {', '.join(sorted(unknown))}: no such key; allowed: topic, min_score, {', '.join(_LISTS)}"
        )
    topic, score = entry.get("topic"), entry.get("min_score", 0.0)
    if not isinstance(topic, str) or not topic or not all((c.isascii() and c.isalnum()) or c in "._-{}" for c in topic):
        raise ConfigError(f"{where}: topic: a Kafka topic name is needed, not {topic!r}")
    if not isinstance(score, int | float) or not 0 <= score <= 1:
        raise ConfigError(f"{where}: min_score: a number from 0 to 1 is needed, not {score!r}")
    lists = {key: _strings(entry.get(key, []), f"{where}: {key}") for key in _LISTS}
    lists["statuses"] = lists["statuses"] or frozenset({"new", "revision"})
    if lists["statuses"] - _STATUSES:
        raise ConfigError(f"{where}: statuses: allowed are {', '.join(sorted(_STATUSES))}")
    for key in ("conflict", "country"):
        plural = "conflicts" if key == "conflict" else "countries"
        if f"{{{key}}}" in topic and not lists[plural]:
            raise ConfigError(f"{where}: topic has {{{key}}}, so {plural} must list which")
    return Route(topic=topic, min_score=float(score), **lists)


def _strings(values: Any, where: str) -> frozenset[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ConfigError(f"{where}: a list of strings is needed, not {values!r}")
    return frozenset(values)
