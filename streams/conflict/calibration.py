"""From points to the probability that is shown: of the wars given with a score of about 0.8, about 80 % are right."""

import math
from typing import Final

# Slopes of a logistic function without an intercept (Platt 1999, so 0.5 stays 0.5): of the best war, of further ones.
# `python tests/quality/calibration.py` fits them on the hand-written gold of this project, no other data, and shows how
# well they hold on items they were not fitted on. That of best wars is the geometric mean of the fit, 2.0, and 1: most
# of these items were known when the terms were written, which makes them easier than news.
SLOPES: Final = (1.4, 0.4)


def probability(log_odds: float, further: bool) -> float:
    """Return the probability 0..1 for the points of a war: the best one of an item, or a `further` one."""
    return 1 / (1 + math.exp(-SLOPES[further] * log_odds))
