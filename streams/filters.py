"""Which events somebody wants: one set of filters for feeds, alerts and the terminal, that never lets more through.

A filter that cannot be understood is an error, never no filter.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, get_args

from streams.errors import ConfigError
from streams.messages import Event, Place, Status
from streams.text.fold import fold, fold_name

KEYS: Final = ("conflict", "country", "place", "radius", "language", "source", "status", "min_score", "q")
STATUSES: Final = frozenset(get_args(Status))
ANY: Final = "any"
MAX_VALUES, MAX_TEXT, MAX_RADIUS = 50, 200, 5000.0

# ISO 3166-1 alpha-2, and XK as GeoNames and the European Union use it.
COUNTRIES: Final = frozenset(
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
    JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW""".split()  # noqa: SIM905
)
# ISO 639-1, the ISO 639-3 codes that detection gives besides, and `und` for texts too short to tell.
LANGUAGES: Final = frozenset(
    """aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv
    ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mai mg mh mi mk ml mn mr ms mt my na nb nd
    ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sah sc sd se sg si sk sl sm sn so sq sr
    ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk und ur uz ve vi vo wa wo xh yi yo za zh zu""".split()  # noqa: SIM905
)

_LISTED: Final = 50  # so many allowed words are listed even when a guess is at hand
_EARTH_KM: Final = 6371.0  # mean radius
_POINTS: Final = ("exact", "near")
_WITHOUT_POINT: Final = ("country", "international", "unknown")  # their coordinates, if any, are a middle
_ABOUT: Final = 0.2  # countries an item only names in passing share what is left below
_BEFORE_PREFIXES: Final = 0x590  # from Hebrew on, scripts put prefixes before a word or write no spaces


