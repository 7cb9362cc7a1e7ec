"""How many events are usual, and how unlikely it is to see so many more by chance."""

import math
from typing import Final

from streams.alerts.memory import Group

SLOTS: Final = 6  # parts of the watched stretch: it moves on by one of them
_NEGLIGIBLE: Final = 1e-18


def add(group: Group, at: int, within: int, half_life: int) -> None:
    """Count an event at a time (seconds) into the sliding window, or, if it is older than that, into the mean.

    The mean of the slots before the window is exponentially weighted, with a weight that halves every `half_life`
    seconds; as it is a sum, the order in which events come does not matter.
    """
    advance(group, at, within, half_life)
    age = group.slot - _slot(at, within)
    if age < SLOTS:
        slots = list(group.slots)
        slots[SLOTS - 1 - age] += 1
        group.slots = tuple(slots)
    else:
        keep = _keep(within, half_life)
        group.mean += (1 - keep) * keep ** (age - SLOTS)


def advance(group: Group, now: int, within: int, half_life: int) -> None:
    """Move the window on to a time."""
    slot, keep = _slot(now, within), _keep(within, half_life)
    if not group.slots:
        group.slot, group.slots = slot, (0,) * SLOTS
    steps = slot - group.slot
    if steps <= 0:
        return
    for leaving in group.slots[:steps]:
        group.mean = group.mean * keep + (1 - keep) * leaving
    group.mean *= keep ** max(0, steps - SLOTS)
    group.slots = (*group.slots[steps:], *(0,) * min(steps, SLOTS))
    group.slot = slot


def expected(group: Group, now: int, since: int, within: int, half_life: int) -> float:
    """Return how many events a stretch of `within` seconds usually has, watched since a time.

    The weights of what came before the watch are taken out of the mean, as in Adam's bias correction (Kingma and Ba
    2015).
    """
    slots = max(0, _slot(now, within) - _slot(since, within) - SLOTS)
    weight = 1 - _keep(within, half_life) ** slots
    return SLOTS * group.mean / weight if weight else 0.0


def busy(others: float, usual: float, slack: int) -> float:
    """Return how many times as much as usual there is of everything else, at least 1; `slack` steadies small numbers.

    What comes at once after a pause, or from a new source, is more of all: no group of it has a surge of its own.
    """
    return max(1.0, (others + slack) / (max(0.0, usual) + slack))


def chance(count: int, mean: float) -> float:
    """Return the probability of `count` or more events where `mean` are usual (Poisson distribution)."""
    if count <= mean or mean <= 0:
        return 1.0 if count <= mean else 0.0
    term = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    total, k = 0.0, count
    while term > total * _NEGLIGIBLE:
        total += term
        k += 1
        term *= mean / k
    return min(1.0, total)


def _slot(at: int, within: int) -> int:
    return at * SLOTS // within


def _keep(within: int, half_life: int) -> float:
    return float(0.5 ** (within / SLOTS / half_life))
