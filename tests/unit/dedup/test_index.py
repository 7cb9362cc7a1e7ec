"""The index against a plain dictionary."""

import random
import struct
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.dedup.index import MAX_ENTRIES, Index

few = st.integers(1, 40) | st.integers(1, 2**32 - 1)
sets = st.lists(st.lists(few, min_size=1, max_size=20, unique=True), min_size=1, max_size=120)


def packed(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


@given(added=sets, keep=st.lists(st.booleans(), min_size=120, max_size=120))
@settings(deadline=None, max_examples=100)
def test_it_finds_what_a_dictionary_finds(added: list[list[int]], keep: list[bool]) -> None:
    index, plain = Index(), {}
    for slot, hashes in enumerate(added):
        index.add(packed(hashes), slot)
        for key in hashes:
            plain.setdefault(key, set()).add(slot)
    for slot, hashes in enumerate(added):
        if not keep[slot]:
            index.remove(packed(hashes), slot)
            for key in hashes:
                plain[key].discard(slot)
    keys = sorted(plain)
    expected = {(n, slot) for n, key in enumerate(keys) if len(plain[key]) <= MAX_ENTRIES for slot in plain[key]}
    found = index.find(packed(keys))
    assert len(found) == len(expected)
    assert set(found) == expected
    assert index.entries == sum(map(len, plain.values()))


def test_it_grows_and_keeps_everything() -> None:
    index = Index()
    hashes = random.Random(0).choices(range(1, 2**32), k=50_000)
    for slot in range(0, 50_000, 10):
        index.add(packed([*{*hashes[slot : slot + 10]}]), slot)
    found = index.find(packed(hashes))
    assert {(n, n - n % 10) for n in range(50_000)} <= set(found)


def test_many_entries_added_at_once_are_those_added_one_by_one() -> None:
    known = range(1, 2**32, 1_000_003)
    hashes = random.Random(0).choices(known, k=9_000)
    slots = list(range(9_000))
    single, together = Index(), Index()
    for key, slot in zip(hashes, slots, strict=True):
        single.add(packed([key]), slot)
    together.add_all(packed(hashes[:7]), packed(slots[:7]))
    together.add_all(packed(hashes[7:]), packed(slots[7:]))
    asked = packed(known)
    assert sorted(together.find(asked)) == sorted(single.find(asked))
    assert len(together.find(asked)) == len(hashes)
    for key, slot in zip(hashes, slots, strict=True):
        together.remove(packed([key]), slot)
    assert together.find(asked) == []
    assert together.entries == 0


def test_many_entries_of_one_hash_are_in_each_place_and_leave_each() -> None:
    index = Index()
    for slot in range(MAX_ENTRIES):
        index.add(packed([5]), slot)
    assert sorted(index.find(packed([5]))) == [(0, slot) for slot in range(MAX_ENTRIES)]
    index.add(packed([5]), MAX_ENTRIES)
    assert index.find(packed([5])) == []
    for slot in range(0, MAX_ENTRIES + 1, 2):
        index.remove(packed([5]), slot)
    assert sorted(index.find(packed([5]))) == [(0, slot) for slot in range(1, MAX_ENTRIES, 2)]


def test_hash_0_is_passed_over() -> None:
    index = Index()
    index.add(packed([0, 5]), 7)
    assert index.find(packed([0, 5])) == [(1, 7)]
    index.remove(packed([0, 5]), 7)
    assert index.find(packed([0, 5])) == []
