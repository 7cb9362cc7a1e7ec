"""Bounds of the state, and that a state restored from its changes is the same state."""

from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams import dedup
from streams.errors import WorkerStopped
from streams.messages import Item, Verdict

MakeItem = Callable[..., Item]
Change = tuple[bytes, bytes | None]

WORDS = ("river", "bridge", "mayor", "storm", "harvest", "engine", "letter", "market", "prison", "garden", "winter")


def text(seed: int, length: int = 40) -> str:
    """Return words that share no shingle with the text of another seed."""
    return " ".join(f"{WORDS[(seed + n) % len(WORDS)]}{seed}" for n in range(length))


def compacted(changes: Iterable[Change]) -> list[Change]:
    """Return what a compacted topic keeps: the last value of each key, in order, without tombstones."""
    last: dict[bytes, tuple[int, bytes | None]] = {}
    for n, (key, value) in enumerate(changes):
        last[key] = (n, value)
    return [(key, value) for key, (_, value) in sorted(last.items(), key=lambda entry: entry[1][0]) if value]


def restored(window: dedup.Window, changes: Sequence[Change], together: int = 1) -> dedup.State:
    state = dedup.State(window)
    for start in range(0, len(changes), together):
        dedup.restore(state, changes[start : start + together])
    return state


deliveries = st.lists(
    st.tuples(
        st.integers(0, 6),  # text
        st.sampled_from([40, 36, 30, 20, 1]),  # words of it
        st.integers(0, 12),  # id
        st.sampled_from([None, "https://a.example/x", "https://a.example/y"]),
        st.integers(-400, 200),  # hours
        st.integers(0, 25),  # origin
    ),
    max_size=60,
)


def run(make_item: MakeItem, state: dedup.State, rows: list[tuple], start: int) -> tuple[list[Verdict], list[Change]]:
    """Admit items, ten hours apart, and return their verdicts and changes."""
    admissions = [
        dedup.admit(
            state, make_item(text(t, n), item_id=f"i{i}", url=u, hours=h, received_hours=start + 10 * k, offset=o)
        )
        for k, (t, n, i, u, h, o) in enumerate(rows)
    ]
    return [a.verdict for a in admissions], [change for a in admissions for change in a.changes]


@given(before=deliveries, after=deliveries, limit=st.integers(1, 30), together=st.integers(1, 60))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_restored_state_gives_the_same_verdicts(
    make_item: MakeItem, before: list[tuple], after: list[tuple], limit: int, together: int
) -> None:
    window = dedup.Window(max_age_seconds=72 * 3600, max_items=limit)
    state = dedup.State(window)
    _, changes = run(make_item, state, before, 0)
    copies = [restored(window, changes), restored(window, changes, together), restored(window, compacted(changes))]
    assert {copy.size for copy in copies} == {state.size}
    assert state.size <= limit
    expected = run(make_item, state, after, 300)
    assert [run(make_item, copy, after, 300) for copy in copies] == [expected] * 3


@given(
    before=deliveries,
    picks=st.lists(st.tuples(st.integers(0, 99), st.booleans()), min_size=1, max_size=80),
    after=deliveries,
    together=st.integers(2, 80),
)
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changes_taken_over_together_are_as_one_by_one(
    make_item: MakeItem, before: list[tuple], picks: list[tuple[int, bool]], after: list[tuple], together: int
) -> None:
    window = dedup.Window(max_age_seconds=72 * 3600, max_items=40)
    _, written = run(make_item, dedup.State(window), [*before, (0, 40, 0, None, 0, 0)], 0)
    picked = [(written[n % len(written)], kept) for n, kept in picks]
    changes = [(key, value if kept else None) for (key, value), kept in picked]
    single, together_ = restored(window, changes), restored(window, changes, together)
    assert together_.size == single.size
    assert run(make_item, together_, after, 300) == run(make_item, single, after, 300)


