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
    index, plain = Index(3000), {}
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
    index = Index(100_000)
    hashes = random.Random(0).choices(range(1, 2**32), k=50_000)
    for slot in range(0, 50_000, 10):
        index.add(packed([*{*hashes[slot : slot + 10]}]), slot)
    found = index.find(packed(hashes))
    assert {(n, n - n % 10) for n in range(50_000)} <= set(found)


def test_hash_0_is_passed_over() -> None:
    index = Index(100)
    index.add(packed([0, 5]), 7)
    assert index.find(packed([0, 5])) == [(1, 7)]
    index.remove(packed([0, 5]), 7)
    assert index.find(packed([0, 5])) == []
