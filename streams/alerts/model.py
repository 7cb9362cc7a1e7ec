"""What a rules file says: receivers, rules, and when a rule keeps quiet."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from streams.filters import Filter

Condition = Literal["each", "first", "surge", "silence", "sources"]
Dimension = Literal["story", "conflict", "country", "admin1", "place", "source", "language"]
Severity = Literal["info", "warning", "critical"]
Kind = Literal["webhook", "alertmanager", "pagerduty", "apprise"]
Counting = Literal["publishers", "reports"]
Language = Literal["en", "fr", "ar", "uk", "es"]

LEVELS: Final[dict[Severity, int]] = {"info": 0, "warning": 1, "critical": 2}
# Conditions that hold for a while and then end; the others are about a moment.
LASTING: Final = frozenset({"surge", "silence"})
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who is told. `url` and `secrets` never show: they open other people's doors.

    `private`: addresses of private networks are allowed. `rate`: messages a minute at most.
    """

    name: str
    kind: Kind
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    language: Language = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    private: bool = False
    rate: int = 30
    timeout: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day in which a rule only gathers; alerts of `unless` and graver ones go out all the same."""

    begin: time
    end: time
    zone: ZoneInfo
    unless: Severity | None = "critical"

    def until(self, now: datetime, severity: Severity) -> datetime | None:
        """Return when the quiet that holds now is over; None when it does not hold for this severity."""
        if self.unless and LEVELS[severity] >= LEVELS[self.unless]:
            return None
        local = now.astimezone(self.zone)
        clock = local.timetz().replace(tzinfo=None)
        over_midnight = self.begin > self.end
        within = clock >= self.begin or clock < self.end if over_midnight else self.begin <= clock < self.end
        if not within:
            return None
        day = local.date() + timedelta(days=1) if over_midnight and clock >= self.begin else local.date()
        # By way of UTC: on the night the clocks change, an hour that is skipped or comes twice is no problem then.
        return datetime.combine(day, self.end, self.zone).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: which events, which condition, how it is told and to whom. Times not given have their defaults here.

    `within` is the memory of the condition: how long nothing was there (`first`), how far publishers may lie apart
    (`sources`), the stretch whose rate is watched (`surge`), how long it must be quiet (`silence`). `learn` is how
    long a condition watches before it speaks. `lasts` is when an alert about a moment ends.
    """

    name: str
    when: Condition
    filter: Filter
    receivers: tuple[str, ...]
    severity: Severity = "warning"
    group_by: tuple[Dimension, ...] = ("story",)
    within: timedelta = DAY
    at_least: int = 1
    counting: Counting = "publishers"
    baseline: timedelta = 7 * DAY
    ratio: float = 3.0
    chance: float = 0.001
    learn: timedelta = timedelta()
    repeat: timedelta = 4 * HOUR
    lasts: timedelta = HOUR
    max_age: timedelta = 6 * HOUR
    digest: timedelta | None = None
    quiet: Quiet | None = None
    valid_until: datetime | None = None
    line: int = 0

    @property
    def memory(self) -> timedelta:
        """How long a group is remembered after its last event."""
        return max(self.within, self.repeat, self.baseline if self.when == "surge" else DAY) + DAY


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All of a rules file."""

    rules: tuple[Rule, ...]
    receivers: dict[str, Receiver]
