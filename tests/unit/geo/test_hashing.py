import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.geo.hashing import TextHash, phrase, phrase_hash, prefix_hashes, spelt

WORD = st.text(st.characters(codec="utf-8", exclude_characters=" \n", exclude_categories=["Cs", "Z", "C"]), min_size=1)


def points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def at(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.intp)


@given(WORD, WORD, WORD)
def test_a_word_has_the_same_hash_wherever_it_stands(before: str, word: str, behind: str) -> None:
    text = TextHash.of(points(f"{before} {word} {behind}"))
    start = len(before) + 1
    assert int(text.words(at(start), at(start + len(word)))[0]) == phrase_hash(word)


@given(WORD, WORD)
def test_a_phrase_is_its_words_in_order(first: str, second: str) -> None:
    text = TextHash.of(points(f"{first}, {second}"))
    heads = text.words(at(0), at(len(first)))
    tails = text.words(at(len(first) + 2), at(len(first) + 2 + len(second)))
    assert int(phrase(heads, tails)[0]) == phrase_hash(f"{first} {second}")
    assert prefix_hashes(f"{first} {second}") == [phrase_hash(first), phrase_hash(f"{first} {second}")]


def test_order_of_words_matters() -> None:
    assert phrase_hash("york new") != phrase_hash("new york")


@given(WORD, st.text("абвг", max_size=3), st.text("абвг", max_size=3))
def test_letters_can_be_put_before_and_behind(stem: str, before: str, behind: str) -> None:
    text = TextHash.of(points(stem))
    whole = at(0), at(len(stem))
    assert int(text.joined(*whole, np.uint64(spelt(behind)))[0]) == phrase_hash(stem + behind)
    assert int(text.preceded(*whole, np.uint64(spelt(before)), len(before))[0]) == phrase_hash(before + stem)
