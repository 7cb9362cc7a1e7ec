"""The conditions: what an event does to the memory of its group, and whether there is something to tell."""

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Watch:
    """Since when a rule watches (seconds since 1970), and all it has seen, whatever the filter, as one group."""

    since: int
    total: Group


def note(rule: Rule, group: Group, event: Event, at: int, watch: Watch) -> Finding:
    """Remember an event that came at a time (seconds) in its group, and return whether the condition holds now.

    An event that was handled before changes nothing.
    """
    identity = xxhash.xxh3_64_intdigest(event.id.encode())
    if identity in group.ids:
        return "again"
    group.ids = (*group.ids[1 - MAX_IDS :], identity)
    finding = _CONDITIONS[rule.when](rule, group, event, at, watch)
    group.seen, group.count = max(group.seen, at), group.count + 1
    if rule.when in ("surge", "sources", "silence"):
        kept = [one for one in group.reports if (at - one.received_at.timestamp()) <= _seconds(rule)]
        group.reports = tuple([*kept, report(rule, event)][-MAX_REPORTS:])
    return finding


def _seconds(rule: Rule) -> int:
    return int(rule.within.total_seconds())


def _each(rule: Rule, group: Group, event: Event, at: int, watch: Watch) -> Finding:
    return "holds"


def _first(rule: Rule, group: Group, event: Event, at: int, watch: Watch) -> Finding:
    if group.seen and at - group.seen < _seconds(rule):
        return "known"
    return _learning(rule, at, watch.since) or "holds"


def _surge(rule: Rule, group: Group, event: Event, at: int, watch: Watch) -> Finding:
    rate.add(group, at, _seconds(rule), half_life(rule))
    if learning := _learning(rule, at, watch.since):
        return learning
    return surging(rule, group, at, watch)


def half_life(rule: Rule) -> int:
    """Return in how many seconds the weight of what was halves in a rule's mean."""
    return int(rule.baseline.total_seconds())


def surging(rule: Rule, group: Group, at: int, watch: Watch, share: float = 1.0) -> Finding:
    """Return whether a group has as many events as make a surge, or a share of them, more so when all is more."""
    count, usual = _rate(rule, group, at, watch)
    everything, usually = _rate(rule, watch.total, at, watch)
    usual *= rate.busy(everything - count, usually - usual, rule.at_least)
    if count < rule.at_least * share:
        return "few"
    if share < 1:
        return "holds" if count >= rule.ratio * usual * share else "usual"
    return "holds" if count >= rule.ratio * usual and rate.chance(count, usual) <= rule.chance else "usual"


def _rate(rule: Rule, group: Group, at: int, watch: Watch) -> tuple[int, float]:
    """Return how many events a group has now, and how many it usually has."""
    rate.advance(group, at, _seconds(rule), half_life(rule))
    return sum(group.slots), rate.expected(group, at, watch.since, _seconds(rule), half_life(rule))


def _silence(rule: Rule, group: Group, event: Event, at: int, watch: Watch) -> Finding:
    return "quiet not yet"


def _sources(rule: Rule, group: Group, event: Event, at: int, watch: Watch) -> Finding:
    who = publisher(event)
    if who and not (rule.counting == "reports" and event.status != "new"):
        known = {name: seen for name, seen in group.publishers.items() if at - seen <= _seconds(rule)}
        known[who] = max(at, known.get(who, 0))
        group.publishers = dict(sorted(known.items(), key=lambda one: one[1])[-MAX_PUBLISHERS:])
    return "holds" if len(group.publishers) >= rule.at_least else "few"


def _learning(rule: Rule, at: int, since: int) -> Finding | None:
    return "learning" if at - since < rule.learn.total_seconds() else None


_CONDITIONS: Final[dict[Condition, Callable[[Rule, Group, Event, int, Watch], Finding]]] = {
    "each": _each, "first": _first, "surge": _surge, "silence": _silence, "sources": _sources,
}  # fmt: skip
