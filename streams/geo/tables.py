"""The gazetteer and the language tables in the form the kernel reads."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.geo.cues import Cues
from streams.geo.hashing import BEGIN_BITS, Hashes, open_table, phrase_hash
from streams.geo.inflection import RulesOf
from streams.geo.tagger import TITLES
from streams.geo.words import classes
from streams.native import ffi

_BUCKET = 48  # bits of a hash behind those by which entries are looked up
_SPOKEN_BITS = 18
_PAYLOAD = np.uint64(22)
_LOCATIVE_PREFIX = {"am": "በ"}  # "in", written as one word with the name; few names begin with it
_REMEMBERED = 256

Arrays = dict[str, NDArray[Any]]


class Struct:
    """A struct of the kernel whose fields point at arrays that live as long as it does."""

    __slots__ = ("_kept", "pointer")

    def __init__(self, name: str, arrays: Mapping[str, NDArray[Any]], numbers: Mapping[str, int]) -> None:
        self.pointer: Any = ffi.new(f"{name} *", dict(numbers))
        self._kept = []
        for field, array in arrays.items():
            kind = ffi.typeof(getattr(self.pointer, field)).item
            buffer = ffi.from_buffer(ffi.getctype(kind, "[]"), np.ascontiguousarray(array))
            self._kept.append(buffer)
            setattr(self.pointer, field, buffer)


def tables(arrays: Arrays, weights: Mapping[int, float]) -> Struct:
    """Return the look-up tables of a gazetteer's arrays and of the tagger's weights."""
    bounds, entries, lexicon = arrays["bounds"].tolist(), arrays["entries"], arrays["lexicon"]
    titles, _ = open_table([phrase_hash(title) for title in TITLES])
    clues, slots = open_table(list(weights))
    clue_weights = np.zeros(len(clues))
    clue_weights[slots] = list(weights.values())
    own: Arrays = {
        "buckets": _buckets(entries[: bounds[1]]), "whole": _whole(entries[: bounds[1]]),
        "spoken": _spoken(entries[bounds[1] :], arrays["heads"]), "lexicon_buckets": _buckets(lexicon),
        "classes": classes(), "titles": titles, "clues": clues, "clue_weights": clue_weights,
    }  # fmt: skip
    given = ("entries", "begins", "lexicon", "kind", "size", "country", "is_capital", "admin1", "admin2", "lat", "lon")
    return Struct(
        "geo_tables",
        own | {name: arrays[name] for name in given},
        {"names": bounds[1], "small": bounds[2], "stems": bounds[3], "classes_size": len(classes()),
         "titles_mask": len(titles) - 1, "clues_mask": len(clues) - 1},
    )  # fmt: skip


def _buckets(names: Hashes) -> NDArray[np.uint32]:
    """Return for the first 16 bits of a hash the first entry with them, and behind the last the number of entries."""
    beginnings = np.arange(1 << (64 - _BUCKET), dtype=np.uint64) << np.uint64(_BUCKET)
    return np.append(names.searchsorted(beginnings), len(names)).astype(np.uint32)


def _whole(names: Hashes) -> NDArray[np.uint8]:
    """Return the bits by which names are told from mere beginnings: those of the hash that `begins` does not use."""
    bits = np.zeros(1 << BEGIN_BITS, np.bool_)
    bits[(names >> _PAYLOAD & np.uint64((1 << BEGIN_BITS) - 1)).view(np.int64)] = True
    return np.packbits(bits, bitorder="little")


def _spoken(*parts: Hashes) -> NDArray[np.uint8]:
    """Return for each beginning of a hash whether one of the parts has it."""
    known = np.zeros(1 << _SPOKEN_BITS, np.uint8)
    for part in parts:
        known[(part >> np.uint64(64 - _SPOKEN_BITS)).view(np.int64)] = 1
    return known


def languages(rules: RulesOf, cues: Mapping[str, Cues], spoken: frozenset[str]) -> Callable[[str], Struct]:
    """Return what gives the tables of a language, those of none where it has none."""

    @lru_cache(_REMEMBERED)
    def of(language: str) -> Struct:
        table, slots = open_table(list(cues.get(language, {})))
        flags = np.zeros(len(table), np.uint32)
        flags[slots] = list(cues.get(language, {}).values())
        rule = rules.get(language)
        arrays: dict[str, NDArray[Any]] = {"cues": table, "cue_flags": flags}
        if rule:
            arrays |= {name: getattr(rule, name) for name in ("letters", "instead", "length", "instead_length")}
        return Struct(
            "geo_language",
            arrays,
            {
                "spoken": phrase_hash(language or "en"), "english": language == "en", "speaks": language in spoken,
                "at_end": bool(rule and rule.at_end), "rules": len(rule.length) if rule else 0,
                "locative_prefix": ord(_LOCATIVE_PREFIX.get(language, "\0")), "cues_mask": len(table) - 1,
            },
        )  # fmt: skip

    return of
