"""What the gazetteer says of a place, remembered as it is asked for: news names the same places all day."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from numpy.typing import NDArray

from streams.geo.kinds import ADMIN1, ADMIN2, CITY, COUNTRY, KINDS, PRECISIONS
from streams.messages import Place, Precision

_REMEMBERED = 1 << 15
# Radius of a town: 7,000 inhabitants to the square kilometre at its heart, twice that area for its outskirts; those of
# divisions are medians of their kind.
_CITY_KM, _ADMIN2_KM, _ADMIN1_KM = 0.012, 30.0, 120.0
_OF_KIND: dict[int, Precision] = {CITY: "exact", ADMIN2: "admin2", ADMIN1: "admin1", COUNTRY: "country"}


class Known(msgspec.Struct, frozen=True, gc=False):
    """A place: numbers of its kind and country, log10 of its inhabitants, and all of it but how an item names it."""

    kind: int
    country: int
    size: float
    place: Place


Described = Callable[[int], Known]


def describer(arrays: Mapping[str, NDArray[Any]], strings: Mapping[str, tuple[str, ...]]) -> Described:
    """Return what describes the place with a number."""

    @lru_cache(_REMEMBERED)
    def described(number: int) -> Known:
        kind, country = int(arrays["kind"][number]), int(arrays["country"][number])
        size = float(arrays["size"][number]) / 25.0
        ends, wikidata = arrays["name_ends"], strings["wikidata"]
        stated = number < len(arrays["radius"])
        precision, radius = _stated(arrays, number, kind) if stated else _precision(kind, size)
        place = Place(
            name=arrays["name_blob"][ends[number] : ends[number + 1]].tobytes().decode(),
            kind=KINDS[kind],
            geonames_id=int(arrays["geonames_id"][number]) or None,
            wikidata=wikidata[number] or None if number < len(wikidata) else None,
            country=strings["countries"][country] or None,
            admin1=_subdivision(strings["admin1_iso"][arrays["admin1"][number]], strings["countries"][country]),
            lat=round(float(arrays["lat"][number]), 4),
            lon=round(float(arrays["lon"][number]), 4),
            precision=precision,
            radius_km=radius,
            role="mention",
            score=0.0,
            mentions=(),
        )
        return Known(kind, country, size, place)

    return described


def _subdivision(code: str, country: str) -> str | None:
    """Return an ISO 3166-2 code if it is one of the country's."""
    return code if country and code.startswith(f"{country}-") else None


def _stated(arrays: Mapping[str, NDArray[Any]], number: int, kind: int) -> tuple[Precision, float]:
    """Return how exact the point is, and how far off the event may be (km), as the gazetteer states it."""
    precision = PRECISIONS[int(arrays["precision"][number])]
    return precision or _OF_KIND.get(kind, "area"), round(float(arrays["radius"][number]), 1)


def _precision(kind: int, size: float) -> tuple[Precision, float]:
    """Return the same by kind and inhabitants."""
    if kind == CITY:
        return "exact", round(max(1.0, _CITY_KM * 10 ** (size / 2)), 1)
    return ("admin2", _ADMIN2_KM) if kind == ADMIN2 else ("admin1", _ADMIN1_KM)
