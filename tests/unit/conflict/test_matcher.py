from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.conflict import Registry
from streams.conflict.matcher import find

from .conftest import make_document

Found = Callable[..., list[str]]


@pytest.fixture(scope="session")
def found(registry: Registry) -> Found:
    """Return the folded texts that speak for a conflict by its slug."""

    def run(slug: str, text: str, language: str = "en") -> list[str]:
        document = make_document("", text, language)
        folded = document.folded.text
        hits = find(document, registry)
        return [folded[start:end] for start, end, owners in hits if any(owner.key == slug for owner in owners)]

    return run


def test_matches_whole_words_only(found: Found) -> None:
    assert found("israel-palestine", "Gaza, Gazania and megagaza") == ["gaza"]


def test_open_endings_are_short(found: Found) -> None:
    assert found("russia-ukraine", "в Мариуполе", "ru") == ["мариуполе"]
    assert found("russia-ukraine", "Мариупольскообразный", "ru") == []


def test_hashtags_fold_to_words(found: Found) -> None:
    assert "حماس" in found("israel-palestine", "#دواعش_حماس", "ar")


def test_capitals_tell_names_from_words(found: Found) -> None:
    assert found("islamic-state", "Attack claimed by IS in Syria") == ["is"]
    assert found("islamic-state", "What is this in Syria") == []
    assert found("islamic-state", "SYRIA: THIS IS WHAT IT LOOKS LIKE IN THE TOWN") == []


def test_capitals_of_any_script_are_abbreviations(found: Found) -> None:
    assert found("russia-ukraine", "Бойцы ВСУ отошли", "ru") == ["всу"]
    assert found("russia-ukraine", "Бойцы всу отошли", "ru") == []
    assert {*found("israel-palestine", "Бойцы ХАМАСа и Хамас", "ru")} == {"хамаса", "хамас"}


def test_the_shortest_names_count_in_their_language_only(found: Found) -> None:
    assert "gao" in found("mali", "L'armée malienne bombarde Gao", "fr")
    assert "gao" not in found("mali", "Gao wa watu wa Kidal", "sw")


def test_a_masking_phrase_hides_what_is_inside(found: Found) -> None:
    assert "wars" not in found("figures", "New Star Wars film in Syria")
    assert "wars" in found("figures", "Syria and other wars")


def test_scripts_without_spaces_match_inside(found: Found) -> None:
    assert "加沙" in found("israel-palestine", "以色列空袭加沙地带", "zh")


def test_an_item_without_any_term_ends_early(registry: Registry) -> None:
    assert find(make_document("Shares rise", "Profit doubled, war or no war."), registry) == ()


@given(st.text(max_size=80), st.sampled_from(["en", "ar", "he", "zh", "xx", ""]))
def test_every_hit_lies_in_one_field_and_leads_back_to_it(registry: Registry, text: str, language: str) -> None:
    document = make_document("Gaza " + text.replace("\n", " "), "Kyiv " + text, language)
    for start, end, _ in find(document, registry):
        span = document.span(*document.folded.source(start, end))
        assert {"title": document.title, "text": document.text}[span.field][span.start : span.end] == span.text
        assert span.text


def test_of_a_text_longer_than_any_article_the_beginning_is_read(registry: Registry) -> None:
    filler = "a word of nothing " * 4000
    assert find(make_document("", f"Hamas. {filler}"), registry)
    assert find(make_document("", f"{filler} Hamas."), registry) == ()
    assert len(find(make_document("", "Hamas and Israel. " * 3000), registry)) <= 2048
