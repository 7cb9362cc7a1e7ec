"""What alerts remember: of each group of each rule, and what a rule holds back. Every change is a changelog record."""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct

from streams.messages import Alert, Report

Change = tuple[bytes, bytes | None]
Key = tuple[str, ...]

MAX_GROUPS: Final = 20_000  # of one rule; the ones longest untouched leave first
MAX_HELD, MAX_REPORTS, MAX_PUBLISHERS, MAX_IDS = 50, 10, 200, 32


class Group(Struct, omit_defaults=True):
    """What is remembered of one group of a rule. Times are seconds since 1970, 0 for never.

    `open` is the id of the alert that holds now; `slots` and `mean` belong to the rate (`streams.alerts.rate`); `ids`
    are hashes of the last events, which may come twice.
    """

    seen: int = 0
    count: int = 0
    notified: int = 0
    left_out: int = 0
    open: str = ""
    opened: int = 0
    publishers: dict[str, int] = {}
    reports: tuple[Report, ...] = ()
    ids: tuple[int, ...] = ()
    slot: int = 0
    slots: tuple[int, ...] = ()
    mean: float = 0.0


class Held(Struct, omit_defaults=True):
    """What is remembered of a rule as a whole: since when it watches, and the alerts it gathers until `due`."""

    since: int = 0
    due: int = 0
    alerts: tuple[Alert, ...] = ()
    more: int = 0


class State:
    """The memory of all rules; `take` returns what changed since the last call, as records of a compacted topic."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[Key, Group]] = {}
        self._held: dict[str, Held] = {}
        self._changed: dict[bytes, bytes | None] = {}

    def group(self, rule: str, key: Key) -> Group | None:
        """Return what is remembered of a group."""
        return self._groups.get(rule, {}).get(key)

    def groups(self, rule: str) -> Iterator[tuple[Key, Group]]:
        """Yield the groups of a rule, the one longest untouched first."""
        yield from list(self._groups.get(rule, {}).items())

    def held(self, rule: str) -> Held:
        """Return what is remembered of a rule."""
        return self._held.get(rule) or Held()

    def keep(self, rule: str, key: Key, group: Group) -> None:
        """Remember a group."""
        groups = self._groups.setdefault(rule, {})
        groups.pop(key, None)
        groups[key] = group
        self._changed[_name("group", rule, *key)] = msgspec.msgpack.encode(group)
        if len(groups) > MAX_GROUPS:
            self.forget(rule, next(iter(groups)))

    def forget(self, rule: str, key: Key) -> None:
        """Forget a group."""
        del self._groups[rule][key]
        self._changed[_name("group", rule, *key)] = None

    def hold(self, rule: str, held: Held) -> None:
        """Remember something of a rule."""
        self._held[rule] = held
        self._changed[_name("rule", rule)] = msgspec.msgpack.encode(held)

    def take(self) -> list[Change]:
        """Return the changes since the last call, each key once with its latest value, None for a forgotten one."""
        changes, self._changed = list(self._changed.items()), {}
        return changes

    def restore(self, name: bytes, value: bytes | None) -> None:
        """Take over one change; msgspec.DecodeError when it is none. Names that are not ours are passed over."""
        kind, *key = msgspec.json.decode(name, type=list[str])
        if kind == "rule":
            self._held[key[0]] = msgspec.msgpack.decode(value, type=Held) if value else Held()
        elif kind == "group":
            groups = self._groups.setdefault(key[0], {})
            groups.pop(tuple(key[1:]), None)
            if value is not None:
                groups[tuple(key[1:])] = msgspec.msgpack.decode(value, type=Group)


def _name(*parts: str) -> bytes:
    return msgspec.json.encode(parts)
