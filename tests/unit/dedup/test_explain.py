"""An explanation decides as `admit` does, names what was found, and changes nothing."""

from collections.abc import Callable

import pytest

from streams import dedup
from streams.messages import Item
from streams.text.fold import fold

MakeItem = Callable[..., Item]

WIRE = (
    "Heavy rain washed away two bridges on the road between Marund and Tessaly on Monday, cutting off eleven villages, "
    "the regional governor said. Rescue teams reached the first of them by boat in the evening and found most houses "
    "under water but nobody hurt. Army engineers want to lay a floating bridge by the end of the week if the river "
    "falls below four metres. Farmers fear for the harvest because the fields along the bank stay flooded for days."
)
LATER = WIRE.replace("Marund", "Olvan").replace("Tessaly", "Berrit").replace("Monday", "Friday")
OTHER = "The central bank of Olvania kept its interest rate unchanged and warned that prices may rise faster in June."


@pytest.fixture
def state(make_item: MakeItem) -> dedup.State:
    """Return a state that knows two items."""
    known = dedup.State(dedup.Window(max_age_seconds=72 * 3600, max_items=1000))
    for item in (make_item(WIRE, item_id="wire", url="https://a.example/1"), make_item(OTHER, item_id="other")):
        dedup.admit(known, item)
    return known


@pytest.mark.parametrize(
    ("text", "changes", "status", "decided", "finding"),
    [
        (WIRE, {}, "duplicate", "same words", "exact"),
        (WIRE.replace("washed away", "swept off"), {}, "duplicate", "shared shingles", "near"),
        (" ".join(WIRE.split()[:30]), {}, "duplicate", "shared shingles", "contained"),
        (WIRE, {"item_id": "wire"}, "duplicate", "same id or URL", "same_item"),
        (WIRE.replace("eleven", "twelve"), {"item_id": "wire"}, "revision", "same id or URL", "earlier version"),
    ],
    ids=["exact", "near", "contained", "same item", "revision"],
)
def test_the_candidate_that_decided_is_first(
    state: dedup.State, make_item: MakeItem, text: str, changes: dict[str, str], status: str, decided: str, finding: str
) -> None:
    found = dedup.explain(state, make_item(text, **{"item_id": "late"} | changes))
    assert (found.verdict.status, found.decided) == (status, decided)
    assert [candidate.chosen for candidate in found.candidates] == [True]
    assert (found.candidates[0].item_id, found.candidates[0].finding) == ("wire", finding)


def test_a_delivery_that_comes_again_keeps_its_verdict(state: dedup.State, make_item: MakeItem) -> None:
    found = dedup.explain(state, make_item(WIRE, item_id="wire", offset=0))
    assert (found.decided, found.verdict.status, found.candidates[0].chosen) == ("delivered before", "new", True)


def test_what_is_no_copy_says_why(state: dedup.State, make_item: MakeItem) -> None:
    template = dedup.explain(state, make_item(LATER))
    assert (template.verdict.status, template.decided) == ("new", "nothing alike")
    assert [(c.item_id, c.finding, c.chosen) for c in template.candidates] == [
        ("wire", "other numbers or names", False)
    ]
    assert template.candidates[0].jaccard is not None
    assert template.candidates[0].jaccard > 0.3
    late = dedup.explain(state, make_item(WIRE, hours=100))
    assert [c.finding for c in late.candidates] == ["outside the window"]
    page = dedup.explain(state, make_item(OTHER.upper()[::-1], url="https://a.example/1"))
    assert [(c.by, c.chosen) for c in page.candidates] == [(("URL",), False)]


def test_a_copy_is_seen_and_never_an_original(state: dedup.State, make_item: MakeItem) -> None:
    dedup.admit(state, make_item(WIRE, item_id="copy", url="https://b.example/1"))
    found = dedup.explain(state, make_item(OTHER, url="https://b.example/1", item_id="new"))
    assert ("copy", "a copy itself", None) in [(c.item_id, c.finding, c.jaccard) for c in found.candidates]


def test_explaining_changes_nothing_and_agrees_with_admit(make_item: MakeItem) -> None:
    state = dedup.State(dedup.Window(max_age_seconds=72 * 3600, max_items=1000))
    texts = [WIRE, LATER, OTHER, WIRE.upper(), WIRE[:200], LATER + OTHER, fold(WIRE).text, WIRE.replace("two", "four")]
    for number, text in enumerate(texts * 2):
        item = make_item(text, item_id=f"i{number % 11}", hours=number)
        explained, size = dedup.explain(state, item), state.size
        assert dedup.explain(state, item) == explained
        assert state.size == size
        assert dedup.admit(state, item).verdict == explained.verdict
        assert any(c.chosen for c in explained.candidates) is (explained.verdict.status != "new")
