"""The passes that choose among the candidates of each name; each adds one kind of evidence to their scores."""

from itertools import pairwise

import numpy as np

from streams.geo.candidates import Candidates, Reals, best
from streams.geo.hashing import Ints
from streams.geo.kinds import ADMIN1, ADMIN2, CITY, COUNTRY, FIRST_REGION, NameKind
from streams.geo.mentions import Match

ROUNDS = 3
_NEAR, _NEAR_KM = 1.5, 60.0
_LAND, _ADMIN, _LAND_OF_STATE, _LAND_OF_COUNTRY = 0.6, 1.2, 0.8, 0.4
_KINDS, _ALTERNATES = np.full(32, 2.0), np.zeros(32)  # by kind of place; 2.0 is that of regions
_KINDS[[CITY, ADMIN2, ADMIN1, COUNTRY]] = 0.5, 0.0, 2.0, 3.0
_ALTERNATES[[CITY, ADMIN2, ADMIN1, COUNTRY]] = -1.5, -1.5, -2.0, -3.0
_OF_LAND, _OF_STATE = np.full(32, _LAND_OF_STATE), np.zeros(32)
_OF_LAND[[CITY, ADMIN2]], _OF_LAND[COUNTRY] = _LAND, _LAND_OF_COUNTRY
_OF_STATE[[CITY, ADMIN2]] = _ADMIN
_HAS_POINT = ~np.isin(np.arange(32), (ADMIN1, COUNTRY))
_LARGE = 5.6  # log10 of inhabitants
_STATE, _BARE, _FOREIGN, _DOMAIN, _CAPITAL = 2.2, 1.5, 0.3, 2.0, 1.0
_COMMA, _WITHIN, _MAX_PAIRS = 6.0, 2.0, 16
_COMMAS = frozenset((", ", " (", "، ", "、", "，"))
_INSIDE = frozenset((" in ", ", in ", " en ", " au ", " в ", " у ", " في ", " in der ", " im "))


def prominence(c: Candidates, language: str) -> Reals:
    """Score the candidates alone: inhabitants, kind of place, and whether the name is its main one.

    Alternate names are mostly those of other languages: they count less in an English text. A state gives way to a
    large city of its name ("New York", "Washington").
    """
    alternates = _ALTERNATES if language == "en" else _ALTERNATES * _FOREIGN
    bare = (c.kind == ADMIN2) & (c.form == NameKind.SHORT)
    strongest = NameKind.SHORT if language == "en" else NameKind.INFLECTED
    large = (c.kind == CITY) & (c.size >= _LARGE) & (c.form <= strongest)
    namesake = np.bincount(c.owner[large], minlength=len(c.names)) > 0
    state = (c.kind == ADMIN1) & namesake[c.owner]
    foreign = alternates[c.kind] * (c.form == NameKind.ALTERNATE)
    scores: Reals = (
        np.maximum(c.size, 2.0) + _KINDS[c.kind] + foreign - _STATE * state - _BARE * bare + _CAPITAL * c.capital
    )
    return scores


def pairs(found: list[Match], body: str, c: Candidates) -> list[tuple[int, int, bool]]:
    """Return the pairs of names that stand as "Paris, Texas" or (True) as "Paris in Texas"."""
    number = {name: n for n, name in enumerate(c.names)}
    seen: dict[tuple[int, int, bool], None] = {}
    for inner, outer in pairwise(found):
        gap = body[inner.end : outer.start]
        if gap in _COMMAS or gap in _INSIDE:
            seen[number[inner.name], number[outer.name], gap in _INSIDE] = None
    return list(seen)[:_MAX_PAIRS]


def containment(c: Candidates, found: list[tuple[int, int, bool]]) -> Reals:
    """Score candidates that lie inside a candidate of the next name, and the states and countries around them."""
    scores = np.zeros(len(c.place))
    for inner, outer, loose in found:
        x, y = slice(c.first[inner], c.first[inner + 1]), slice(c.first[outer], c.first[outer + 1])
        kind = c.kind[y]
        inside = (
            ((kind == COUNTRY) | (kind >= FIRST_REGION))
            & (c.country[x, None] == c.country[y])
            & (c.kind[x, None] != COUNTRY)
            | (kind == ADMIN1) & (c.admin1[x, None] == c.admin1[y]) & (c.kind[x, None] < ADMIN1)
            | (kind == ADMIN2) & (c.admin2[x, None] == c.admin2[y]) & (c.kind[x, None] == CITY) & (c.admin2[y] > 0)
        ) & (c.country[y] > 0)
        reward = _WITHIN if loose else _COMMA
        scores[x] = np.maximum(scores[x], reward * inside.any(axis=1))
        scores[y] = np.maximum(scores[y], reward / 2 * inside.any(axis=0))
    return scores


def source(c: Candidates, countries: tuple[str, ...], domain: str | None) -> Reals:
    """Score candidates in the country of the source's domain."""
    ending = (domain or "").rsplit(".", 1)[-1].upper()
    code = {"UK": "GB"}.get(ending, ending)
    if code not in countries or not code:
        return np.zeros(len(c.place))
    scores: Reals = _DOMAIN * (c.country == countries.index(code))
    return scores


def _support(values: Ints, chosen: Ints, weight: Reals, c: Candidates, most: float) -> Reals:
    """Return log2(1 + weight of the other names whose choice shares a value with the candidate), `most` at most."""
    own = values[chosen]
    total = np.bincount(own, weight, minlength=int(values.max()) + 1)
    total[0] = 0
    shared = total[values] - ((values == own[c.owner]) & (values > 0)) * weight[c.owner]
    support: Reals = np.log2(1 + np.minimum(most, shared))
    return support


def shared_country(c: Candidates, chosen: Ints) -> Reals:
    """Score candidates by how many other names are taken to lie in their country or state."""
    kind = c.kind[chosen]
    lands = _support(c.country, chosen, 1.0 + (kind == COUNTRY), c, 15)
    states = _support(c.admin1, chosen, 1.0 + (kind == ADMIN1), c, 7)
    scores: Reals = _OF_LAND[c.kind] * lands + _OF_STATE[c.kind] * states
    return scores


def near(c: Candidates, chosen: Ints) -> Reals:
    """Score cities, counties and regions by the other cities and counties close by (e-folding at 60 km)."""
    scores = np.zeros(len(c.place))
    spots = (c.kind[chosen] <= ADMIN2).nonzero()[0]
    if len(spots) < 2:
        return scores
    low = _HAS_POINT[c.kind].nonzero()[0]
    lat, lon, point = c.lat[low], c.lon[low], chosen[spots]
    north = lat[:, None] - c.lat[point]
    east = (lon[:, None] - c.lon[point]) * np.cos(np.radians(lat))[:, None]
    closeness = np.exp(np.sqrt(north * north + east * east) * (-111.2 / _NEAR_KM))
    closeness[c.owner[low][:, None] == spots] = 0
    scores[low] = _NEAR * np.minimum(2.0, closeness.sum(axis=1))
    return scores


CONTEXT = (shared_country, near)


def settle(c: Candidates, base: Reals) -> tuple[Ints, Reals]:
    """Choose a candidate for every name; the context comes from the choices of the round before."""
    chosen, scores = best(base, c), base
    if len(c.names) == 1:
        return chosen, scores
    for _ in range(ROUNDS):
        scores = base + sum(score(c, chosen) for score in CONTEXT)
        again = best(scores, c)
        if np.array_equal(again, chosen):
            break
        chosen = again
    return chosen, scores
