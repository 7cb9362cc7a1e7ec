import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.text.fold import fold, fold_name


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Khan Yunis, 7 people!", "khan yunis  7 people "),
        ("Łódź Đà Nẵng Ølstykke İzmir Iğdır", "lodz da nang olstykke izmir igdir"),
        ("Straße Æthelred Bakı Gəncə", "strase athelred baki gence"),
        ("غَزَّة مدينةٌ كـــبيرة", "غزه مدينه كبيره"),
        ("کرمانشاه پښتو ی", "كرمانشاه پښتو ي"),
        ("עֲזָה", "עזה"),
        ("Ёлка Київ", "елка киів"),
        ("हिन्दी १२", "हिन्दी 12"),
        ("ကျောက်ဖြူ", "ကျောက်ဖြူ"),
        ("서울 ＴＯＫＹＯ", "서울 tokyo"),
        ("a\u200bb\u00adc", "abc"),
        ("line\nbreak", "line\nbreak"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text).text == folded


def test_names_are_squeezed() -> None:
    assert fold_name("  Côte-d’Ivoire ") == "cote d ivoire"


def test_offsets_lead_back_to_the_source() -> None:
    text = "قُتل في غَزّة اليوم"
    folded = fold(text)
    start = folded.text.index("غزه")
    first, last = folded.source(start, start + 3)
    assert text[first:last] == "غَزّة"


@given(st.text())
def test_one_code_point_becomes_one_or_none(text: str) -> None:
    folded = fold(text)
    offsets = range(len(text)) if folded.offsets is None else folded.offsets
    assert len(offsets) == len(folded.text) <= len(text)
    assert list(offsets) == sorted(set(offsets))
    assert folded.points.decode("utf-32-le") == folded.text
    assert folded.source_points.decode("utf-32-le", "surrogatepass") == text


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_folding_is_idempotent(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(st.text(), st.text())
def test_folding_works_code_point_by_code_point(one: str, other: str) -> None:
    assert fold(one + other).text == fold(one).text + fold(other).text
