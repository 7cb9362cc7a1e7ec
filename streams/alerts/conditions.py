"""The conditions: what an event does to the memory of its group, and whether there is something to tell."""

from collections.abc import Callable
from typing import Final, Literal

import xxhash

from streams.alerts import rate
from streams.alerts.memory import MAX_IDS, MAX_PUBLISHERS, MAX_REPORTS, Group
from streams.alerts.model import Condition, Rule
from streams.alerts.reports import publisher, report
from streams.messages import Event, Status

Finding = Literal["holds", "learning", "known", "few", "usual", "quiet not yet", "again"]

# What makes a condition true unless the rule's filter has statuses of its own: a copy is no news, but a sign of life.
STATUSES: Final[dict[Condition, frozenset[Status]]] = {
    "each": frozenset({"new"}),
    "first": frozenset({"new"}),
    "surge": frozenset({"new"}),
    "silence": frozenset({"new", "revision", "duplicate"}),
    "sources": frozenset({"new", "revision", "duplicate"}),
}


def statuses(rule: Rule) -> frozenset[str]:
    """Return the statuses of the events a rule is about."""
    return rule.filter.status or STATUSES[rule.when]


def note(rule: Rule, group: Group, event: Event, at: int, since: int) -> Finding:
    """Remember an event that came at a time (seconds) in its group, and return whether the condition holds now.

    `since` is when the rule began to watch. An event that was handled before changes nothing.
    """
    identity = xxhash.xxh3_64_intdigest(event.id.encode())
    if identity in group.ids:
        return "again"
    group.ids = (*group.ids[1 - MAX_IDS :], identity)
    finding = _CONDITIONS[rule.when](rule, group, event, at, since)
    group.seen, group.count = max(group.seen, at), group.count + 1
    if rule.when in ("surge", "sources", "silence"):
        kept = [one for one in group.reports if (at - one.received_at.timestamp()) <= _seconds(rule)]
        group.reports = tuple([*kept, report(rule, event)][-MAX_REPORTS:])
    return finding


def _seconds(rule: Rule) -> int:
    return int(rule.within.total_seconds())


def _each(rule: Rule, group: Group, event: Event, at: int, since: int) -> Finding:
    return "holds"


def _first(rule: Rule, group: Group, event: Event, at: int, since: int) -> Finding:
    if group.seen and at - group.seen < _seconds(rule):
        return "known"
    return _learning(rule, at, since) or "holds"


def _surge(rule: Rule, group: Group, event: Event, at: int, since: int) -> Finding:
    rate.add(group, at, _seconds(rule), int(rule.baseline.total_seconds()))
    if learning := _learning(rule, at, since):
        return learning
    return surging(rule, group, at, since)


def surging(rule: Rule, group: Group, at: int, since: int, share: float = 1.0) -> Finding:
    """Return whether a group has as many events as make a surge, or a share of them."""
    count, usual = sum(group.slots), rate.expected(group, at, since, _seconds(rule), int(rule.baseline.total_seconds()))
    if count < rule.at_least * share:
        return "few"
    if share < 1:
        return "holds" if count >= rule.ratio * usual * share else "usual"
    return "holds" if count >= rule.ratio * usual and rate.chance(count, usual) <= rule.chance else "usual"


def _silence(rule: Rule, group: Group, event: Event, at: int, since: int) -> Finding:
    return "quiet not yet"


def _sources(rule: Rule, group: Group, event: Event, at: int, since: int) -> Finding:
    who = publisher(event)
    if who and not (rule.counting == "reports" and event.status != "new"):
        known = {name: seen for name, seen in group.publishers.items() if at - seen <= _seconds(rule)}
        known[who] = max(at, known.get(who, 0))
        group.publishers = dict(sorted(known.items(), key=lambda one: one[1])[-MAX_PUBLISHERS:])
    return "holds" if len(group.publishers) >= rule.at_least else "few"


def _learning(rule: Rule, at: int, since: int) -> Finding | None:
    return "learning" if at - since < rule.learn.total_seconds() else None


_CONDITIONS: Final[dict[Condition, Callable[[Rule, Group, Event, int, int], Finding]]] = {
    "each": _each, "first": _first, "surge": _surge, "silence": _silence, "sources": _sources,
}  # fmt: skip
