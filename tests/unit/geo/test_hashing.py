from hypothesis import given
from hypothesis import strategies as st

from streams.geo.hashing import mix, open_table, phrase, phrase_hash, prefix_hashes, spelt

WORD = st.text(st.characters(codec="utf-8", exclude_characters=" \n", exclude_categories=["Cs", "Z", "C"]), min_size=1)


@given(WORD, WORD)
def test_a_phrase_is_its_words_in_order(first: str, second: str) -> None:
    assert phrase(phrase_hash(first), phrase_hash(second)) == phrase_hash(f"{first} {second}")
    assert prefix_hashes(f"{first} {second}") == [phrase_hash(first), phrase_hash(f"{first} {second}")]


def test_order_of_words_and_letters_matters() -> None:
    assert phrase_hash("york new") != phrase_hash("new york")
    assert spelt("ab") != spelt("ba")


@given(WORD)
def test_a_word_is_its_letters_mixed(word: str) -> None:
    assert phrase_hash(word) == mix(spelt(word)) < 1 << 64


@given(st.lists(st.integers(1, (1 << 64) - 1), unique=True, max_size=100))
def test_every_key_of_a_table_is_found_from_its_own_slot_on(keys: list[int]) -> None:
    table, slots = open_table(keys)
    assert [int(table[slot]) for slot in slots] == keys
    for key, slot in zip(keys, slots.tolist(), strict=True):
        at = key & (len(table) - 1)
        while at != slot:
            assert table[at] != 0
            at = (at + 1) & (len(table) - 1)
