"""The compiled gazetteer: names by hash, places as arrays, mapped read-only and shared by the workers of a machine."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streams.errors import ConfigError
from streams.geo import arrays
from streams.geo.hashing import KEY_BITS, Hashes, Ints
from streams.geo.kinds import NAME_BITS, PLACE_BITS

COMPILED = Path(__file__).parent / "data" / "gazetteer.bin"

_DROP = np.uint64(64 - KEY_BITS)
_PAYLOAD = np.uint64(NAME_BITS + PLACE_BITS)
_ALL_PAYLOADS = np.uint64((1 << (NAME_BITS + PLACE_BITS)) - 1)


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Places and their names.

    `entries` are sorted: 42 bits of a name's hash, 3 of its `NameKind`, 19 of a place. Places are numbered by
    prominence, countries and regions (`named` of them, with radius and precision) first; `size` is 25·log10 of the
    inhabitants; `admin1`, `admin2` and `country` are numbers that equal places share, 0 where unknown.
    """

    version: str
    entries: Hashes
    lat: NDArray[np.float32]
    lon: NDArray[np.float32]
    geonames_id: NDArray[np.uint32]
    admin1: NDArray[np.uint16]
    admin2: NDArray[np.uint16]
    country: NDArray[np.uint8]
    kind: NDArray[np.uint8]
    size: NDArray[np.uint8]
    name_ends: NDArray[np.uint32]
    name_blob: NDArray[np.uint8]
    radius: NDArray[np.float32]
    precision: NDArray[np.uint8]
    countries: tuple[str, ...]
    admin1_iso: tuple[str, ...]
    wikidata: tuple[str, ...]

    def find(self, hashes: Hashes) -> tuple[Ints, NDArray[np.bool_]]:
        """Return for each phrase hash its first entry, and whether it has any."""
        low = hashes >> _DROP << _PAYLOAD
        first = np.searchsorted(self.entries, low)
        return first, (self.entries[np.minimum(first, len(self.entries) - 1)] ^ low) <= _ALL_PAYLOADS

    def end(self, hashes: Hashes) -> Ints:
        """Return for each phrase hash the entry after its last."""
        return np.searchsorted(self.entries, hashes >> _DROP << _PAYLOAD | _ALL_PAYLOADS, side="right")

    def name(self, place: int) -> str:
        """Return the main name of a place."""
        return self.name_blob[self.name_ends[place] : self.name_ends[place + 1]].tobytes().decode()


def load(path: Path | None = None) -> Gazetteer:
    """Map the compiled gazetteer (by default the one of the package); ConfigError where it cannot be read."""
    path = path or COMPILED
    meta, data = arrays.read(path)
    listed = ("countries", "admin1_iso", "wikidata")
    strings = {name: tuple(data.pop(name).tobytes().decode().split("\n")) for name in listed}
    try:
        return Gazetteer(version=meta["version"], **data, **strings)
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{path}: is not a compiled gazetteer of this version: {error}") from error
