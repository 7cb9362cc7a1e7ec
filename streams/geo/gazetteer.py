"""The compiled gazetteer: names by hash, places as arrays, mapped read-only and shared by the workers of a machine."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.errors import ConfigError
from streams.geo import arrays
from streams.geo.cues import Cues, Institutions, load_cues, load_institutions
from streams.geo.hashing import BEGIN_BITS, KEY_BITS, Hashes, Ints
from streams.geo.inflection import RulesOf, load_rules
from streams.geo.kinds import ADMIN1, NAME_BITS, PLACE_BITS
from streams.geo.tagger import Weights, load_weights

COMPILED = Path(__file__).parent / "data" / "gazetteer.bin"

NAMES, SMALL, STEMS = range(3)

_DROP = np.uint64(64 - KEY_BITS)
_PAYLOAD = np.uint64(NAME_BITS + PLACE_BITS)
_BEGIN, _EIGHTH, _BIT = np.uint64(64 - BEGIN_BITS), np.uint64(3), np.uint64(7)
_PLACE = np.uint64((1 << PLACE_BITS) - 1)
_KNOWN_SIZE = 104  # 25·log10(15,000)
_SPOKEN_BITS = 18
_SPOKEN = np.uint64(64 - _SPOKEN_BITS)
_WHOLE = np.uint64((1 << BEGIN_BITS) - 1)
_MASKS = np.left_shift(1, np.arange(8)).astype(np.uint8)
_ALL_PAYLOADS = np.uint64((1 << (NAME_BITS + PLACE_BITS)) - 1)
_PAYLOADS, _PLACES, _FORMS = (1 << (NAME_BITS + PLACE_BITS)) - 1, (1 << PLACE_BITS) - 1, (1 << NAME_BITS) - 1
_FEW, _COUNTRIES = 24, 256
_BUCKET = 48  # bits of a hash behind those by which entries are looked up
_REMEMBERED = 1 << 15  # names; news repeats itself


class Name(msgspec.Struct, frozen=True, gc=False):
    """The entries `[low, high)` of a name, and the place, its kind and size, and the `NameKind` of the first of them.

    `last_form` is the `NameKind` of the last entry. Of the first 24: `divided` says whether one is a state or more,
    `largest` is the greatest size, `homes` are the countries and states (`box`) that its cities and counties lie in.
    """

    low: int
    high: int
    place: int
    kind: int
    size: int
    form: int
    last_form: int
    divided: bool
    largest: int
    homes: frozenset[int]


Lookup = Callable[[int], Name | None]
Described = Callable[[int, int], Name]


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Places and their names.

    `entries` has three parts (`bounds`), each sorted: NAMES by phrase hash, SMALL (words that need no capital) and
    STEMS by the hash of language and word; an entry is 42 bits of the hash, 3 of the `NameKind`, 19 of the place.
    `heads` are the hashes of language and first letters of the stems, `spoken` says of the first bits of these and of
    the hashes of SMALL and STEMS whether there is one; `begins` has a bit for each beginning of a name, `whole` one for
    each name; `lexicon` is read by `streams.geo.lexicon`.
    Places are numbered by prominence, those first that have a `radius` and a `precision` of their own; `size` is
    25·log10 of the inhabitants; `admin1`, `admin2` and `country` are numbers that equal places share, 0: unknown.
    `lookup` gives the name with a phrase hash, `described` the name with some entries.
    """

    version: str
    entries: Hashes
    bounds: Ints
    heads: Hashes
    spoken: NDArray[np.bool_]
    begins: NDArray[np.uint8]
    whole: NDArray[np.uint8]
    lexicon: Hashes
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
    languages: frozenset[str]
    capitals: frozenset[int]
    is_capital: NDArray[np.bool_]
    cues: Cues
    institutions: Institutions
    weights: Weights
    rules: RulesOf
    lookup: Lookup
    described: Described

    def begin(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Return for each phrase hash whether a name may begin so (never False where one does)."""
        return _bits(self.begins, hashes >> _BEGIN)

    def holds(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Return for each phrase hash whether there may be a name with it (never False where there is one)."""
        return _bits(self.whole, hashes >> _DROP & _WHOLE)

    def find(self, hashes: Hashes, part: int = NAMES) -> tuple[Ints, NDArray[np.bool_]]:
        """Return for each hash its first entry in a part of the table, and whether it has any."""
        offset = int(self.bounds[part])
        entries = self.entries[offset : int(self.bounds[part + 1])]
        low = hashes >> _DROP << _PAYLOAD
        first = entries.searchsorted(low)
        return first + offset, (entries[np.minimum(first, len(entries) - 1)] ^ low) <= _ALL_PAYLOADS

    def end(self, hashes: Hashes, part: int = NAMES) -> Ints:
        """Return for each hash the entry after its last one."""
        offset = int(self.bounds[part])
        entries = self.entries[offset : int(self.bounds[part + 1])]
        last: Ints = entries.searchsorted(hashes >> _DROP << _PAYLOAD | _ALL_PAYLOADS, side="right")
        return last + offset

    def speaks(self, language: str) -> bool:
        """Return whether the table has words of this language that stand for countries without a capital."""
        return language in self.languages

    def may_speak(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Return for each hash of language and word, or first letters, if it may be in SMALL or STEMS or `heads`."""
        found: NDArray[np.bool_] = self.spoken.take((hashes >> _SPOKEN).view(np.int64))
        return found

    def known_places(self, entries: Ints) -> NDArray[np.bool_]:
        """Return for each entry whether its place is a country, state or region, or has 15,000 inhabitants."""
        place = (self.entries[entries] & _PLACE).astype(np.intp)
        return (self.kind[place] >= ADMIN1) | (self.size[place] >= _KNOWN_SIZE)

    def name(self, place: int) -> str:
        """Return the main name of a place."""
        return self.name_blob[self.name_ends[place] : self.name_ends[place + 1]].tobytes().decode()


def _bits(table: NDArray[np.uint8], index: Hashes) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (table.take((index >> _EIGHTH).view(np.int64)) & _MASKS.take(index & _BIT)) != 0
    return found


def _spoken(*tables: Hashes) -> NDArray[np.bool_]:
    """Return for each beginning of a hash whether one of the tables has it."""
    known = np.zeros(1 << _SPOKEN_BITS, np.bool_)
    for table in tables:
        known[(table >> _SPOKEN).view(np.int64)] = True
    return known


def _whole(names: Hashes) -> NDArray[np.uint8]:
    """Return the bits by which names are told from mere beginnings: those of the hash that `begins` does not use."""
    bits = np.zeros(1 << BEGIN_BITS, np.bool_)
    bits[(names >> _PAYLOAD & _WHOLE).view(np.int64)] = True
    return np.packbits(bits, bitorder="little")


def box(country: int, admin1: int = 0) -> int:
    """Return a number for a state, or for a country where no state is given."""
    return admin1 + _COUNTRIES if admin1 else country


def load(path: Path | None = None) -> Gazetteer:
    """Map the compiled gazetteer (by default the one of the package); ConfigError where it cannot be read."""
    path = path or COMPILED
    meta, data = arrays.read(path)
    listed = ("countries", "admin1_iso", "wikidata", "languages")
    strings = {name: tuple(data.pop(name).tobytes().decode().split("\n")) for name in listed}
    try:
        fields: dict[str, Any] = {**data, **strings, "version": meta["version"]}
        fields |= {"languages": frozenset(strings["languages"]), "weights": load_weights()}
        fields["spoken"] = _spoken(fields["entries"][fields["bounds"][1] :], fields["heads"])
        fields["whole"] = _whole(fields["entries"][: fields["bounds"][1]])
        fields["is_capital"] = np.zeros(len(fields["lat"]), np.bool_)
        fields["is_capital"][fields["capitals"]] = True
        fields["capitals"] = frozenset(fields["capitals"].tolist())
        fields["name_ends"] = np.concatenate([[0], np.cumsum(fields.pop("name_sizes"), dtype=np.uint32)])
        fields |= {"rules": load_rules(), "cues": load_cues(), "institutions": load_institutions()}
        return Gazetteer(**fields | _lookups(fields))
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{path}: is not a compiled gazetteer of this version: {error}") from error


def _lookups(fields: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """Return the look-ups of single names; they remember the last ones, as news names the same places all day."""
    entries = memoryview(fields["entries"])
    kinds, sizes, countries, states = (memoryview(fields[key]) for key in ("kind", "size", "country", "admin1"))
    names = fields["entries"][: fields["bounds"][1]]
    beginnings = np.arange((1 << 64 - _BUCKET) + 1, dtype=np.float64) * 2.0**_BUCKET
    buckets = [*np.searchsorted(names, beginnings[:-1].astype(np.uint64)).tolist(), len(names)]

    @lru_cache(_REMEMBERED)
    def described(low: int, high: int) -> Name:
        places = [entry & _PLACES for entry in entries[low : min(high, low + _FEW)]]
        form, last_form = (entries[at] >> PLACE_BITS & _FORMS for at in (low, high - 1))
        towns = [place for place in places if kinds[place] < ADMIN1]
        homes = {box(countries[place]) for place in towns} | {box(0, states[place]) for place in towns}
        return Name(
            low, high, places[0], kinds[places[0]], sizes[places[0]], form, last_form,
            len(towns) < len(places), max(sizes[place] for place in places), frozenset(homes),
        )  # fmt: skip

    @lru_cache(_REMEMBERED)
    def lookup(hashed: int) -> Name | None:
        key, bucket = hashed & ~_PAYLOADS, hashed >> _BUCKET
        high = buckets[bucket + 1]
        low = bisect_left(entries, key, buckets[bucket], high)
        if low == high or entries[low] > key | _PAYLOADS:
            return None
        return described(low, bisect_left(entries, (key | _PAYLOADS) + 1, low, high))

    return {"lookup": lookup, "described": described}
