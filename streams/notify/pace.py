"""When to try: the schedule of a delivery, the breaker and the rate limit of a receiver. Time is passed in."""

import math
from typing import Final

# After Standard Webhooks 1.0: 0 s, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h; then news is no news any more.
SCHEDULE: Final = (0, 5, 300, 1800, 7200, 18000, 36000)
_JITTER: Final = 0.2
_FAILURES, _FIRST, _LONGEST = 5, 60.0, 3600.0


def delay(attempts: int, chance: float, asked: float = 0.0) -> float | None:
    """Return the seconds until the next attempt after so many, None when there is none.

    `chance` (0 to 1) spreads the attempts of many over a fifth of the time; a receiver that asks for more time gets it.
    """
    if attempts >= len(SCHEDULE):
        return None
    return max(SCHEDULE[attempts] * (1 + _JITTER * chance), asked)


class Breaker:
    """Leaves a receiver alone that has failed five times in a row: for a minute, then twice as long, up to an hour."""

    def __init__(self) -> None:
        self._failures, self._opens_at = 0, 0.0

    def wait(self, now: float) -> float:
        """Return for how many seconds nothing should be tried."""
        return max(0.0, self._opens_at - now)

    def note(self, delivered: bool, now: float) -> None:
        """Take note of an attempt."""
        self._failures = 0 if delivered else self._failures + 1
        rest = min(_LONGEST, _FIRST * 2.0 ** min(self._failures - _FAILURES, 10))
        self._opens_at = now + rest if self._failures >= _FAILURES else 0.0

    @property
    def is_open(self) -> bool:
        """Whether the receiver is being left alone."""
        return self._failures >= _FAILURES


class Rate:
    """Lets through so many a minute (token bucket: a minute's worth at once at most)."""

    def __init__(self, per_minute: int) -> None:
        self._per_second, self._most = per_minute / 60, float(per_minute)
        self._tokens, self._at = float(per_minute), math.inf

    def wait(self, now: float) -> float:
        """Return for how many seconds nothing may be sent."""
        self._refill(now)
        return max(0.0, (1 - self._tokens) / self._per_second)

    def take(self, now: float) -> None:
        """Take note that something is sent."""
        self._refill(now)
        self._tokens -= 1

    def _refill(self, now: float) -> None:
        self._tokens = min(self._most, self._tokens + max(0.0, now - self._at) * self._per_second)
        self._at = now
