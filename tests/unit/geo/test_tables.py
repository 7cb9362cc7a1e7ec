"""The hand-edited tables: columns, codes, plausible points, and no name that means two things in one language."""

from collections import defaultdict
from pathlib import Path

import pytest

import streams.geo
from streams.text.fold import fold_name

DATA = Path(streams.geo.__file__).parent / "data"
ISO_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
ISO = set(ISO_CODES.split())
UNSETTLED = {"BV", "HM", "TF", "SJ", "UM", "VI", "VG", "MF", "SX", "AQ", "BQ", "GS", "GD"}
PARENTHESES = str.maketrans("", "", "()（）")  # Chinese tells the two Congos apart by them
KINDS = {"region", "area", "sea", "island", "camp", "district", "state", "subregion", "continent"}
WAR_LANGUAGES = {"en", "fr", "es", "ru", "uk", "ar", "he", "fa", "tr", "zh"}


def table(name: str) -> list[dict[str, str]]:
    lines = [line for line in (DATA / name).read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    header = lines[0].split("\t")
    rows = [line.split("\t") for line in lines[1:]]
    assert all(len(row) == len(header) for row in rows)
    return [dict(zip(header, row, strict=True)) for row in rows]


def aliases(row: dict[str, str]) -> dict[str, list[str]]:
    groups = (group.partition(":") for group in row["aliases"].split("|"))
    return {language: forms.split(";") for language, _, forms in groups}


def is_clean(form: str) -> bool:
    return form == form.strip() and bool(fold_name(form)) and not set("()（）*~|\t") & set(form)


REGIONS = table("regions.tsv")
COUNTRIES = table("countries.tsv")
ALIASES = table("aliases.tsv")


def test_regions_have_codes_kinds_and_a_point() -> None:
    for row in REGIONS:
        assert row["kind"] in KINDS, row["key"]
        assert row["precision"] in {"area", "admin1", "international"}, row["key"]
        assert set(filter(None, row["countries"].split(","))) <= ISO, row["key"]
        assert abs(float(row["lat"])) <= 90, row["key"]
        assert abs(float(row["lon"])) <= 180, row["key"]
        assert 0 < float(row["radius_km"]) <= 5000, row["key"]
        assert row["geonames_id"].isdigit() or not row["geonames_id"], row["key"]
        assert row["wikidata"].removeprefix("Q").isdigit() or not row["wikidata"], row["key"]


def test_region_keys_are_sorted_and_single() -> None:
    keys = [row["key"] for row in REGIONS]
    assert keys == sorted(set(keys))


def test_geonames_and_wikidata_ids_name_one_region_each() -> None:
    for column in ("geonames_id", "wikidata"):
        ids = [row[column] for row in REGIONS if row[column]]
        assert len(ids) == len(set(ids)), column


def test_an_alias_names_one_region_in_a_language() -> None:
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in REGIONS:
        for language, forms in aliases(row).items():
            for form in forms:
                owners[language, fold_name(form)].add(row["key"])
    assert {alias: keys for alias, keys in owners.items() if len(keys) > 1} == {}


def test_aliases_are_clean() -> None:
    for row in REGIONS:
        for language, forms in aliases(row).items():
            assert 2 <= len(language) <= 3, row["key"]
            for form in forms:
                assert is_clean(form), (row["key"], form)


@pytest.mark.parametrize(
    ("key", "country", "lat", "lon"),
    [
        ("gaza-strip", "PS", 31.4, 34.4),
        ("west-bank", "PS", 31.9, 35.2),
        ("donbas", "UA", 48.3, 38.0),
        ("crimea", "UA", 45.3, 34.4),
        ("belgorod-oblast", "RU", 50.8, 37.4),
        ("darfur", "SD", 13.5, 24.0),
        ("north-kivu", "CD", -0.8, 29.0),
        ("tigray", "ET", 14.0, 38.5),
        ("rakhine", "MM", 20.0, 93.7),
        ("cabo-delgado", "MZ", -12.5, 39.5),
        ("south-lebanon", "LB", 33.3, 35.4),
        ("idlib-gov", "SY", 35.8, 36.7),
        ("borno", "NG", 11.5, 13.0),
        ("khyber-pakhtunkhwa", "PK", 34.2, 71.8),
        ("nagorno-karabakh", "AZ", 39.8, 46.8),
        ("catatumbo", "CO", 8.6, -72.9),
        ("artibonite", "HT", 19.3, -72.6),
    ],
)
def test_a_conflict_area_lies_where_it_should(key: str, country: str, lat: float, lon: float) -> None:
    row = next(row for row in REGIONS if row["key"] == key)
    assert row["countries"] == country
    assert abs(float(row["lat"]) - lat) < 0.6
    assert abs(float(row["lon"]) - lon) < 0.6


@pytest.mark.parametrize("key", ["gaza-strip", "west-bank", "darfur", "crimea", "middle-east", "red-sea", "golan"])
def test_a_region_of_world_news_has_names_in_the_languages_of_war_news(key: str) -> None:
    row = next(row for row in REGIONS if row["key"] == key)
    assert set(aliases(row)) >= WAR_LANGUAGES - {"es"}


def test_countries_have_codes_types_and_safe_stems() -> None:
    for row in COUNTRIES:
        assert row["code"] in ISO
        assert row["type"] in {"name", "short", "demonym", "capital_phrase", "government"}
        for form in row["forms"].split(";"):
            assert is_clean(form.removesuffix("*").translate(PARENTHESES)), row
            assert not form.endswith("*") or len(form) >= 5, form


def test_every_country_has_a_name_in_every_main_language() -> None:
    named = {(row["code"], row["lang"]) for row in COUNTRIES if row["type"] in {"name", "short"}}
    for language in ("en", "fr", "es", "de", "it", "ru", "uk", "pl", "ar", "he", "fa", "tr", "zh", "ja", "ko"):
        assert {code for code, lang in named if lang == language} >= ISO - UNSETTLED, language


def test_a_form_names_one_country_in_a_language() -> None:
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in COUNTRIES:
        for form in row["forms"].split(";"):
            owners[row["lang"], form].add(row["code"])
    assert {form: codes for form, codes in owners.items() if len(codes) > 1} == {}


def test_spellings_name_one_place_in_a_country_and_language() -> None:
    owners: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in ALIASES:
        assert row["geonames_id"].isdigit(), row
        assert row["country"] in ISO, row
        for form in row["aliases"].split(";"):
            assert is_clean(form), form
            owners[row["country"], row["lang"], fold_name(form)].add(row["geonames_id"])
    assert {form: ids for form, ids in owners.items() if len(ids) > 1} == {}
