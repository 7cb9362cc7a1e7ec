from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import geo
from streams.document import Document
from streams.messages import Place
from streams.text.fold import fold

Resolve = Callable[..., geo.Geography]


def named(geography: geo.Geography) -> dict[str, Place]:
    return {span.text: place for place in geography.places for span in place.mentions}


def focus(geography: geo.Geography) -> set[str]:
    return {place.name for place in geography.places if place.role == "focus"}


@pytest.mark.parametrize(
    ("text", "surface", "lat", "lon"),
    [
        ("A fire broke out in Paris, Texas, on Sunday.", "Paris", 33.66, -95.56),
        ("The minister arrived in Paris on Sunday.", "Paris", 48.85, 2.35),
        ("Deputies in Macon, Ga., arrested a man.", "Macon", 32.84, -83.63),
        ("The plant in Portland, ME, will close.", "Portland", 43.66, -70.26),
        ("Talks were held in London, Ontario, near Hamilton in Canada.", "London", 42.98, -81.23),
    ],
)
def test_namesakes_are_told_apart(resolve: Resolve, text: str, surface: str, lat: float, lon: float) -> None:
    place = named(resolve(text))[surface]
    assert (place.lat, place.lon) == (pytest.approx(lat, abs=0.3), pytest.approx(lon, abs=0.3))


@pytest.mark.parametrize(
    ("language", "text", "surface", "name", "country"),
    [
        ("ru", "Под Бахмутом погибли пять человек.", "Бахмутом", "Bakhmut", "UA"),
        ("uk", "У Бахмуті тривають бої.", "Бахмуті", "Bakhmut", "UA"),
        ("ru", "Взрывы прогремели в Харькове.", "Харькове", "Kharkiv", "UA"),
        ("ar", "معارك عنيفة في الفاشر والخرطوم", "الفاشر", "El Fasher", "SD"),
        ("tr", "Gazze'de bir hastane vuruldu.", "Gazze", "Gaza Strip", "PS"),
        ("pl", "Rosyjski atak na Charków, w Bachmucie są zabici.", "Bachmucie", "Bakhmut", "UA"),
        ("zh", "俄罗斯军队空袭乌克兰首都", "乌克兰", "Ukraine", "UA"),
        ("ja", "ロシア軍はキーウを攻撃した。", "キーウ", "Kyiv", "UA"),
        ("ko", "하르키우에서 공격이 있었다", "하르키우에서", "Kharkiv", "UA"),
        ("am", "በትግራይ ክልል መቀሌ ውጊያ ተካሄደ።", "መቀሌ", "Mekelle", "ET"),
    ],
)
def test_inflected_names_are_found(
    resolve: Resolve, language: str, text: str, surface: str, name: str, country: str
) -> None:
    place = named(resolve(text, language))[surface]
    assert (place.name, place.country) == (name, country)


def test_gaza_is_an_area_and_the_scene(resolve: Resolve) -> None:
    geography = resolve(
        "Le ministre américain a appelé Israël à protéger les civils dans la bande de Gaza. "
        "Les bombardements israéliens ont fait vingt morts à Gaza, selon les secours palestiniens.",
        "fr",
        "Washington presse Israël au sujet de Gaza",
    )
    first = geography.places[0]
    assert (first.name, first.country, first.precision, first.role) == ("Gaza Strip", "PS", "area", "focus")
    assert {country.code for country in geography.countries[:2]} == {"PS", "IL"}


def test_datelines_and_speaking_capitals_are_not_the_scene(resolve: Resolve) -> None:
    geography = resolve(
        "CAIRO (AFP) - Fighters shelled El Fasher on Monday, killing twenty people. Moscow said it was concerned.",
        title="Twenty killed in El Fasher",
    )
    assert focus(geography) == {"El Fasher"}
    assert geography.countries[0].code == "SD"


def test_a_house_of_government_is_no_place_but_speaks_for_a_country(resolve: Resolve) -> None:
    geography = resolve("The Kremlin said on Monday that talks would go on.")
    assert "Kremlin" not in named(geography)
    assert [country.code for country in geography.countries] == ["RU"]


def test_a_house_of_government_is_known_without_its_article(resolve: Resolve) -> None:
    geography = resolve("The bill needs changes, an official said.", title="WHITE HOUSE SAYS TRADE BILL GOOD")
    assert geography.places == ()
    assert [country.code for country in geography.countries] == ["US"]


