from collections.abc import Callable

import pytest

from streams import geo

Resolve = Callable[..., geo.Geography]


def surfaces(geography: geo.Geography) -> set[str]:
    return {span.text for place in geography.places for span in place.mentions}


@pytest.mark.parametrize(
    ("language", "text", "surface"),
    [
        ("fr", "Des frappes ont visé la bande de Gaza dans la nuit.", "bande de Gaza"),
        ("en", "Air strikes hit the Kharkiv region overnight.", "Kharkiv region"),
        ("ru", "Удары пришлись по домам в Хан-Юнисе ночью.", "Хан-Юнисе"),
        ("uk", "Вночі обстріляли околиці Куп'янська та сусідні села.", "Куп'янська"),
    ],
)
def test_one_capital_is_enough_for_a_name_of_several_words(
    resolve: Resolve, language: str, text: str, surface: str
) -> None:
    assert surface in surfaces(resolve(text, language))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "La reunión terminó sin acuerdo entre las partes."),
        ("fr", "L'est du pays reste calme, dit-on."),
    ],
)
def test_an_article_with_a_capital_makes_no_name(resolve: Resolve, language: str, text: str) -> None:
    assert surfaces(resolve(text, language)) == set()


def test_more_names_than_usual_are_all_found(resolve: Resolve) -> None:
    towns = [
        "Kyiv",
        "Lviv",
        "Odesa",
        "Paris",
        "Berlin",
        "Madrid",
        "Rome",
        "Vienna",
        "Prague",
        "Warsaw",
        "Oslo",
        "Athens",
    ]
    text = " ".join(f"Talks went on in {town} today." for _ in range(12) for town in towns)
    assert sum(len(place.mentions) for place in resolve(text).places) == 12 * len(towns)


def test_a_text_of_nothing_but_names_of_one_sign_each_is_read_to_the_end(resolve: Resolve) -> None:
    assert resolve("中" * 40_000, "zh").places == ()


def test_money_is_no_place(resolve: Resolve) -> None:
    assert surfaces(resolve("The fine is 200 dinars (about US$140) for each of them.")) == set()


def test_a_region_of_a_war_is_known_without_further_clues(resolve: Resolve) -> None:
    assert surfaces(resolve("Aid groups spoke of a blockade on Gaza and of hunger.")) == {"Gaza"}


def test_a_word_in_a_text_of_capitals_is_no_state(resolve: Resolve) -> None:
    assert "IN" not in surfaces(resolve("THE PRESIDENT SAID IN SAN SALVADOR, IN A SPEECH, THAT TALKS GO ON."))
    assert "IN" in surfaces(resolve("Two trains collided near Gary, IN, on Sunday."))


def test_a_footballer_is_no_hamlet_of_another_country(resolve: Resolve) -> None:
    assert surfaces(resolve("Haaland alifunga mabao mawili katika mechi ya Jumapili.", "sw")) == set()


def test_of_a_list_of_all_places_the_first_names_are_read(resolve: Resolve, gazetteer: geo.Gazetteer) -> None:
    names = [gazetteer.described(number).place.name for number in range(3000)]
    found = resolve("\n".join(names))
    assert 200 <= len({place.name for place in found.places}) <= 512
    assert names[0] in surfaces(found)


@pytest.mark.parametrize("text", ["泰国与柬埔寨军队二十四日上午在边境发生交火。", "军方称当天发动二十三次空袭。"])
def test_dates_and_counts_in_a_script_without_spaces_are_no_towns(resolve: Resolve, text: str) -> None:
    assert {place.country for place in resolve(text, "zh").places} <= {"TH", "KH"}


def test_a_town_whose_name_begins_like_a_date_stays_one(resolve: Resolve) -> None:
    assert [place.name for place in resolve("四日市で火災があった。", "ja").places] == ["Yokkaichi"]
