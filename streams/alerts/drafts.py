"""Alerts as messages: of an event, of a silence, of an end, and of several gathered in one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import xxhash
from msgspec.structs import replace

from streams.alerts import rate
from streams.alerts.memory import MAX_REPORTS, Group, Key
from streams.alerts.model import DAY, LASTING, Rule
from streams.alerts.reports import publisher, report
from streams.messages import Alert, Event, Report

# An alert that lasts ends by itself after so long, should its end be missed.
_AT_MOST = 7 * DAY


def of_event(rule: Rule, key: Key, group: Group, event: Event, since: int, now: datetime) -> Alert:
    """Return the alert an event makes."""
    began = datetime.fromtimestamp(group.opened, UTC) if group.open else event.received_at
    reports = group.reports or (report(rule, event),)
    surge, sources = rule.when == "surge", rule.when == "sources"
    usual = rate.expected(group, int(now.timestamp()), since, _seconds(rule), int(rule.baseline.total_seconds()))
    alert = _alert(rule, key, event.id, began, now, reports[::-1])
    return replace(
        alert,
        sources=max(
            len(group.publishers), len({who for who in map(_publisher, reports) if who}), bool(publisher(event))
        ),
        count=sum(group.slots) if surge else len(group.publishers) if sources else None,
        expected=round(usual, 2) if surge else None,
        within=_seconds(rule) if rule.when != "each" else None,
    )


def of_silence(rule: Rule, key: Key, group: Group, now: datetime) -> Alert:
    """Return the alert that nothing has come from a group; it begins with the last that came."""
    began = datetime.fromtimestamp(group.seen, UTC)
    alert = _alert(rule, key, str(group.seen), began, now, group.reports[:-2:-1])
    return replace(alert, within=_seconds(rule))


def of_end(rule: Rule, key: Key, group: Group, now: datetime) -> Alert:
    """Return the message that an alert has ended."""
    began = datetime.fromtimestamp(group.opened, UTC)
    alert = _alert(rule, key, f"{group.open}\0end", began, now, group.reports[:-2:-1])
    return replace(alert, status="resolved", ends_at=now, within=_seconds(rule))


def gathered(alerts: Sequence[Alert], more: int, now: datetime) -> Alert:
    """Return one alert for several of a rule; of one it is that one."""
    if len(alerts) == 1 and not more:
        return replace(alerts[0], made_at=now)
    reports = {one.event_id: one for alert in alerts for one in alert.reports}
    newest = sorted(reports.values(), key=lambda one: one.received_at, reverse=True)
    shared = {name: value for name, value in alerts[0].group.items() if all(a.group.get(name) == value for a in alerts)}
    return replace(
        alerts[0],
        key=_hash(alerts[0].rule, "digest", alerts[0].id),
        group=shared,
        starts_at=min(alert.starts_at for alert in alerts),
        ends_at=max(alert.ends_at for alert in alerts),
        made_at=now,
        sources=len({who for one in newest if (who := _publisher(one))}),
        reports=tuple(newest[:MAX_REPORTS]),
        count=None,
        expected=None,
        more=len(newest[MAX_REPORTS:]) + sum(alert.more for alert in alerts),
        left_out=sum(alert.left_out for alert in alerts),
        parts=len(alerts) + more,
    )


def _alert(rule: Rule, key: Key, cause: str, began: datetime, now: datetime, reports: Sequence[Report]) -> Alert:
    lasts = _AT_MOST if rule.when in LASTING else rule.lasts
    return Alert(
        id=_hash(rule.name, *key, cause),
        key=_hash(rule.name, *key),
        rule=rule.name,
        condition=rule.when,
        status="firing",
        severity=rule.severity,
        group=dict(zip(rule.group_by, key, strict=True)),
        receivers=rule.receivers,
        starts_at=began,
        ends_at=now + lasts,
        made_at=now,
        sources=len({who for one in reports if (who := _publisher(one))}),
        reports=tuple(reports),
    )


def _publisher(one: Report) -> str | None:
    return (one.source.domain or one.source.name or "").casefold() or None


def _seconds(rule: Rule) -> int:
    return int(rule.within / timedelta(seconds=1))


def _hash(*parts: str) -> str:
    return xxhash.xxh3_128_hexdigest("\0".join(parts).encode("utf-8", "surrogatepass"))