def test_a_country_has_a_point_of_its_own(resolve: Resolve) -> None:
    sudan = named(resolve("The war in Sudan goes on."))["Sudan"]
    assert (sudan.kind, sudan.precision, sudan.country) == ("country", "country", "SD")
    assert sudan.radius_km is not None
    assert sudan.radius_km > 500
    khartoum = (15.55, 32.53)
    assert abs(sudan.lat - khartoum[0]) + abs(sudan.lon - khartoum[1]) > 1


@pytest.mark.parametrize(
    "text",
    [
        "He met her on Thursday in the office of the council.",
        "The police said that the man was a father of two.",
        "Mr. Lincoln and Mrs. Jackson declined to comment.",
    ],
)
def test_other_words_are_no_places(resolve: Resolve, text: str) -> None:
    assert named(resolve(text)) == {}


def test_an_item_that_names_no_country_may_have_an_institution(resolve: Resolve) -> None:
    geography = resolve("צהל הודיע כי האירוע נמשך", "he")
    assert [(country.code, country.score < 0.5) for country in geography.countries] == [("IL", True)]


def test_an_agency_in_the_lead_counts_beside_places_and_those_who_fight_abroad_do_not(resolve: Resolve) -> None:
    lead = resolve("The FBI arrested two men, the agency said.", title="Two held over parts shipped to Turkey")
    late = resolve("Two men were arrested over parts that were shipped. " * 9 + "The FBI helped. Turkey is far.")
    army = resolve("The IDF struck Beirut at night.")
    assert {country.code for country in lead.countries} == {"US", "TR"}
    assert [country.code for country in late.countries] == ["TR"]
    assert [country.code for country in army.countries] == ["LB"]


def test_currencies_and_share_codes_in_the_lead_count_for_their_country(resolve: Resolve) -> None:
    coin = resolve("The company raised 100 million rubles from banks in Paris.")
    share = resolve("Profit at Volkswagen (VOWG_p.DE) rose on sales in Mexico, it said. The dollar fell.")
    assert [country.code for country in coin.countries] == ["RU", "FR"]
    assert [country.code for country in share.countries] == ["DE", "MX"]


def test_what_is_told_late_must_weigh_more(resolve: Resolve) -> None:
    late = resolve(f"Rebels shelled a town in Yemen. {'Nobody was hurt there. ' * 12} Denmark had sent tents.")
    title = resolve("Shells fell on a town in Yemen.", title="Denmark sends tents")
    assert [country.code for country in late.countries] == ["YE"]
    assert {country.code for country in title.countries} == {"YE", "DK"}


def test_small_towns_vouch_for_their_country_and_parts_of_names_hardly(resolve: Resolve) -> None:
    halls = resolve("A play from the Arcola Theatre moves to the Hampstead Theatre. Critics in London liked it.")
    assert halls.countries[0].code == "GB"


def test_nothing_gives_nothing(resolve: Resolve) -> None:
    assert resolve("") == geo.Geography((), ())


PIECES = st.sampled_from(
    [
        "Kyiv",
        "Paris, Texas",
        " in ",
        "GAZA",
        "غزة",
        "加沙地带",
        "Бахмутом",
        "U.S.",
        "\n",
        ", ",
        "הַגָּלִיל",
        "é",
        "\u200d",
        "١٢",
        "St. Louis",
    ]
)


@settings(max_examples=80, deadline=None)
@given(title=st.lists(PIECES, max_size=4).map(" ".join), text=st.lists(PIECES, max_size=14).map("".join))
def test_mentions_are_what_stands_at_their_offsets(title: str, text: str) -> None:
    gazetteer = geo.load()
    body = f"{title}\n{text}"
    document = Document(title, text, body, fold(body), "en")
    geography = geo.resolve(document, gazetteer)
    for place in geography.places:
        for span in place.mentions:
            assert {"title": title, "text": text}[span.field][span.start : span.end] == span.text
            assert span.text
    assert sum(country.score for country in geography.countries) <= 1
    assert geo.resolve(document, gazetteer) == geography


def test_a_long_text_is_bounded(resolve: Resolve) -> None:
    geography = resolve("The war in Sudan goes on near Khartoum. " * 5000)
    assert {place.country for place in geography.places} == {"SD"}