@pytest.mark.parametrize("together", [1, 3])
def test_what_is_written_again_leaves_last(make_item: MakeItem, together: int) -> None:
    window = dedup.Window(max_items=2)
    old = dedup.State(window)
    first, second = (dedup.admit(old, make_item(text(n))).changes[0] for n in range(2))
    state = restored(window, [first, second, first], together)
    assert dedup.admit(state, make_item(text(2))).changes[0] == (second[0], None)


def test_every_key_is_written_once(make_item: MakeItem) -> None:
    state = dedup.State(dedup.Window(max_items=10))
    changes = [change for n in range(50) for change in dedup.admit(state, make_item(text(n), hours=n)).changes]
    written = [key for key, value in changes if value is not None]
    assert len(written) == len(set(written)) == 50
    assert state.size <= 10


def test_the_number_of_items_is_bounded(make_item: MakeItem) -> None:
    state = dedup.State(dedup.Window(max_items=10))
    for n in range(25):
        dedup.admit(state, make_item(text(n), hours=n / 60))
    assert state.size == 10
    assert state.evicted == {"age": 0, "items": 15, "versions": 0, "replaced": 0}


def test_the_age_of_items_is_bounded(make_item: MakeItem) -> None:
    state = dedup.State(dedup.Window(max_age_seconds=3600))
    for n in range(25):
        dedup.admit(state, make_item(text(n), hours=n))
    assert state.size <= 4
    assert state.evicted["age"] >= 21


def test_a_backfill_does_not_flush_live_items(make_item: MakeItem) -> None:
    state = dedup.State(dedup.Window(max_items=20))
    for n in range(10):
        dedup.admit(state, make_item(text(n), hours=0.1 * n))
    for n in range(100, 200):
        dedup.admit(state, make_item(text(n), hours=-5000 + n, received_hours=1))
    verdicts = [dedup.admit(state, make_item(text(n), hours=1)).verdict.status for n in range(10)]
    assert verdicts == ["duplicate"] * 10


def test_a_backfill_is_deduplicated_too(make_item: MakeItem) -> None:
    state = dedup.State(dedup.Window())
    for n in range(10):
        dedup.admit(state, make_item(text(n), hours=-5000 + 100 * n, received_hours=0))
        verdict = dedup.admit(state, make_item(text(n), hours=-5000 + 100 * n, received_hours=1)).verdict
        assert verdict.status == "duplicate"


@pytest.mark.parametrize("value", [b"", b"\x00", b"\x02\x90", b"\xff"])
def test_an_unknown_version_stops_the_worker(value: bytes) -> None:
    with pytest.raises(WorkerStopped):
        dedup.restore(dedup.State(dedup.Window()), [(b"12345678", value)])


def test_memory_is_counted_and_given_back(make_item: MakeItem) -> None:
    state = dedup.State(dedup.Window(max_items=200))
    empty = state.memory_bytes
    changes = [change for n in range(200) for change in dedup.admit(state, make_item(text(n))).changes]
    assert state.memory_bytes - empty > 200 * 200
    dedup.restore(state, [(key, None) for key, _ in changes])
    assert state.size == 0
    assert state.memory_bytes < empty + 200 * 150


def test_a_state_of_a_backup_knows_copies_and_takes_nothing_for_delivered_again(make_item: MakeItem) -> None:
    window = dedup.Window(72 * 3600, 1000)
    old, changes = dedup.State(window), []
    for number in range(5):
        changes += dedup.admit(old, make_item(text(number), offset=number)).changes
    gone = [(changes[4][0], None)]
    state = restored(window, [dedup.moved(key, value) for key, value in [*changes, *gone]])
    assert state.size == 4
    there = dedup.admit(state, make_item(text(50), item_id="other", offset=0)).verdict
    assert (there.status, there.duplicate) == ("new", None)
    copy = dedup.admit(state, make_item(text(2), item_id="copy", offset=1)).verdict
    assert copy.duplicate is not None
    assert copy.duplicate.of == "item-2"
    assert dedup.admit(state, make_item(text(4), item_id="forgotten", offset=2)).verdict.status == "new"
