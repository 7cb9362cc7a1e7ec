from hypothesis import given
from hypothesis import strategies as st

from streams.document import Document
from streams.geo.words import words_of
from streams.text.fold import fold


def document(text: str) -> Document:
    return Document("", text, "\n" + text, fold("\n" + text), "en")


def test_words_know_their_case_and_what_joins_them() -> None:
    text = document("In St. Louis, U.S. troops met AFP.")
    words = words_of(text)
    shown = [text.body[s:e] for s, e in zip(words.start, words.end, strict=True)]
    assert shown == ["In", "St", "Louis", "U", "S", "troops", "met", "AFP"]
    assert words.capital.tolist() == [True, True, True, True, True, False, False, True]
    assert words.shouted().tolist() == [False] * 7 + [True]
    assert words.joined.tolist() == [True, True, False, True, True, True, True, False]


def test_caseless_and_unspaced_scripts_are_told_apart() -> None:
    words = words_of(document("غزة 加沙 गाज़ा"))
    assert words.caseless.tolist() == [True, False, True]
    assert words.unspaced.tolist() == [False, True, False]


@given(st.text(max_size=300))
def test_every_word_is_a_stretch_of_the_body_in_order(text: str) -> None:
    doc = document(text)
    words = words_of(doc)
    ends = [0, *words.end.tolist()]
    for start, end, before in zip(words.start.tolist(), words.end.tolist(), ends, strict=False):
        assert before <= start < end <= len(doc.body)
