"""Reading one table of a rules file: typed values, and errors that name file, line, key and what is allowed."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.alerts import lines
from streams.errors import ConfigError

_Word = TypeVar("_Word", bound=str)
_DURATION: Final = re.compile(r"(\d{1,6})\s*(s|m|h|d)")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST: Final = timedelta(days=400)
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its values, and where it stands."""

    values: Mapping[str, Any]
    file: Path
    index: Mapping[lines.Path, int]
    path: lines.Path = ()
    called: str = ""

    @property
    def line(self) -> int:
        """The line the table begins at."""
        return lines.line_of(dict(self.index), self.path)

    def error(self, key: str, message: str) -> ConfigError:
        """Return the error of a key: file, line, table, key, and what is wrong."""
        line = lines.line_of(dict(self.index), (*self.path, *key.split("."))) if key else self.line
        parts = [f"{self.file}:{line}", self.called, key, message]
        return ConfigError(": ".join(part for part in parts if part))

    def known(self, allowed: Collection[str], elsewhere: Mapping[str, str] | None = None) -> None:
        """Raise for a key that is not allowed; `elsewhere` says of some where they belong."""
        for key in self.values:
            if key in allowed:
                continue
            if elsewhere and key in elsewhere:
                raise self.error(key, f"is only for {elsewhere[key]}")
            close = get_close_matches(key, list(allowed), 1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise self.error(key, f"no such key; {hint}allowed: {', '.join(sorted(allowed))}")

    def sub(self, key: str) -> "Table":
        """Return a table within this one."""
        value = self.values[key]
        if not isinstance(value, dict):
            raise self.error(key, f"a table is needed, not {value!r}")
        return replace(self, values=value, path=(*self.path, key), called=f"{self.called}: {key}" * bool(self.called))

    def many(self, key: str, called: str) -> list["Table"]:
        """Return the tables of an array of tables, none where there is no such key."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.error(key, f"write [[{key}]]")
        return [replace(self, values=one, path=(key, number), called=f"{called} {_label(one, number)}")
                for number, one in enumerate(value)]  # fmt: skip

    def needed(self, key: str) -> Any:
        """Return a value that must be there."""
        if key not in self.values:
            raise self.error("", f"{key} is missing")
        return self.values[key]

    def text(self, key: str, secret: bool = False) -> str:
        """Return a text that must be there and not blank; a secret is never shown."""
        value = self.needed(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "a text is needed" + ("" if secret else f", not {value!r}"))
        return value.strip()

    def choice(self, key: str, allowed: Collection[_Word], default: _Word | None = None) -> _Word:
        """Return one of some words."""
        value = self.needed(key) if default is None else self.values.get(key, default)
        return self._one(key, value, allowed)

    def choices(self, key: str, allowed: Collection[_Word], default: tuple[_Word, ...]) -> tuple[_Word, ...]:
        """Return a list of words out of some, at least one and none twice."""
        if key not in self.values:
            return default
        values = self.strings(key)
        if not values or len(set(values)) != len(values):
            raise self.error(key, "at least one word, and none twice, is needed")
        return tuple(self._one(key, value, allowed) for value in values)

    def _one(self, key: str, value: Any, allowed: Collection[_Word]) -> _Word:
        for word in allowed:
            if value == word:
                return word
        raise self.error(key, f"{value!r} is none; allowed: {', '.join(allowed)}")

    def strings(self, key: str, secret: bool = False) -> list[str]:
        """Return a list of texts that must be there."""
        values = self.needed(key)
        if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
            raise self.error(key, "a list of texts is needed" + ("" if secret else f", not {values!r}"))
        return [value.strip() for value in values]

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """Return a number within bounds."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.error(key, f"a number from {low:g} to {high:g} is needed, not {value!r}")
        return float(value)

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number within bounds."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(key, f"a whole number from {low} to {high} is needed, not {value!r}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"true or false is needed, not {value!r}")
        return value

    def duration(self, key: str, default: timedelta, low: timedelta = timedelta(seconds=1)) -> timedelta:
        """Return a stretch of time such as 90s, 15m, 6h or 30d, at least `low` and at most 400 days."""
        if key not in self.values:
            return default
        value = self.values[key]
        found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        if not found:
            raise self.error(key, f"a stretch of time such as 90s, 15m, 6h or 30d is needed, not {value!r}")
        time = timedelta(**{_UNITS[found[2]]: int(found[1])})
        if not low <= time <= _LONGEST:
            raise self.error(key, f"{value}: at least {low.total_seconds():g}s and at most {_LONGEST.days}d is allowed")
        return time

    def zone(self, key: str, default: ZoneInfo) -> ZoneInfo:
        """Return a time zone of the IANA database."""
        if key not in self.values:
            return default
        value = self.text(key)
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise self.error(key, f"{value!r} is no time zone; write one such as Europe/Kyiv or UTC") from None

    def clock(self, key: str) -> time:
        """Return a time of the day such as 22:00."""
        value = self.needed(key)
        if isinstance(value, time):
            return value
        if not isinstance(value, str) or not (found := _CLOCK.fullmatch(value)):
            raise self.error(key, f"a time of the day such as 22:00 is needed, not {value!r}")
        return time(int(found[1]), int(found[2]))

    def moment(self, key: str) -> datetime | None:
        """Return a time with its offset, None where there is no such key."""
        value = self.values.get(key)
        if value is None or (isinstance(value, datetime) and value.tzinfo):
            return value
        raise self.error(key, f"a time with its offset such as 2027-01-31T12:00:00Z is needed, not {value}")


def _label(values: Mapping[str, Any], number: int) -> str:
    name = values.get("name")
    return repr(name) if isinstance(name, str) and name else str(number + 1)
