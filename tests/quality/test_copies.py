"""Copies made of own articles and briefs are recognised in every language, and no two articles become one."""

from functools import cache

import copies_report
import pytest

# Least share of copies recognised, by how many gold items make an article: four (about 130 words) and one (about 30).
FLOORS = {
    4: {"no headline": 0.94, "links around": 0.97, "other order": 0.97, "shortened": 0.97},
    1: {"no headline": 0.66, "links around": 0.31, "other order": 0.65, "shortened": 0.51},
}
LEAST_RAND = {4: 0.98, 1: 0.65}
MISSES = 1  # in one language and kind


@cache
def copied(joined: int) -> list[copies_report.Copied]:
    """Return all texts with their stories, in one run."""
    return copies_report.run(joined)


@pytest.mark.parametrize("joined", FLOORS)
@pytest.mark.parametrize("kind", copies_report.KINDS)
def test_copies_are_recognised(joined: int, kind: str) -> None:
    true, of = copies_report.recognised(copied(joined))["all"][kind]
    assert true / of >= FLOORS[joined][kind], f"{true} of {of}"


def test_no_language_is_left_behind() -> None:
    counts = copies_report.recognised(copied(4))
    missed = {(language, kind): of - true for language, kinds in counts.items() for kind, (true, of) in kinds.items()}
    assert [key for key, count in missed.items() if count > MISSES and key[0] != "all"] == []


@pytest.mark.parametrize("joined", FLOORS)
def test_different_articles_stay_apart(joined: int) -> None:
    assert copies_report.merged(copied(joined)) == 0


@pytest.mark.parametrize("joined", FLOORS)
def test_stories_are_the_articles(joined: int) -> None:
    assert copies_report.adjusted_rand(copied(joined)) >= LEAST_RAND[joined]
