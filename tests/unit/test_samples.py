"""The sample items are well formed: each line has one expectation, and the expectations hang together."""

from collections import Counter
from typing import get_args

import pytest

from streams import samples
from streams.errors import Reason
from streams.samples import Expected

ITEMS = samples.items()
EXPECTED = samples.expected()
OUTCOMES = {"event", "duplicate", "revision", "dead-letter"}


def of_outcome(*outcomes: str) -> list[Expected]:
    return [each for each in EXPECTED if each.outcome in outcomes]


def earlier(one: Expected) -> dict[str, Expected]:
    """Return what an expectation may refer to: the earlier lines, by item id and by line number."""
    before = [each for each in EXPECTED[: one.line - 1] if each.outcome != "dead-letter"]
    return {f"line:{each.line}": each for each in before} | {each.item_id: each for each in before if each.item_id}


def test_every_line_has_one_expectation() -> None:
    assert [each.line for each in EXPECTED] == list(range(1, len(ITEMS) + 1))
    assert all(each.outcome in OUTCOMES and each.note for each in EXPECTED)


def test_ids_are_unique_among_new_items() -> None:
    ids = Counter(each.item_id for each in of_outcome("event") if each.item_id)
    assert [item_id for item_id, count in ids.items() if count > 1] == []


def test_ids_stand_in_their_lines() -> None:
    assert [each.line for each in EXPECTED if each.item_id and each.item_id.encode() not in ITEMS[each.line - 1]] == []


def test_no_two_new_lines_are_equal() -> None:
    lines = Counter(ITEMS[each.line - 1] for each in of_outcome("event", "revision"))
    assert max(lines.values()) == 1


@pytest.mark.parametrize("one", of_outcome("duplicate", "revision"), ids=lambda one: f"line-{one.line}")
def test_copies_and_revisions_follow_an_original_of_their_language(one: Expected) -> None:
    assert one.of is not None
    assert earlier(one)[one.of].language == one.language
    assert bool(one.kind) == (one.outcome == "duplicate")


@pytest.mark.parametrize("one", of_outcome("dead-letter"), ids=lambda one: f"line-{one.line}")
def test_dead_letters_have_a_known_reason_and_nothing_else(one: Expected) -> None:
    assert one.reason
    assert set(one.reason) <= set(get_args(Reason))
    assert one.conflicts is None
    assert [one.of, one.kind, one.slug, one.country, one.focus] == [None, (), None, (), ()]


def test_only_dead_letters_have_a_reason() -> None:
    assert [each.line for each in of_outcome("event", "duplicate", "revision") if each.reason] == []


def test_the_samples_are_many_and_varied() -> None:
    languages = Counter(each.language for each in EXPECTED if each.language)
    wars = {war for each in EXPECTED for war in each.conflicts or ()} | {each.slug for each in EXPECTED if each.slug}
    peaceful = [each for each in of_outcome("event") if each.conflicts == () and not each.slug]
    assert len(ITEMS) >= 250
    assert sum(count >= 6 for count in languages.values()) >= 14
    assert len(wars) >= 25
    assert len(peaceful) >= 45
    assert len(of_outcome("duplicate")) >= 20
    assert len(of_outcome("revision")) >= 4
    assert len(of_outcome("dead-letter")) >= 12
