"""What keeps alerts from becoming noise: repeat interval, quiet hours, digests."""

from datetime import UTC, datetime
from typing import Literal, NamedTuple

from msgspec.structs import replace

from streams.alerts import drafts
from streams.alerts.memory import MAX_HELD, Group, Held, State
from streams.alerts.model import Rule
from streams.messages import Alert

Throttled = Literal["repeat", "quiet", "digest", "nothing to end"]


class Passed(NamedTuple):
    """Whether an alert goes out now; if not, why and until when."""

    outcome: Literal["sent", "resolved"] | Throttled
    alert: Alert | None = None
    until: datetime | None = None


def pass_on(state: State, rule: Rule, group: Group, alert: Alert, now: datetime) -> Passed:
    """Let an alert out, or keep it in the state until quiet hours or the digest are over, or drop a repeated one."""
    at = int(now.timestamp())
    if group.notified and at - group.notified < rule.repeat.total_seconds():
        # What goes on is one alert still; what happens again is another one.
        group.left_out += rule.when in ("each", "first")
        return Passed("repeat", until=datetime.fromtimestamp(group.notified, UTC) + rule.repeat)
    alert = replace(alert, left_out=group.left_out)
    group.notified, group.left_out = at, 0
    if rule.quiet and (end := rule.quiet.until(now, alert.severity)):
        return Passed("quiet", until=_hold(state, rule, alert, end))
    if rule.digest:
        return Passed("digest", until=_hold(state, rule, alert, now + rule.digest))
    return Passed("sent", alert)


def pass_end(state: State, rule: Rule, alert: Alert, now: datetime) -> Passed:
    """Let the end of an alert out, unless nobody was told of it or it was told in a digest; keep it in quiet hours."""
    held = state.held(rule.name)
    waiting = tuple(one for one in held.alerts if one.key != alert.key)
    if len(waiting) < len(held.alerts):
        state.hold(rule.name, Held(held.since, held.due if waiting else 0, waiting, held.more))
        return Passed("nothing to end")
    if rule.digest:
        return Passed("nothing to end")
    if rule.quiet and (end := rule.quiet.until(now, alert.severity)):
        return Passed("quiet", until=_hold(state, rule, alert, end))
    return Passed("resolved", alert)


def release(state: State, rule: Rule, now: datetime) -> list[Alert]:
    """Return what was held until now, gathered in one alert, and ends of alerts by themselves."""
    held = state.held(rule.name)
    if not held.due or held.due > now.timestamp():
        return []
    firing = [alert for alert in held.alerts if alert.status == "firing"]
    if firing and rule.quiet and (end := rule.quiet.until(now, firing[0].severity)):
        state.hold(rule.name, Held(held.since, int(end.timestamp()), held.alerts, held.more))
        return []
    state.hold(rule.name, Held(held.since))
    ends = [alert for alert in held.alerts if alert.status == "resolved"]
    return [*([drafts.gathered(firing, held.more, now)] if firing else []), *ends]


def _hold(state: State, rule: Rule, alert: Alert, until: datetime) -> datetime:
    """Keep an alert. One that has begun again while its end waited goes on: then there is nothing to tell of either."""
    held = state.held(rule.name)
    due = held.due or int(until.timestamp())
    waiting = tuple(one for one in held.alerts if one.key != alert.key or one.status == "firing")
    goes_on = alert.status == "firing" and len(waiting) < len(held.alerts)
    full = len(waiting) >= MAX_HELD
    kept = waiting if goes_on or full else (*waiting, alert)
    state.hold(rule.name, Held(held.since, due if kept else 0, kept, held.more + (full and not goes_on)))
    return datetime.fromtimestamp(due, UTC)
