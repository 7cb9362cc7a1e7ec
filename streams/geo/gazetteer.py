"""The compiled gazetteer: names by hash, places as arrays, mapped read-only and shared by the workers of a machine."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.errors import ConfigError
from streams.geo import arrays
from streams.geo.cues import Institutions, load_cues, load_institutions
from streams.geo.hashing import BEGIN_BITS, KEY_BITS, Hashes, Ints
from streams.geo.inflection import load_rules
from streams.geo.kinds import NAME_BITS, PLACE_BITS, NameKind
from streams.geo.lexicon import load_stops, with_stops
from streams.geo.places import Described, describer
from streams.geo.tables import Struct, languages, tables
from streams.geo.tagger import load_weights

COMPILED = Path(__file__).parent / "data" / "gazetteer.bin"

_DROP = np.uint64(64 - KEY_BITS)
_PAYLOAD = np.uint64(NAME_BITS + PLACE_BITS)
_PLACES = np.uint64((1 << PLACE_BITS) - 1)
_FORMS = np.uint64((1 << NAME_BITS) - 1)
_ALL_PAYLOADS = np.uint64((1 << (NAME_BITS + PLACE_BITS)) - 1)


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Places and their names.

    `entries` has three parts (`bounds`), each sorted: names by phrase hash, words that need no capital and stems by
    the hash of language and word; an entry is 42 bits of the hash, 3 of the `NameKind`, 19 of the place.
    Places are numbered by prominence, those first that have a `radius` of their own; `size` is 25·log10 of the
    inhabitants; `admin1` and `country` are numbers that equal places share, 0: unknown.
    `governments` leads from the first entry of a name to the country whose government is called so.
    `tables` and `language` give all that the file holds to the kernel; `described` gives the place with a number.
    """

    version: str
    entries: Hashes
    bounds: Ints
    lat: NDArray[np.float32]
    lon: NDArray[np.float32]
    admin1: NDArray[np.uint16]
    country: NDArray[np.uint8]
    kind: NDArray[np.uint8]
    size: NDArray[np.uint8]
    radius: NDArray[np.float32]
    countries: tuple[str, ...]
    capitals: frozenset[int]
    institutions: Mapping[str, Institutions]
    governments: Mapping[int, int]
    tables: Struct
    language: Callable[[str], Struct]
    described: Described

    def find(self, hashes: Hashes) -> tuple[Ints, Ints]:
        """Return for each phrase hash the range [first, last) of its entries among the names."""
        entries = self.entries[: int(self.bounds[1])]
        low = hashes >> _DROP << _PAYLOAD
        return entries.searchsorted(low), entries.searchsorted(low | _ALL_PAYLOADS, side="right")


def load(path: Path | None = None) -> Gazetteer:
    """Map the compiled gazetteer (by default the one of the package); ConfigError where it cannot be read."""
    path = path or COMPILED
    meta, data = arrays.read(path)
    listed = ("countries", "admin1_iso", "wikidata", "languages")
    try:
        strings = {name: tuple(data.pop(name).tobytes().decode().split("\n")) for name in listed}
        spoken = frozenset(strings.pop("languages"))
        capitals = data.pop("capitals")
        _check(path, data, capitals)
        data["is_capital"] = np.zeros(len(data["lat"]), np.uint8)
        data["is_capital"][capitals] = 1
        data["name_ends"] = np.concatenate([[0], np.cumsum(data.pop("name_sizes"), dtype=np.uint32)])
        data["lexicon"] = with_stops(data["lexicon"], load_stops())
        fields: dict[str, Any] = {**data, **strings, "version": _version(meta["version"])}
        fields |= {"tables": tables(data, load_weights()), "language": languages(load_rules(), load_cues(), spoken)}
        fields["described"] = describer(data, strings)
        fields |= {"institutions": load_institutions(), "governments": _governments(data["entries"], data["bounds"])}
        fields["capitals"] = frozenset(capitals.tolist())
        return Gazetteer(**{field: fields[field] for field in Gazetteer.__dataclass_fields__})
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{path}: is not a compiled gazetteer of this version: {error}") from error


def _governments(entries: Hashes, bounds: Ints) -> dict[int, int]:
    names = entries[: int(bounds[1])]
    found = names[(names >> np.uint64(PLACE_BITS) & _FORMS) == NameKind.GOVERNMENT]
    return dict(zip(names.searchsorted(found & ~_ALL_PAYLOADS).tolist(), (found & _PLACES).tolist(), strict=True))


def _version(built: str) -> str:
    """Return what tells apart gazetteers that may give other places: the built part with the tables read beside it."""
    made = hashlib.sha256(built.encode())
    for table in sorted(COMPILED.parent.glob("*.tsv")):
        made.update(table.read_bytes())
    return made.hexdigest()[:12]


def _check(path: Path, data: arrays.Arrays, capitals: NDArray[np.uint32]) -> None:
    """Refuse what the kernel would read beyond its arrays for."""
    places, bounds = len(data["lat"]), data["bounds"].tolist()
    columns = ("lat", "lon", "geonames_id", "admin1", "admin2", "country", "kind", "size", "name_sizes")
    wrong = [name for name in columns if len(data[name]) != places]
    if bounds != sorted(bounds) or bounds[-1] != len(data["entries"]) or len(data["begins"]) << 3 != 1 << BEGIN_BITS:
        wrong.append("bounds")
    if int((data["entries"] & _PLACES).max(initial=0)) >= places:
        wrong.append("entries")
    if len(capitals) and int(capitals.max()) >= places:
        wrong.append("capitals")
    if wrong:
        raise ConfigError(f"{path}: the arrays do not fit each other: {', '.join(wrong)}")