class FilterError(ConfigError):
    """A filter that is none: which one, and what it may be (all of it, or by example)."""

    def __init__(self, key: str, message: str, allowed: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.key = key
        self.allowed = tuple(allowed)


@dataclass(frozen=True, slots=True)
class Circle:
    """A centre in WGS 84 degrees and a radius in kilometres."""

    lat: float
    lon: float
    radius_km: float

    def holds(self, place: Place) -> bool:
        """Return whether a place is known to lie inside: its point does, and it is no area larger than the circle."""
        if place.lat is None or place.lon is None:
            return False
        if place.precision in _WITHOUT_POINT:
            return False
        small = place.precision in _POINTS or (place.radius_km is not None and place.radius_km <= self.radius_km)
        return small and distance_km(self.lat, self.lon, place.lat, place.lon) <= self.radius_km


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events to let through: every filter that is set must hold, each by any of its values.

    `conflict`: slugs, UCDP ids, or `any`, with a score of at least `min_score`. `country`: of a focus, or one the event
    is about. `place`: of a focus. `source`: a name, or a domain with those under it. `q`: folded words, all of them.
    """

    conflict: frozenset[str] = frozenset()
    country: frozenset[str] = frozenset()
    place: Circle | None = None
    language: frozenset[str] = frozenset()
    source: frozenset[str] = frozenset()
    status: frozenset[str] = frozenset()
    min_score: float = 0.0
    q: tuple[str, ...] = ()

    def accepts(self, event: Event) -> bool:
        """Return whether the event passes every filter."""
        return (
            (not self.status or event.status in self.status)
            and (not self.language or event.language in self.language)
            and (not (self.conflict or self.min_score) or self._conflict(event))
            and (not self.country or bool(self.country & _countries(event)))
            and (not self.source or self._source(event))
            and (self.place is None or any(self.place.holds(place) for place in event.places if place.role == "focus"))
            and (not self.q or self._words(event))
        )

    def _conflict(self, event: Event) -> bool:
        matches = [match for match in event.conflicts if match.score >= self.min_score]
        if not self.conflict or ANY in self.conflict:
            return bool(matches)
        return any(match.id in self.conflict or str(match.ucdp_conflict_id) in self.conflict for match in matches)

    def _source(self, event: Event) -> bool:
        name, domain = (event.source.name or "").casefold(), (event.source.domain or "").casefold()
        labels = domain.split(".")
        return name in self.source or any(".".join(labels[at:]) in self.source for at in range(len(labels) - 1))

    def _words(self, event: Event) -> bool:
        text = _searchable(event.title, event.text)
        return all((f" {word}" if ord(word[0]) < _BEFORE_PREFIXES else word) in text for word in self.q)


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the great-circle distance of two points in degrees (haversine formula)."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _countries(event: Event) -> set[str | None]:
    focus = {place.country for place in event.places if place.role == "focus"}
    return focus | {country.code for country in event.countries if country.score >= _ABOUT}


@lru_cache(maxsize=64)
def _searchable(title: str, text: str) -> str:
    """Return the words of an event in one line, a space before each; the same few events meet many filters."""
    return f" {fold_name(title)} {' '.join(fold(text).text.split())}"


def parse(
    given: Mapping[str, Any], conflicts: Collection[str] | None = None, statuses: Collection[str] = STATUSES
) -> Filter:
    """Read filters from a query or a table; FilterError (a ConfigError) names the key and what is allowed.

    A value is a text, a number, or a list of them; texts hold several values between commas, but for `source` and `q`.
    `place` is a latitude and a longitude in degrees and needs `radius` in kilometres. `conflicts` are the slugs and
    UCDP ids there are; without them any word is taken for one. `statuses` are those that can come.
    """
    for key in given:
        if key not in KEYS:
            raise FilterError(key, f"{key}: no such filter; allowed: {', '.join(KEYS)}", KEYS)
    lists: dict[str, tuple[Collection[str] | None, Callable[[str], str]]] = {
        "conflict": (None if conflicts is None else {*conflicts, ANY}, str.casefold),
        "country": (COUNTRIES, str.upper),
        "language": (LANGUAGES, str.casefold),
        "source": (None, str.casefold),
        "status": (statuses, str.casefold),
    }
    return Filter(
        **{key: _choice(key, given[key], *rule) for key, rule in lists.items() if key in given},
        place=_circle(given) if "place" in given or "radius" in given else None,
        min_score=_number("min_score", given["min_score"], 0, 1) if "min_score" in given else 0.0,
        q=_search(given["q"]) if "q" in given else (),
    )


def _values(key: str, value: Any, split: bool = True) -> list[str]:
    """Return the values of a key as trimmed texts, at least one and none empty."""
    items = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(item, bool) or not isinstance(item, str | int | float) for item in items):
        raise FilterError(key, f"{key}: a text, a number or a list of them is needed, not {value!r}")
    words = [word.strip() for item in items for word in (str(item).split(",") if split else [str(item)])]
    if not words or not all(words):
        raise FilterError(key, f"{key}: a value is missing; leave the filter out for no filter")
    if len(words) > MAX_VALUES:
        raise FilterError(key, f"{key}: {len(words)} values, at most {MAX_VALUES} are allowed")
    return words


def _choice(key: str, value: Any, allowed: Collection[str] | None, spell: Callable[[str], str]) -> frozenset[str]:
    words = [spell(word) for word in _values(key, value, split=key != "source")]
    for word in words:
        if allowed is not None and word not in allowed:
            raise FilterError(key, f"{key}: {word!r} is none; {_hint(word, allowed)}", _ordered(allowed))
        if len(word) > MAX_TEXT:
            raise FilterError(key, f"{key}: at most {MAX_TEXT} characters are allowed")
    return frozenset(words)


def _hint(word: str, allowed: Collection[str]) -> str:
    close = get_close_matches(word, sorted(allowed), 3)
    if close and len(allowed) > _LISTED:
        return f"did you mean {' or '.join(close)}? {len(allowed)} words are allowed"
    return (f"did you mean {' or '.join(close)}? " if close else "") + f"allowed: {', '.join(_ordered(allowed))}"


def _ordered(words: Collection[str]) -> list[str]:
    return sorted(words, key=lambda word: (word.isdigit(), len(word) * word.isdigit(), word))


def _number(key: str, value: Any, low: float, high: float) -> float:
    words = _values(key, value)
    try:
        number = float(words[0])
    except ValueError:
        number = math.nan
    if len(words) != 1 or not low <= number <= high:
        raise FilterError(key, f"{key}: {', '.join(words)!r} is none; allowed: a number from {low:g} to {high:g}")
    return number


def _circle(given: Mapping[str, Any]) -> Circle:
    for key, other in (("place", "radius"), ("radius", "place")):
        if key not in given:
            raise FilterError(key, f"{other} needs {key}; allowed: place=latitude,longitude and radius=kilometres")
    words = _values("place", given["place"])
    if len(words) != 2:
        raise FilterError("place", f"place: {', '.join(words)!r} is none; allowed: latitude,longitude in degrees")
    return Circle(
        lat=_number("place", words[0], -90, 90),
        lon=_number("place", words[1], -180, 180),
        radius_km=_number("radius", given["radius"], 0.001, MAX_RADIUS),
    )


def _search(value: Any) -> tuple[str, ...]:
    text = " ".join(_values("q", value, split=False))
    words = fold_name(text).split()
    if not words or len(text) > MAX_TEXT:
        raise FilterError("q", f"q: {text[:MAX_TEXT]!r} is none; allowed: words, at most {MAX_TEXT} characters")
    return tuple(sorted(set(words)))
