"""The places each name of a document may mean, as one set of arrays for all of its names."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streams.geo.gazetteer import Gazetteer
from streams.geo.hashing import Ints
from streams.geo.kinds import PLACE_BITS
from streams.geo.mentions import Match

_MAX_CANDIDATES = 48
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """All candidates of a document, those of one name side by side.

    Name n (`names[n]` is its hash, `count[n]` how often it stands) owns the candidates `[first[n], first[n + 1])`;
    `owner[c]` is the name of candidate c. The other arrays describe the candidate places.
    """

    names: list[int]
    count: Ints
    first: Ints
    owner: Ints
    place: Ints
    form: Ints
    country: Ints
    admin1: Ints
    admin2: Ints
    kind: Ints
    size: Reals
    capital: NDArray[np.bool_]
    lat: Reals
    lon: Reals


def candidates_of(found: list[Match], gazetteer: Gazetteer) -> Candidates:
    """Return the candidates of the distinct names found, in order of first mention."""
    entries: dict[int, tuple[int, int]] = {}
    count: dict[int, int] = {}
    for match in found:
        entries.setdefault(match.name, (match.known.low, min(match.known.high, match.known.low + _MAX_CANDIDATES)))
        count[match.name] = count.get(match.name, 0) + 1
    low, high = np.array(list(entries.values()), np.intp).reshape(-1, 2).T
    first = np.concatenate([[0], np.cumsum(high - low)])
    owner = np.repeat(np.arange(len(low)), high - low)
    payload = gazetteer.entries[np.arange(first[-1]) - first[owner] + low[owner]]
    place = (payload & np.uint64((1 << PLACE_BITS) - 1)).astype(np.intp)
    return Candidates(
        list(entries), np.array(list(count.values()), np.intp), first, owner, place,
        (payload >> np.uint64(PLACE_BITS) & np.uint64(7)).astype(np.intp),
        gazetteer.country[place].astype(np.intp), gazetteer.admin1[place].astype(np.intp),
        gazetteer.admin2[place].astype(np.intp), gazetteer.kind[place].astype(np.intp),
        gazetteer.size[place] / 25.0, gazetteer.is_capital[place],
        gazetteer.lat[place].astype(np.float64), gazetteer.lon[place].astype(np.float64),
    )  # fmt: skip


def best(scores: Reals, candidates: Candidates) -> Ints:
    """Return for each name its candidate with the highest score, the first one (the most prominent) of equals."""
    first = candidates.first
    top = np.maximum.reduceat(scores, first[:-1])
    winners: Ints = (scores == top[candidates.owner]).nonzero()[0]
    return winners if len(winners) == len(top) else winners[winners.searchsorted(first[:-1])]
