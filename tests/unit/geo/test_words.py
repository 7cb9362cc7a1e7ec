import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams import geo
from streams.document import Document
from streams.geo.hashing import CUE, HEAD, phrase_hash
from streams.geo.mentions import CANDIDATE, MENTION, words_of
from streams.geo.words import CAPITAL, CASELESS, JOINED, UNSPACED, WORD, Text, classes
from streams.native import ffi
from streams.text.fold import fold

GAZETTEER = geo.load()


def document(text: str) -> Document:
    return Document("", text, "\n" + text, fold("\n" + text), "en")


def words(text: str) -> np.ndarray:
    return words_of(Text(document(text)), "en", GAZETTEER)


def flagged(rows: np.ndarray, flag: int) -> list[bool]:
    return (rows["flags"] & flag > 0).tolist()


def test_rows_are_laid_out_as_in_the_kernel() -> None:
    for name, dtype in (("geo_word", WORD), ("geo_mention", MENTION), ("geo_candidate", CANDIDATE)):
        assert ffi.sizeof(name) == dtype.itemsize
        fields = dict(ffi.typeof(name).fields)
        assert {field: dtype.fields[field][1] for field in dtype.names} == {k: v.offset for k, v in fields.items()}


def test_words_know_their_case_and_what_joins_them() -> None:
    text = document("In St. Louis, U.S. troops met AFP.")
    rows = words_of(Text(text), "en", GAZETTEER)
    shown = [text.body[s:e] for s, e in zip(rows["start"], rows["end"], strict=True)]
    assert shown == ["In", "St", "Louis", "U", "S", "troops", "met", "AFP"]
    assert flagged(rows, CAPITAL) == [True, True, True, True, True, False, False, True]
    assert flagged(rows, JOINED) == [True, True, False, True, True, True, True, False]


def test_caseless_and_unspaced_scripts_are_told_apart() -> None:
    rows = words("غزة 加沙 गाज़ा")
    assert flagged(rows, CASELESS) == [True, False, True]
    assert flagged(rows, UNSPACED) == [False, True, False]


def test_letters_and_white_space_are_those_of_unicode() -> None:
    for sign in "aЖ中 \u3000\x1c1.-":
        assert (bool(classes()[ord(sign)] & 8), bool(classes()[ord(sign)] & 16)) == (sign.isalpha(), sign.isspace())


@given(st.text(max_size=300))
def test_every_word_is_a_stretch_of_the_body_in_order(text: str) -> None:
    doc = document(text)
    rows = words_of(Text(doc), "en", GAZETTEER)
    ends = [0, *rows["end"].tolist()]
    for start, end, before in zip(rows["start"].tolist(), rows["end"].tolist(), ends, strict=False):
        assert before <= start < end <= len(doc.body)


@given(st.text(max_size=100))
def test_the_kernel_hashes_words_as_python_does(text: str) -> None:
    doc = document(text)
    for row in words_of(Text(doc), "en", GAZETTEER).tolist():
        word = doc.folded.text[row[3] : row[4]]
        if len(word.split()) == 1:  # Python splits at rare spaces, too
            assert row[:3] == (phrase_hash(word), phrase_hash(word[:HEAD]), phrase_hash(word[:CUE]))
