"""Rows to arrays: places by prominence, names as sorted keys."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.geo.hashing import BEGIN_BITS, HEAD, KEY_BITS, phrase_hash, prefix_hashes
from streams.geo.kinds import KINDS, NAME_BITS, PLACE_BITS, PRECISIONS
from streams.geo.lexicon import GIVEN, STOP, SURNAME
from streams.text.fold import fold_name
from tools.gazetteer.rows import Row
from tools.gazetteer.tables import Form

_MAX_WORDS = 6
Arrays = dict[str, NDArray[Any]]


def ordered(rows: Iterable[Row]) -> list[Row]:
    """Return the rows with a radius of their own first, then the others, each by population, largest first."""
    return sorted(
        rows, key=lambda r: (r.radius_km == 0, -r.population, KINDS.index(r.kind), r.geonames_id, r.admin2, r.name)
    )


def _strings(values: list[str]) -> tuple[NDArray[Any], NDArray[Any]]:
    blobs = [value.encode() for value in values]
    return np.frombuffer(b"".join(blobs), np.uint8), np.array([len(blob) for blob in blobs], np.uint8)


def key(hashed: int, kind: int, place: int) -> int:
    """Return one entry of the name table: the top bits of the hash, the kind of name, the place."""
    return hashed >> (64 - KEY_BITS) << (NAME_BITS + PLACE_BITS) | kind << PLACE_BITS | place


def _entries(rows: list[Row]) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Return the entries of all names, and a bit for each hash that a name or the beginning of one has."""
    best: dict[tuple[str, int], int] = {}
    for place, row in enumerate(rows):
        for name, kind in row.names.items():
            folded = fold_name(name)
            if not folded or folded.isdigit() or folded.count(" ") >= _MAX_WORDS:
                continue
            best[folded, place] = min(kind, best.get((folded, place), 7))
    hashes = {name: prefix_hashes(name) for name in {name for name, _ in best}}
    begins = np.zeros(1 << BEGIN_BITS, np.bool_)
    begins[[prefix >> (64 - BEGIN_BITS) for prefixes in hashes.values() for prefix in prefixes]] = True
    entries = sorted(key(hashes[name][-1], kind, place) for (name, place), kind in best.items())
    return np.array(entries, np.uint64), np.packbits(begins, bitorder="little")


def lexicon(
    counts: Iterable[tuple[str, str, int, int, int]],
    people: Iterable[tuple[bool, str]],
    stops: Iterable[tuple[str, str]],
) -> NDArray[np.uint64]:
    """Return what is known of words, sorted by hash: see `streams.geo.lexicon` for the payload."""
    known: dict[int, int] = {}
    for language, word, small, capital, total in counts:
        share = small / (small + capital)
        often = min(15, round(math.log2(max(1, small / total * 1e7))))
        known[phrase_hash(f"{language} {fold_name(word)}") >> 22] = round(share * 127) | often << 7
    for surname, name in people:
        hashed = phrase_hash(fold_name(name)) >> 22
        known[hashed] = known.get(hashed, 0) | (SURNAME if surname else GIVEN)
    for language, word in stops:
        folded = fold_name(word)
        hashed = phrase_hash(folded if language == "*" else f"{language} {folded}") >> 22
        known[hashed] = known.get(hashed, 0) | STOP
    return np.array(sorted(hashed << 22 | payload for hashed, payload in known.items()), np.uint64)


def _codes(values: list[str]) -> tuple[list[str], NDArray[np.uint16]]:
    known = ["", *sorted({value for value in values if value})]
    index = {value: n for n, value in enumerate(known)}
    return known, np.array([index[value] for value in values], np.uint16)


def _forms(rows: list[Row], found: Iterable[Form]) -> tuple[list[NDArray[np.uint64]], NDArray[np.uint64]]:
    """Return words and stems of countries as entries keyed by language and word, and the heads of the stems."""
    places = {row.country: number for number, row in enumerate(rows) if row.kind == "country"}
    parts: tuple[set[int], set[int]] = (set(), set())
    heads = set()
    for form in found:
        word = fold_name(form.word)
        if " " in word or (form.stem and len(word) < HEAD):
            continue
        parts[form.stem].add(key(phrase_hash(f"{form.language} {word}"), form.kind, places[form.country]))
        if form.stem:
            heads.add(phrase_hash(f"{form.language} {word[:HEAD]}"))
    return [np.array(sorted(part), np.uint64) for part in parts], np.array(sorted(heads), np.uint64)


def compiled(rows: list[Row], iso: dict[str, str], found: list[Form]) -> Arrays:
    """Return the arrays of the compiled gazetteer; see `streams.geo.gazetteer.Gazetteer` for what each holds."""
    rows = ordered(rows)
    named = sum(row.radius_km > 0 for row in rows)
    countries, country = _codes([row.country for row in rows])
    admin1s, admin1 = _codes([row.admin1 for row in rows])
    _, admin2 = _codes([row.admin2 for row in rows])
    blob, sizes = _strings([row.name for row in rows])
    parts, heads = _forms(rows, found)
    entries, begins = _entries(rows)
    parts.insert(0, entries)
    arrays: Arrays = {
        "entries": np.concatenate(parts),
        "bounds": np.cumsum([0, *map(len, parts)]),
        "heads": heads,
        "begins": begins,
        "capitals": np.array([n for n, row in enumerate(rows) if row.capital], np.uint32),
        "lat": np.array([row.lat for row in rows], np.float32),
        "lon": np.array([row.lon for row in rows], np.float32),
        "geonames_id": np.array([row.geonames_id for row in rows], np.uint32),
        "admin1": admin1,
        "admin2": admin2,
        "country": country.astype(np.uint8),
        "kind": np.array([KINDS.index(row.kind) for row in rows], np.uint8),
        "size": np.array([round(25 * math.log10(max(1, row.population))) for row in rows], np.uint8),
        "name_sizes": sizes,
        "name_blob": blob,
        "radius": np.array([row.radius_km for row in rows[:named]], np.float32),
        "precision": np.array([PRECISIONS.index(row.precision) for row in rows[:named]], np.uint8),
    }
    for name, values in {
        "countries": countries,
        "admin1_iso": [iso.get(code, "") for code in admin1s],
        "languages": sorted({form.language for form in found}),
        "wikidata": [row.wikidata for row in rows[:named]],
    }.items():
        arrays[name] = np.frombuffer("\n".join(values).encode(), np.uint8)
    return arrays
