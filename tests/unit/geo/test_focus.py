"""Which place is the scene: against governments, datelines, firms and wider areas."""

from collections.abc import Callable

from streams import geo
from streams.messages import Place

Resolve = Callable[..., geo.Geography]


def focus(found: geo.Geography) -> list[str]:
    return [place.name for place in found.places if place.role == "focus"]


def named(found: geo.Geography, name: str) -> Place:
    return next(place for place in found.places if place.name == name)


def test_the_country_of_the_scene_leads_the_one_that_struck(resolve: Resolve) -> None:
    found = resolve(
        "A missile fired from Iran struck a refinery in Haifa at night and killed three workers. Iran announced more.",
        title="Iranian missile hits refinery in Haifa",
    )
    assert [country.code for country in found.countries[:2]] == ["IL", "IR"]


def test_a_bare_name_is_the_town_and_a_region_the_region(resolve: Resolve) -> None:
    town = resolve("Artillery shelled the centre of Kherson in Ukraine.", title="Shells fall on Kherson")
    region = resolve("Shells hit three villages of Kherson region in Ukraine.", title="Kherson region shelled")
    assert named(town, "Kherson").kind == "city"
    assert named(region, "Kherson Oblast").kind == "admin1"


def test_a_club_named_after_a_town_is_no_scene(resolve: Resolve) -> None:
    found = resolve("Goma FC lost a friendly match in Dar es Salaam in Tanzania on Sunday.", title="Goma FC lose again")
    assert focus(found) == ["Dar es Salaam"]
    assert found.countries[0].code == "TZ"


def test_a_region_in_the_title_is_narrowed_down_to_its_town(resolve: Resolve) -> None:
    found = resolve(
        "Kachin State saw air strikes: jets bombed Bhamo and killed eight.", title="Air strikes in Kachin State"
    )
    assert set(focus(found)) == {"Kachin State", "Bhamo"}


def test_a_town_outside_of_the_region_does_not_narrow_it(resolve: Resolve) -> None:
    found = resolve(
        "Gunmen killed twelve soldiers in Tillabéri Region. Niamey declared three days of mourning.",
        title="Ambush in Tillabéri Region",
    )
    assert "Niamey" not in focus(found)


def test_a_capital_shares_its_name_with_another_country(resolve: Resolve) -> None:
    beside = resolve("افتتح في عمان مستشفى جديد للأطفال.", "ar", title="الأردن")
    alone = resolve("افتتح في عمان مستشفى جديد للأطفال.", "ar", title="عمان")
    assert "Amman" in [place.name for place in beside.places]
    assert [country.code for country in alone.countries] == ["OM"]
