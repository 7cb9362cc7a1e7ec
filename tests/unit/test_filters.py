"""Filters: what passes, what never passes, and errors that name the key and what is allowed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from streams import filters
from streams.errors import ConfigError
from streams.filters import Filter, FilterError, parse
from streams.messages import ConflictMatch, CountryScore, Event, Origin, Place, Provenance, Source

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EL_FASHER = Place("El Fasher", "city", 379555, None, "SD", "SD-DN", 13.6279, 25.3494, "exact", 6.0, "focus", 1.0, ())
CAIRO = Place("Cairo", "city", 360630, None, "EG", "EG-C", 30.0626, 31.2497, "exact", 20.0, "mention", 0.5, ())
EVENT = Event(
    id="e", item_id="i", story_id="s", status="new", duplicate=None, revision=1,
    title="Drones hit a market", text="Nine people died in El Fasher.\nMédecins accused the army.", url=None,
    source=Source("Example Wire", "news.wire.example"), language="en", published_at=None, received_at=NOW,
    emitted_at=NOW,
    conflicts=(ConflictMatch("sudan", "Sudan war", 309, None, 0.9, ()),
               ConflictMatch("darfur", "Darfur", 99, None, 0.3, ())),
    places=(EL_FASHER, CAIRO), countries=(CountryScore("SD", 0.8), CountryScore("EG", 0.15), CountryScore("TD", 0.05)),
    provenance=Provenance("1", "1", "1", Origin("news.raw", 0, 0)),
)  # fmt: skip
CONFLICTS = {"sudan", "309", "darfur", "99", "syria", "299"}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"conflict": "sudan"},
        {"conflict": "Sudan"},
        {"conflict": "309"},
        {"conflict": 309},
        {"conflict": "any"},
        {"conflict": "syria,darfur"},
        {"conflict": ["syria", "sudan"], "min_score": "0.9"},
        {"min_score": 0.5},
        {"country": "sd"},
        {"place": "13.6,25.3", "radius": "10"},
        {"place": [13.6, 25.3], "radius": 10},
        {"language": "en,fr"},
        {"source": "wire.example"},
        {"source": "news.wire.example"},
        {"source": "example WIRE"},
        {"status": "new,revision"},
        {"q": "drone"},
        {"q": "Drones fasher"},
        {"q": "medecins"},
        {"q": ["el", "FÀSHER"]},
        {"country": "SD", "conflict": "sudan", "language": "en", "q": "market", "status": "new"},
    ],
)
def test_an_event_passes_filters_that_hold(query: dict[str, Any]) -> None:
    assert parse(query, CONFLICTS).accepts(EVENT)


@pytest.mark.parametrize(
    "query",
    [
        {"conflict": "syria"},
        {"conflict": "darfur", "min_score": "0.5"},
        {"min_score": 0.95},
        {"country": "EG"},
        {"country": "TD"},
        {"country": "PL"},
        {"place": "30.06,31.25", "radius": "10"},
        {"place": "-13.6,25.3", "radius": "500"},
        {"language": "fr"},
        {"source": "ire.example"},
        {"source": "example"},
        {"source": "wire"},
        {"status": "revision"},
        {"q": "rones"},
        {"q": "drones khartoum"},
        {"country": "SD", "language": "fr"},
    ],
)
def test_an_event_does_not_pass_a_filter_that_fails(query: dict[str, Any]) -> None:
    assert not parse(query, CONFLICTS).accepts(EVENT)


@pytest.mark.parametrize(
    ("query", "key", "says"),
    [
        ({"contry": "SD"}, "contry", "allowed: conflict, country, place"),
        ({"conflict": "sudann"}, "conflict", "did you mean sudan"),
        ({"conflict": "sudan,narnia"}, "conflict", "allowed: any, darfur, sudan, syria, 99, 299, 309"),
        ({"conflict": ""}, "conflict", "a value is missing"),
        ({"country": "Poland"}, "country", "allowed: AD, AE"),
        ({"country": "SD,"}, "country", "a value is missing"),
        ({"country": []}, "country", "a value is missing"),
        ({"country": ["SD"] * 51}, "country", "at most 50"),
        ({"country": True}, "country", "a text, a number or a list"),
        ({"country": {"SD": 1}}, "country", "a text, a number or a list"),
        ({"language": "english"}, "language", "allowed: aa"),
        ({"language": "eng"}, "language", " words are allowed"),
        ({"status": "old"}, "status", "allowed: duplicate, new, revision"),
        ({"source": "x" * 201}, "source", "at most 200"),
        ({"min_score": "2"}, "min_score", "a number from 0 to 1"),
        ({"min_score": "nan"}, "min_score", "a number from 0 to 1"),
        ({"min_score": "0.1,0.2"}, "min_score", "a number from 0 to 1"),
        ({"place": "13.6,25.3"}, "radius", "place needs radius"),
        ({"radius": "10"}, "place", "radius needs place"),
        ({"place": "13.6", "radius": 10}, "place", "latitude,longitude"),
        ({"place": "91,0", "radius": 10}, "place", "from -90 to 90"),
        ({"place": "0,181", "radius": 10}, "place", "from -180 to 180"),
        ({"place": "El Fasher,Sudan", "radius": 10}, "place", "from -90 to 90"),
        ({"place": "0,0", "radius": "0"}, "radius", "from 0.001 to 5000"),
        ({"place": "0,0", "radius": "inf"}, "radius", "from 0.001 to 5000"),
        ({"q": "…!"}, "q", "allowed: words"),
        ({"q": "x" * 201}, "q", "at most 200"),
    ],
)
def test_a_wrong_filter_is_an_error_that_says_what_is_allowed(query: dict[str, Any], key: str, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(query, CONFLICTS)
    assert isinstance(caught.value, ConfigError)
    assert caught.value.key == key
    assert says in str(caught.value)
    assert key != "language" or {"en", "uk"} <= set(caught.value.allowed)


def test_a_place_must_be_known_as_exactly_as_the_circle_asks() -> None:
    region = replace(EL_FASHER, precision="admin1", radius_km=300.0)
    country = replace(EL_FASHER, precision="country", radius_km=100.0)
    near, far = parse({"place": "13.6,25.3", "radius": 50}), parse({"place": "13.6,25.3", "radius": 400})
    assert (near.accepts(replace(EVENT, places=(region,))), far.accepts(replace(EVENT, places=(region,)))) == (
        False,
        True,
    )
    assert not far.accepts(replace(EVENT, places=(country,)))


def test_a_circle_reaches_over_the_antimeridian() -> None:
    suva = replace(EL_FASHER, lat=-16.5, lon=179.9)
    assert parse({"place": "-16.5,-179.9", "radius": 30}).accepts(replace(EVENT, places=(suva,)))


@pytest.mark.parametrize(
    ("q", "text"), [("الفاشر", "قصف والفاشر محاصرة"), ("战争", "俄乌战争持续"), ("херсон", "У Херсоні")]
)
def test_words_are_found_in_every_script(q: str, text: str) -> None:
    assert parse({"q": q}).accepts(replace(EVENT, title=text))


def test_without_a_list_of_conflicts_any_word_is_one() -> None:
    assert parse({"conflict": "narnia"}) == Filter(conflict=frozenset({"narnia"}))


WORDS = some.text('aE0.,-"战 \u202e', max_size=9)


@given(some.dictionaries(some.sampled_from([*filters.KEYS, "x"]), WORDS | some.floats() | some.lists(WORDS)))
def test_whatever_is_given_is_a_filter_or_an_error(query: dict[str, Any]) -> None:
    try:
        made = parse(query, CONFLICTS)
    except FilterError:
        return
    assert (made == Filter()) == all(key == "min_score" and not float(value) for key, value in query.items())


@given(some.floats(-90, 90), some.floats(-180, 180), some.floats(-90, 90), some.floats(-180, 180))
def test_a_distance_is_the_same_both_ways(lat: float, lon: float, other_lat: float, other_lon: float) -> None:
    there, back = (
        filters.distance_km(lat, lon, other_lat, other_lon),
        filters.distance_km(other_lat, other_lon, lat, lon),
    )
    assert there == pytest.approx(back)
    assert 0 <= there <= 20016


def test_khartoum_is_800_km_from_el_fasher() -> None:
    assert filters.distance_km(13.6279, 25.3494, 15.5518, 32.5324) == pytest.approx(802, abs=5)
