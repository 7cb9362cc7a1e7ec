"""What a reader asks for: filters, and for documents a page; whatever is not understood is an error."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from streams.errors import ConfigError
from streams.feed.window import Key, parse_cursor
from streams.filters import ANY, COUNTRIES, KEYS, LANGUAGES, Filter, FilterError, parse

STATUSES = ("new", "revision")
DEFAULT_LIMIT, MAX_LIMIT = 50, 500
PAGING = ("limit", "before")
RESUME = "last_event_id"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events, how many of them, and before which place in time."""

    filter: Filter
    limit: int = DEFAULT_LIMIT
    before: Key | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A conflict as a reader may ask for it."""

    id: str
    name: str
    ucdp_conflict_id: int | None


class Vocabulary:
    """The values filters may have, those of `conflict` from the registry."""

    def __init__(self, conflicts: Iterable[Conflict], names: frozenset[str]) -> None:
        self.conflicts = sorted(conflicts, key=lambda conflict: conflict.id)
        self.names = names

    def table(self) -> dict[str, Any]:
        """Return the allowed values of each filter that has a list of them."""
        known = [{"id": c.id, "name": c.name, "ucdp_conflict_id": c.ucdp_conflict_id} for c in self.conflicts]
        return {
            "conflict": known,
            "country": sorted(COUNTRIES),
            "language": sorted(LANGUAGES),
            "status": list(STATUSES),
        }

    def values(self) -> dict[str, list[str]]:
        """Return the words of each filter that has a list of them."""
        return {
            "conflict": [*sorted(self.names), ANY],
            "country": sorted(COUNTRIES),
            "language": sorted(LANGUAGES),
            "status": list(STATUSES),
        }

    def page(self, given: Mapping[str, list[str]]) -> Wanted:
        """Read the query of a document; FilterError names the parameter and what is allowed."""
        wanted = self._filter(given, PAGING)
        return Wanted(wanted, _limit(given.get("limit", [str(DEFAULT_LIMIT)])), _before(given.get("before")))

    def live(self, given: Mapping[str, list[str]]) -> Filter:
        """Read the query of a live stream; FilterError names the parameter and what is allowed."""
        return self._filter(given, (RESUME,))

    def _filter(self, given: Mapping[str, list[str]], more: tuple[str, ...]) -> Filter:
        for key in given:
            if key not in (*KEYS, *more):
                allowed = (*KEYS, *more)
                raise FilterError(key, f"{key}: no such parameter; allowed: {', '.join(allowed)}", allowed)
        return parse({key: given[key] for key in given if key in KEYS}, self.names, STATUSES)


def _limit(values: list[str]) -> int:
    word = values[0]
    if len(values) != 1 or not (word.isascii() and word.isdigit() and len(word) < 9 and 1 <= int(word) <= MAX_LIMIT):
        raise FilterError("limit", f"limit: {word[:80]!r} is none; allowed: a whole number from 1 to {MAX_LIMIT}")
    return int(word)


def _before(values: list[str] | None) -> Key | None:
    if values is None:
        return None
    try:
        return parse_cursor(",".join(values))
    except ConfigError as error:
        raise FilterError("before", str(error)) from error
