"""Scores of wars are probabilities: the shipped slopes are those of the gold, and hold on items left out of the fit."""

import calibration
import gold_report
import pytest

from streams.conflict.calibration import SLOPES

WORST_ERROR = {"best": 0.05, "further": 0.20}  # of further wars the gold has only 30
DRIFT = 0.35  # share by which a fit may differ from the shipped slope before this has to be set anew


@pytest.fixture(scope="module")
def answers() -> list[calibration.Answer]:
    """The wars given for all gold items."""
    return calibration.answers(gold_report.run())


def test_the_shipped_slopes_are_the_fitted_ones(answers: list[calibration.Answer]) -> None:
    assert calibration.slopes(answers) == pytest.approx(SLOPES, rel=DRIFT)


@pytest.mark.parametrize("which", WORST_ERROR)
def test_scores_hold_on_items_they_were_not_fitted_on(answers: list[calibration.Answer], which: str) -> None:
    held = calibration.cross_validated(answers, further=which == "further")
    assert calibration.error(held) <= WORST_ERROR[which]


def test_the_fit_finds_the_slope_that_made_the_answers() -> None:
    made = [
        calibration.Answer(number, False, log_odds, number < 1000 * calibration._probability(1.7, log_odds))
        for log_odds in (0.3, 0.9, 1.5, 2.1)
        for number in range(1000)
    ]
    assert calibration.fit(made) == pytest.approx(1.7, abs=0.02)
