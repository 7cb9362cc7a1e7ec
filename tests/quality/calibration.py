"""Fit and check the slopes of `streams.conflict.calibration`; `python tests/quality/calibration.py` prints the tables.

They are fitted on the own gold alone and checked there by cross-validation; public sets are only measured, by their
best wars: each of their items is labelled with one war, however many it is about.
"""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import gold_report
import public_report
from tables import Lines, table

from streams.conflict.calibration import SLOPES

FOLDS = 5
STEPS = 60  # of the search for the best slope, each of which narrows the range by a third
SLOPE_RANGE = (0.05, 5.0)
MOST_CERTAIN = 0.9995  # scores have three decimals
BANDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)


class Answer(NamedTuple):
    """A war given for an item: the number of the item, whether it is a further one, its points, whether it is right."""

    item: int
    further: bool
    log_odds: float
    right: bool


class Scored(NamedTuple):
    """A probability and whether it came true."""

    score: float
    right: bool


def answers(cases: Iterable[gold_report.Case]) -> list[Answer]:
    """Return the wars given for the items, their points made of their scores."""
    return [
        Answer(number, rank > 0, _log_odds(match.score) / SLOPES[rank > 0], case.is_right(match))
        for number, case in enumerate(cases)
        for rank, match in enumerate(case.found.conflicts)
    ]


def _log_odds(score: float) -> float:
    score = min(score, MOST_CERTAIN)
    return math.log(score / (1 - score))


def _probability(slope: float, log_odds: float) -> float:
    return 1 / (1 + math.exp(-slope * log_odds))


def fit(found: Iterable[Answer]) -> float:
    """Return the slope under which the answers are likeliest (ternary search: the likelihood has one peak)."""
    known = list(found)

    def likelihood(slope: float) -> float:
        return sum(-math.log1p(math.exp(-slope * a.log_odds if a.right else slope * a.log_odds)) for a in known)

    low, high = SLOPE_RANGE
    for _ in range(STEPS):
        third = (high - low) / 3
        if likelihood(low + third) < likelihood(high - third):
            low += third
        else:
            high -= third
    return (low + high) / 2


def slopes(found: Iterable[Answer]) -> tuple[float, float]:
    """Return the slopes for best and further wars, that of best wars drawn half-way to 1 (see the shipped ones)."""
    known = list(found)
    best, further = (fit(answer for answer in known if answer.further is which) for which in (False, True))
    return math.sqrt(best), further


def cross_validated(found: list[Answer], further: bool) -> list[Scored]:
    """Return the answers with scores fitted on the other items."""
    scored = []
    for fold in range(FOLDS):
        fitted = slopes(answer for answer in found if answer.item % FOLDS != fold)
        scored += [
            Scored(_probability(fitted[further], answer.log_odds), answer.right)
            for answer in found
            if answer.item % FOLDS == fold and answer.further is further
        ]
    return scored


def error(scored: list[Scored]) -> float:
    """Return the expected calibration error: the mean gap of score and share right, by bands."""
    return sum(abs(sum(s.score - s.right for s in band)) for band in _bands(scored)) / len(scored)


def _bands(scored: list[Scored]) -> list[list[Scored]]:
    return [[s for s in scored if low <= s.score < high] for low, high in pairwise(BANDS)]


def rows(name: str, scored: list[Scored]) -> Iterable[tuple[object, ...]]:
    """Yield a row for each band of scores, and one for all."""
    for low, band in zip(BANDS, _bands(scored), strict=False):
        if band:
            yield name, f"{low:.2f}", len(band), *_means(band), None
    yield name, "all", len(scored), *_means(scored), error(scored)


def _means(scored: list[Scored]) -> tuple[float, float]:
    return sum(s.score for s in scored) / len(scored), sum(s.right for s in scored) / len(scored)


HEADER = ("wars given", "score from", "count", "mean score", "share right", "calibration error")


def own(cases: Iterable[gold_report.Case]) -> Lines:
    """Yield the reliability of scores on the own gold, each fold with slopes fitted on the others."""
    found = answers(cases)
    best, further = slopes(found)
    yield f"Slopes fitted on all own items: {best:.2f} for best wars, {further:.2f} for further ones; shipped {SLOPES}."
    yield ""
    held = {"best": cross_validated(found, further=False), "further": cross_validated(found, further=True)}
    yield from table(HEADER, [row for name, scored in held.items() for row in rows(name, scored)])


def public(sets: dict[str, public_report.Measured]) -> Lines:
    """Yield the reliability of the best wars' scores on the public sets."""
    found = {name.removeprefix("conflict_"): _best(one) for name, one in sets.items() if name.startswith("conflict_")}
    found["all of these"] = [scored for one in found.values() for scored in one]
    yield from table(HEADER, [row for name, scored in found.items() for row in rows(name, scored)])


def _best(measured: public_report.Measured) -> list[Scored]:
    listed = measured.judge.read_ucdp_ids()
    found = []
    for item, event in measured.rows:
        right, tolerated = measured.judge.expected_ids(item, listed)
        if right and event and event["conflicts"]:
            first = event["conflicts"][0]
            found.append(Scored(first["score"], first["ucdp_conflict_id"] in right | tolerated))
    return found


def main() -> None:
    """Print the tables; those of the public sets where these are."""
    print("\n".join(own(gold_report.run())))
    if public_report.available():
        sets = {measured.name: measured for measured in public_report.run("conflict_")}
        print("", *public(sets), sep="\n")


if __name__ == "__main__":
    main()
