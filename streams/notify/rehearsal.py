"""What rules would have told of past events, when, and why not the rest. Nobody is told, nothing is written."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from streams import alerts, codec
from streams.alerts import Decision, RuleSet, State, wording
from streams.errors import CommandFailed
from streams.messages import Event
from streams.terminal import safe

Say = Callable[[str], None]

_STEP: Final = timedelta(minutes=1)
_MOST_TICKS: Final = 100_000
_WHY: Final = {
    "backfill": "marked as backfill",
    "old": "published longer ago than max_age when it came",
    "ended": "the rule was no longer valid",
    "filter": "not what the filter asks for",
    "status": "a copy or revision, which this condition does not count",
    "ungrouped": "has none of what the rule groups by",
    "again": "came twice",
    "learning": "the rule had not watched long enough yet",
    "known": "not the first within the time",
    "few": "too few yet",
    "usual": "no more than usual",
    "quiet not yet": "a sign of life",
    "repeat": "told already within the repeat interval",
    "quiet": "held until quiet hours were over",
    "digest": "held for the digest",
    "late": "handled longer than max_age after it came",
}


@dataclass(frozen=True, slots=True)
class Show:
    """What to show: every alert in full, every event that was not told, all as JSON Lines."""

    text: bool = False
    rest: bool = False
    json: bool = False


def read(file: str, as_published: bool) -> list[Event]:
    """Return the events of a JSON Lines file (`-`: standard input) in the order of time; CommandFailed for a bad line.

    `as_published`: each event counts as received when it was published, as if it had been live then.
    """
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from error
    events = [_event(file, number, line) for number, line in enumerate(data.splitlines(), 1) if line.strip()]
    if as_published:
        events = [replace(one, received_at=one.published_at or one.received_at) for one in events]
    return sorted(events, key=lambda one: one.received_at)


def _event(file: str, number: int, line: bytes) -> Event:
    try:
        return codec.decode_event(line)
    except msgspec.DecodeError as error:
        raise CommandFailed(f"{file}:{number}: this is no event: {error}") from error


def run(rules: RuleSet, events: Iterable[Event], show: Show, say: Say) -> int:
    """Play events through rules, the clock going as they came, and show what would have been told; always 0."""
    counts: Counter[tuple[str, str]] = Counter()
    words = wording.load()
    for now, decision in play(rules, events):
        counts[decision.rule.name, decision.outcome] += 1
        for line in _lines(rules, words, now, decision, show):
            say(line)
    if not show.json:
        for line in _summary(rules, counts):
            say(line)
    return 0


def play(rules: RuleSet, events: Iterable[Event]) -> Iterator[tuple[datetime, Decision]]:
    """Yield each decision and when it is made; after the last event, what was held or ends within the rules' memory."""
    state, clock = State(), None
    for event in events:
        yield from _wait(state, rules, clock, event.received_at)
        clock = event.received_at
        yield from ((clock, one) for one in alerts.admit(state, rules, event, clock))
    if clock:
        yield from _wait(state, rules, clock, clock + timedelta(days=1), silences=False)


def _wait(
    state: State, rules: RuleSet, start: datetime | None, end: datetime, silences: bool = True
) -> Iterator[tuple[datetime, Decision]]:
    """Let time pass, in leaps from one moment at which something may happen to the next."""
    now = start
    for _ in range(_MOST_TICKS):
        if now is None or end - now < _STEP:
            return
        now = next((moment for moment in alerts.due(state, rules) if now < moment < end), end)
        made = alerts.tick(state, rules, now, caught_up=silences)
        yield from ((now, one) for one in made)


def _lines(rules: RuleSet, words: dict[str, wording.Words], now: datetime, one: Decision, show: Show) -> Iterator[str]:
    if show.json:
        yield _json(now, one)
    elif one.alert:
        receivers = [rules.receivers[name] for name in one.rule.receivers]
        zone: tzinfo = receivers[0].zone if receivers else UTC
        text = wording.text(one.alert, words[receivers[0].language if receivers else "en"], zone)
        yield f"{_time(now)}  {', '.join(one.rule.receivers) or 'nobody'}  <-  {text.subject}"
        yield from (f"    {line}" for line in (text.body.splitlines() if show.text else ()))
    elif show.rest and one.event:
        until = f", until {_time(one.until)}" if one.until else ""
        yield f"{_time(now)}  -  {one.rule.name}: {_WHY[one.outcome]}{until}: {safe(one.event.title)}"


def _json(now: datetime, one: Decision) -> str:
    row = {"time": now, "rule": one.rule.name, "outcome": one.outcome, "until": one.until, "alert": one.alert}
    return msgspec.json.encode(row | {"event_id": one.event.id if one.event else None}).decode()


def _summary(rules: RuleSet, counts: Counter[tuple[str, str]]) -> Iterator[str]:
    for rule in rules.rules:
        told = counts[rule.name, "sent"]
        yield f"{rule.name}: {told} alert{'s' * (told != 1)}, {counts[rule.name, 'resolved']} of them ended"
        for outcome, why in _WHY.items():
            if number := counts[rule.name, outcome]:
                yield f"    {number:7} {why}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
