import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.conflict.variants import parse_term, spellings, unspaced
from streams.text.fold import fold_name


@pytest.mark.parametrize(
    ("source", "text", "open_ended", "marks", "case"),
    [
        ("Gaza!!", "gaza", False, 2, "initial"),
        ("Hamas!!", "hamas", False, 2, "any"),
        ("Goma!", "goma", False, 1, "name"),
        ("Aleppo", "aleppo", False, 0, "initial"),
        ("Palestin*!", "palestin", True, 1, "initial"),
        ("airstrike*", "airstrike", True, 0, "any"),
        ("IS", "is", False, 0, "all"),
        ("IDF!!", "idf", False, 2, "all"),
        ("ВСУ", "всу", False, 0, "all"),
        ("ХАМАС*", "хамас", True, 0, "initial"),
        ("DEAŞ", "deas", False, 0, "all"),
        ("Cabo Delgado", "cabo delgado", False, 0, "any"),
        ("Мариупол*!!", "мариупол", True, 2, "any"),
    ],
)
def test_reads_a_term_and_its_marks(source: str, text: str, open_ended: bool, marks: int, case: str) -> None:
    term = parse_term(source, "en", fold_name)
    assert (term.text, term.open_ended, term.marks, term.case) == (text, open_ended, marks, case)


@pytest.mark.parametrize(
    ("source", "ambiguous"), [("Gao!", True), ("Gaza!!", False), ("Aleppo", False), ("СВО", False)]
)
def test_only_the_shortest_latin_words_are_ambiguous(source: str, ambiguous: bool) -> None:
    assert parse_term(source, "en", fold_name).ambiguous is ambiguous


@pytest.mark.parametrize(
    ("language", "text", "spelling"),
    [
        ("ar", "غزه", "بغزه"),
        ("ar", "غزه", "وغزه"),
        ("ar", "اسرائيلي", "بالاسرائيلي"),
        ("ar", "الفاشر", "للفاشر"),
        ("ar", "الفاشر", "والفاشر"),
        ("he", "חאן יונס", "בחאן יונס"),
        ("he", "עזה", "ומעזה"),
        ("am", "ትግራይ", "በትግራይ"),
    ],
)
def test_writes_prefixes_together_with_the_word(language: str, text: str, spelling: str) -> None:
    assert spelling in set(spellings(text, language, name=text != "اسرائيلي"))


def test_names_take_no_article() -> None:
    assert "الغزه" not in set(spellings("غزه", "ar", name=True))


def test_languages_without_prefixes_have_one_spelling() -> None:
    assert list(spellings("gaza", "en", name=True)) == ["gaza"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("加沙", True), ("ガザ", True), ("ไทย", True), ("မြန်မာ", True), ("غزه", False), ("gaza", False)],
)
def test_knows_scripts_without_spaces(text: str, expected: bool) -> None:
    assert unspaced(text) is expected


@given(st.text(alphabet="abcdefgh !*АБВгд加沙", max_size=12))
def test_any_term_folds_to_text_without_marks(source: str) -> None:
    term = parse_term(source, "en", fold_name)
    assert not {"!", "*"} & set(term.text)
    assert term.marks >= 0
