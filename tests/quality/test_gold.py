"""The pipeline reaches its floors on hand-written items (`gold/README.md`), overall and in each language.

The floors lie a few points below what was reached when they were set; raise them with the pipeline. One item is 20 % of
what some languages have, so a language may always miss two items of a measure.
"""

import json
from collections import Counter
from functools import cache

import gold_report
import pytest

# measure: (worst share overall, worst share in one language)
AT_LEAST = {"right war first": (0.95, 0.80), "focus": (0.84, 0.68), "country": (0.86, 0.72), "language": (0.98, 0.90)}
AT_MOST = {"false alarm": (0.05, 0.15), "no war given": (0.04, 0.15), "place made of a name": (0.90, 1.0)}
WORST_CALIBRATION_ERROR = 0.09
MISSES = 2
MEASURES = dict(gold_report.MEASURES)
FIELDS = {
    *("id", "title", "text", "url", "source", "published_at", "language", "conflicts", "slug", "accept"),
    *("country", "focus", "not_places", "category", "note"),
}


@cache
def cases() -> list[gold_report.Case]:
    """Return all gold items with what the pipeline made of them, in one run."""
    return gold_report.run()


def _languages() -> list[str]:
    return sorted({label["language"] for label in gold_report.labels()})


def test_tables() -> None:
    print("", *gold_report.markdown(cases()), sep="\n")


@pytest.mark.parametrize("measure", AT_LEAST)
def test_overall_share_is_high(measure: str) -> None:
    true, of = gold_report.share(cases(), MEASURES[measure])
    assert true / of >= AT_LEAST[measure][0], f"{true} of {of}"


@pytest.mark.parametrize("measure", AT_MOST)
def test_overall_share_is_low(measure: str) -> None:
    true, of = gold_report.share(cases(), MEASURES[measure])
    assert true / of <= AT_MOST[measure][0], f"{true} of {of}"


@pytest.mark.parametrize("measure", [*AT_LEAST, *AT_MOST])
@pytest.mark.parametrize("language", _languages())
def test_no_language_is_left_behind(language: str, measure: str) -> None:
    group = gold_report.by_language(cases())[language]
    true, of = gold_report.share(group, MEASURES[measure])
    wrong, allowed = (of - true, 1 - AT_LEAST[measure][1]) if measure in AT_LEAST else (true, AT_MOST[measure][1])
    assert wrong <= max(MISSES, allowed * of), f"{wrong} of {of} wrong"


def test_scores_are_probabilities() -> None:
    assert gold_report.calibration_error(cases()) <= WORST_CALIBRATION_ERROR, gold_report.calibration(cases())


def test_items_are_well_formed() -> None:
    labels = gold_report.labels()
    assert [label["id"] for label in labels if set(label) != FIELDS] == []
    assert [key for key, count in Counter(label["id"] for label in labels).items() if count > 1] == []
    assert [label["id"] for label in labels if bool(label["conflicts"]) != (label["category"] == "war")] == []
    assert [label["id"] for label in labels if (None in label["conflicts"]) != bool(label["slug"])] == []
    for label in labels:
        body = f"{label['title']}\n{label['text']}"
        assert [word for word in label["not_places"] if word not in body] == [], label["id"]


def test_items_are_many_and_varied() -> None:
    labels = gold_report.labels()
    wars = {war for label in labels for war in [*label["conflicts"], label["slug"]] if war}
    categories = Counter(label["category"] for label in labels)
    languages = Counter(label["language"] for label in labels)
    assert len(wars) >= 40
    assert all(categories[name] >= 50 for name in ("war", "negative", "place")), json.dumps(categories)
    assert len(languages) >= 20
