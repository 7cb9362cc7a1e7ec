"""(state, event, now) → decisions: every rule says of every event what came of it, and sometimes that is an alert."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from streams.alerts import drafts, rate, throttle
from streams.alerts.conditions import Finding, Watch, half_life, note, statuses, surging
from streams.alerts.memory import Group, Held, Key, State
from streams.alerts.model import LASTING, Rule, RuleSet
from streams.alerts.reports import group_of
from streams.filters import ANY
from streams.messages import Alert, Event

Outcome = (
    Literal["sent", "resolved", "backfill", "old", "late", "ended", "filter", "status", "ungrouped"]
    | Finding
    | throttle.Throttled
)
# Half of what makes a surge ends it: otherwise it would begin and end with every other item.
_CALM = 0.5
_ALL: Key = ()  # the group of all events a surge rule is shown, whatever its filter
_UNTOLD = "-"  # a surge that began again before the repeat interval of the last was over


class Decision(NamedTuple):
    """What came of an event, or of the time, by one rule; `until` says for how long that reason holds."""

    rule: Rule
    outcome: Outcome
    event: Event | None = None
    alert: Alert | None = None
    until: datetime | None = None


def memory_seconds(rules: RuleSet) -> int:
    """Return how far back in a topic one has to read to know what the rules need to know."""
    return max(int(max(rule.memory, rule.learn).total_seconds()) for rule in rules.rules)


def admit(state: State, rules: RuleSet, event: Event, now: datetime) -> list[Decision]:
    """Return what every rule says of an event that is handled now, and remember it."""
    return [decision for rule in rules.rules for decision in _admit(state, rule, event, now)]


def _admit(state: State, rule: Rule, event: Event, now: datetime) -> Iterator[Decision]:
    at = int(min(event.received_at, now).timestamp())
    refused = _refused(rule, event, now)
    if refused is None:
        watch = _watch(state, rule, event, at)
        refused = _outside(rule, event)
    if refused is not None:
        yield Decision(rule, refused, event)
        return
    key = group_of(rule, event)
    if key is None:
        yield Decision(rule, "ungrouped", event)
        return
    group = state.group(rule.name, key) or Group()
    finding = note(rule, group, event, at, watch)
    if finding == "again":
        yield Decision(rule, finding, event)
        return
    yield from _end_silence(state, rule, key, group, now)
    yield _tell(state, rule, key, group, event, finding, now)
    state.keep(rule.name, key, group)


def _refused(rule: Rule, event: Event, now: datetime) -> Outcome | None:
    """Return why an event does not even reach the memory of a rule."""
    if event.provenance.backfill:
        return "backfill"
    if rule.valid_until and now >= rule.valid_until:
        return "ended"
    if event.published_at and event.received_at - event.published_at > rule.max_age:
        return "old"
    return "late" if now - event.received_at > max(rule.memory, rule.learn) else None


def _outside(rule: Rule, event: Event) -> Outcome | None:
    """Return why a rule is not about an event."""
    if event.status not in statuses(rule):
        return "status"
    return None if rule.filter.accepts(event) else "filter"


def _watch(state: State, rule: Rule, event: Event, at: int) -> Watch:
    """Return since when a rule watches, the earliest event it was shown, and for a surge all that it was shown."""
    held = state.held(rule.name)
    if not held.since or at < held.since:
        held = Held(at, held.due, held.alerts, held.more)
        state.hold(rule.name, held)
    total = state.group(rule.name, _ALL) or Group()
    if rule.when == "surge" and event.status in statuses(rule):
        rate.add(total, at, int(rule.within.total_seconds()), half_life(rule))
        total.seen = max(total.seen, at)
        state.keep(rule.name, _ALL, total)
    return Watch(held.since, total)


def _tell(state: State, rule: Rule, key: Key, group: Group, event: Event, finding: Finding, now: datetime) -> Decision:
    if finding != "holds":
        until = _learned(state, rule) if finding == "learning" else None
        return Decision(rule, finding, event, until=until)
    if now - event.received_at > rule.max_age:
        return Decision(rule, "late", event)
    alert = drafts.of_event(rule, key, group, event, state.held(rule.name).since, now)
    passed = throttle.pass_on(state, rule, group, alert, now)
    if rule.when in LASTING and (passed.outcome != "repeat" or not group.open):
        group.opened = group.opened or int(alert.starts_at.timestamp())
        group.open = _UNTOLD if passed.outcome == "repeat" else alert.id
    return Decision(rule, passed.outcome, event, passed.alert, passed.until)


def _learned(state: State, rule: Rule) -> datetime:
    return datetime.fromtimestamp(state.held(rule.name).since, UTC) + rule.learn


def tick(state: State, rules: RuleSet, now: datetime, caught_up: bool = True) -> list[Decision]:
    """Return what is to be told because time has passed: silences, ends, what was held; forget what is long past.

    Unless `caught_up` with the topics nothing is called silent.
    """
    return [decision for rule in rules.rules for decision in _tick(state, rule, now, caught_up)]


def _tick(state: State, rule: Rule, now: datetime, caught_up: bool) -> Iterator[Decision]:
    ended = rule.valid_until is not None and now >= rule.valid_until
    if rule.when == "silence" and caught_up and not ended:
        _watch_listed(state, rule)
        yield from _silences(state, rule, now)
    if rule.when == "surge":
        yield from _calm(state, rule, now)
    for alert in throttle.release(state, rule, now):
        yield Decision(rule, "sent" if alert.status == "firing" else "resolved", alert=alert)
    _forget(state, rule, now)


def _watch_listed(state: State, rule: Rule) -> None:
    """Begin to watch what a rule names itself, though nothing of it has come yet."""
    since = state.held(rule.name).since
    for name in sorted(_listed(rule)) if since else ():
        if state.group(rule.name, (name,)) is None:
            state.keep(rule.name, (name,), Group(seen=since))


def _listed(rule: Rule) -> frozenset[str]:
    names: frozenset[str] = getattr(rule.filter, rule.group_by[0])
    return frozenset(name for name in names if name != ANY and not name.isdigit())


def _silences(state: State, rule: Rule, now: datetime) -> Iterator[Decision]:
    if not state.held(rule.name).since:
        return
    for key, group in state.groups(rule.name):
        watched = group.count >= rule.at_least or key[0] in _listed(rule)
        if group.open or not watched or _silent_at(state, rule, group) > now:
            continue
        alert = drafts.of_silence(rule, key, group, now)
        group.open, group.opened = alert.id, group.seen
        passed = throttle.pass_on(state, rule, group, alert, now)
        state.keep(rule.name, key, group)
        yield Decision(rule, passed.outcome, None, passed.alert, passed.until)


def _silent_at(state: State, rule: Rule, group: Group) -> datetime:
    """Return when a group counts as silent if nothing comes: not while the rule learns, nor again too soon."""
    quiet = datetime.fromtimestamp(group.seen, UTC) + rule.within
    again = datetime.fromtimestamp(group.notified, UTC) + rule.repeat
    return max(quiet, again, _learned(state, rule))


def _end_silence(state: State, rule: Rule, key: Key, group: Group, now: datetime) -> Iterator[Decision]:
    if rule.when == "silence" and group.open:
        yield from _resolve(state, rule, key, group, now)


def _calm(state: State, rule: Rule, now: datetime) -> Iterator[Decision]:
    at, watch = int(now.timestamp()), Watch(state.held(rule.name).since, state.group(rule.name, _ALL) or Group())
    for key, group in state.groups(rule.name):
        if not group.open:
            continue
        if surging(rule, group, at, watch, _CALM) != "holds":
            yield from _resolve(state, rule, key, group, now)
            state.keep(rule.name, key, group)


def _resolve(state: State, rule: Rule, key: Key, group: Group, now: datetime) -> Iterator[Decision]:
    alert, untold = drafts.of_end(rule, key, group, now), group.open == _UNTOLD
    group.open, group.opened = "", 0
    if untold:
        return
    passed = throttle.pass_end(state, rule, alert, now)
    yield Decision(rule, passed.outcome, None, passed.alert, passed.until)


def _forget(state: State, rule: Rule, now: datetime) -> None:
    oldest = int((now - rule.memory).timestamp())
    for key, group in state.groups(rule.name):
        if max(group.seen, group.notified) >= oldest:
            return
        if not group.open:
            state.forget(rule.name, key)


def due(state: State, rules: RuleSet) -> list[datetime]:
    """Return the times at which a tick may have something to tell, for a run whose clock is not the world's."""
    return sorted({moment for rule in rules.rules for moment in _moments(state, rule)})


def _moments(state: State, rule: Rule) -> Iterator[datetime]:
    if held := state.held(rule.name).due:
        yield datetime.fromtimestamp(held, UTC)
    for _, group in state.groups(rule.name) if rule.when in LASTING else ():
        if rule.when == "silence" and not group.open:
            yield _silent_at(state, rule, group)
        elif rule.when == "surge" and group.open:
            step = rule.within / rate.SLOTS
            yield datetime.fromtimestamp((group.slot + 1) * step.total_seconds(), UTC) + timedelta(seconds=1)
