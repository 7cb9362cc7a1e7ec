"""Rows to arrays: places by prominence, names as sorted keys."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.geo.hashing import KEY_BITS, phrase_hash
from streams.geo.kinds import KINDS, NAME_BITS, PLACE_BITS, PRECISIONS
from streams.text.fold import fold_name
from tools.gazetteer.rows import Row

_MAX_WORDS = 6
Arrays = dict[str, NDArray[Any]]


def ordered(rows: Iterable[Row]) -> list[Row]:
    """Return countries and regions first, then the others, each by population, largest first."""
    packaged = KINDS.index("country")
    return sorted(
        rows,
        key=lambda r: (KINDS.index(r.kind) < packaged, -r.population, KINDS.index(r.kind), r.geonames_id, r.name),
    )


def _strings(values: list[str]) -> tuple[NDArray[Any], NDArray[Any]]:
    blobs = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, blobs)], dtype=np.uint32)
    return np.frombuffer(b"".join(blobs), np.uint8), ends


def key(hashed: int, kind: int, place: int) -> int:
    """Return one entry of the name table: the top bits of the hash, the kind of name, the place."""
    return hashed >> (64 - KEY_BITS) << (NAME_BITS + PLACE_BITS) | kind << PLACE_BITS | place


def _entries(rows: list[Row]) -> NDArray[np.uint64]:
    best: dict[tuple[str, int], int] = {}
    for place, row in enumerate(rows):
        for name, kind in row.names.items():
            folded = fold_name(name)
            if not folded or folded.isdigit() or folded.count(" ") >= _MAX_WORDS:
                continue
            best[folded, place] = min(kind, best.get((folded, place), 7))
    return np.array(sorted(key(phrase_hash(name), kind, place) for (name, place), kind in best.items()), np.uint64)


def _codes(values: list[str]) -> tuple[list[str], NDArray[np.uint16]]:
    known = ["", *sorted({value for value in values if value})]
    index = {value: n for n, value in enumerate(known)}
    return known, np.array([index[value] for value in values], np.uint16)


def compiled(rows: list[Row], iso: dict[str, str]) -> Arrays:
    """Return the arrays of the compiled gazetteer; see `streams.geo.gazetteer.Gazetteer` for what each holds."""
    rows = ordered(rows)
    named = sum(KINDS.index(row.kind) >= KINDS.index("country") for row in rows)
    countries, country = _codes([row.country for row in rows])
    admin1s, admin1 = _codes([row.admin1 for row in rows])
    _, admin2 = _codes([row.admin2 for row in rows])
    blob, ends = _strings([row.name for row in rows])
    arrays: Arrays = {
        "entries": _entries(rows),
        "lat": np.array([row.lat for row in rows], np.float32),
        "lon": np.array([row.lon for row in rows], np.float32),
        "geonames_id": np.array([row.geonames_id for row in rows], np.uint32),
        "admin1": admin1,
        "admin2": admin2,
        "country": country.astype(np.uint8),
        "kind": np.array([KINDS.index(row.kind) for row in rows], np.uint8),
        "size": np.array([round(25 * math.log10(max(1, row.population))) for row in rows], np.uint8),
        "name_ends": ends,
        "name_blob": blob,
        "radius": np.array([row.radius_km for row in rows[:named]], np.float32),
        "precision": np.array([PRECISIONS.index(row.precision) for row in rows[:named]], np.uint8),
    }
    for name, values in {
        "countries": countries,
        "admin1_iso": [iso.get(code, "") for code in admin1s],
        "wikidata": [row.wikidata for row in rows[:named]],
    }.items():
        arrays[name] = np.frombuffer("\n".join(values).encode(), np.uint8)
    return arrays
