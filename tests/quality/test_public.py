"""Floors of the whole pipeline on the quicker public sets: places, countries, copies; a little below what it reaches.

Wars on public sets are in `test_conflict_gold.py`; `make evaluate` measures all of them against their goals.
"""

from functools import cache

import public_report
import pytest

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not public_report.available(), reason=f"no sets at {public_report.DATA}: set STREAMS_TEST_DATA"),
]
FLOORS = (
    ("geo_lgl", "right_161km", 0.82),
    ("geo_lgl", "right_161km_sub", 0.79),
    ("geo_lgl", "tag_f1", 0.83),
    ("geo_lgl", "country_acc_found", 0.95),
    ("geo_geovirus", "right_161km", 0.82),
    ("geo_geovirus", "right_161km_sub", 0.83),
    ("geo_geovirus", "tag_f1", 0.86),
    ("country_cliff_focus", "top1", 0.92),
    ("country_cliff_focus", "recall", 0.94),
    ("country_reuters_places", "f1", 0.845),
    ("conflict_ged_headlines", "country@any", 0.81),
    ("dup_saudi_ar_docs", "recall", 0.97),
    ("dup_saudi_ar_docs", "precision", 0.99),
)


@cache
def measured(name: str) -> public_report.Measured:
    """Return one set, enriched once."""
    (found,) = public_report.run(name)
    return found


@pytest.mark.parametrize(("name", "metric", "floor"), FLOORS)
def test_floor(name: str, metric: str, floor: float) -> None:
    assert measured(name).score["metrics"][metric] >= floor


@pytest.mark.parametrize("name", ["geo_lgl", "geo_geovirus"])
def test_every_mention_stands_where_it_says(name: str) -> None:
    assert measured(name).score["metrics"]["bad_offsets"] == 0


def test_languages_of_these_sets_are_told() -> None:
    right, count, wrong = public_report.language_mistakes([measured(name) for name in sorted({f[0] for f in FLOORS})])
    assert count > 5000
    assert right >= 0.985, wrong.most_common(3)
