"""The passes that choose among the candidates of each name; each adds one kind of evidence to their scores."""

import numpy as np

from streams.geo.candidates import Candidates, Reals, best
from streams.geo.hashing import Ints
from streams.geo.kinds import ADMIN1, ADMIN2, CITY, COUNTRY, FIRST_REGION, NameKind

ROUNDS = 3
_KIND = {CITY: 0.5, ADMIN2: 0.0, ADMIN1: 2.0, COUNTRY: 3.0}
_REGION = 2.0
_ALTERNATE = {CITY: -1.5, ADMIN2: -1.5, ADMIN1: -2.0}
_NEAR_KM = 60.0


def prominence(c: Candidates) -> Reals:
    """Score the candidates alone: inhabitants, kind of place, and whether the name is its main one."""
    kinds = np.full(32, _REGION)
    alternates = np.zeros(32)
    for kind, value in _KIND.items():
        kinds[kind] = value
    for kind, value in _ALTERNATE.items():
        alternates[kind] = value
    return np.maximum(c.size, 2.0) + kinds[c.kind] + alternates[c.kind] * (c.form == NameKind.ALTERNATE)


def shared_country(c: Candidates, chosen: Ints) -> Reals:
    """Score candidates by how many other names are taken to lie in their country or state."""
    weight = 1 + (c.kind[chosen] == COUNTRY)
    land = np.bincount(c.country[chosen], weight, minlength=256)
    own = np.where(c.country[chosen][c.owner] == c.country, weight[c.owner], 0)
    lands = np.log2(1 + np.minimum(15, np.where(c.country > 0, land[c.country] - own, 0)))
    states = 1 + (c.kind[chosen] == ADMIN1)
    admin = np.bincount(c.admin1[chosen], states, minlength=65536)
    own = np.where(c.admin1[chosen][c.owner] == c.admin1, states[c.owner], 0)
    admins = np.log2(1 + np.minimum(7, np.where(c.admin1 > 0, admin[c.admin1] - own, 0)))
    low = (c.kind == CITY) | (c.kind == ADMIN2)
    return np.where(low, 0.33 * lands + 0.75 * admins, np.where(c.kind == ADMIN1, 0.5 * lands, 0.0))


def near(c: Candidates, chosen: Ints) -> Reals:
    """Score cities and counties by the other cities and counties close by (e-folding at 60 km)."""
    spots = np.flatnonzero((c.kind[chosen] == CITY) | (c.kind[chosen] == ADMIN2))
    low = (c.kind == CITY) | (c.kind == ADMIN2)
    if len(spots) < 2:
        return np.zeros(len(c.place))
    lat, lon = c.lat[chosen[spots]], c.lon[chosen[spots]]
    north = c.lat[:, None] - lat
    east = (c.lon[:, None] - lon) * np.cos(np.radians(c.lat))[:, None]
    closeness = np.exp(-np.hypot(north, east) * (111.2 / _NEAR_KM))
    closeness[c.owner[:, None] == spots] = 0
    return np.where(low, 1.5 * np.minimum(2.0, closeness.sum(axis=1)), 0.0)


CONTEXT = (shared_country, near)


def settle(c: Candidates, base: Reals) -> tuple[Ints, Reals]:
    """Choose a candidate for every name; the context comes from the choices of the round before."""
    chosen, scores = best(base, c), base
    for _ in range(ROUNDS):
        scores = base + sum(score(c, chosen) for score in CONTEXT)
        again = best(scores, c)
        if np.array_equal(again, chosen):
            break
        chosen = again
    return chosen, scores


__all__ = ["CONTEXT", "FIRST_REGION", "prominence", "settle"]
