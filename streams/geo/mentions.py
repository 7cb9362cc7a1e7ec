"""The names of a document that may be places, and the place each is taken for: what the kernel finds and settles."""

from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from streams.document import Document
from streams.geo.gazetteer import Gazetteer
from streams.geo.hashing import Hashes
from streams.geo.tagger import CLUES
from streams.geo.words import WORD, Rows, Text
from streams.native import ffi, kernel

MENTION = np.dtype(
    [
        ("name", "u8"), ("low", "i4"), ("high", "i4"), ("first", "i4"), ("last", "i4"), ("start", "i4"), ("end", "i4"),
        ("run_first", "i4"), ("run_last", "i4"), ("place", "i4"), ("chosen", "i4"), ("flags", "u4"), ("kind", "u1"),
        ("form", "u1"), ("whole", "u1"), ("rank", "u1"), ("trust", "f8"), ("support", "f8"),
    ],
    align=True,
)  # fmt: skip
PASSES = ("prominence", "containment", "capital", "source", "context")
CANDIDATE = np.dtype([("owner", "i4"), ("place", "i4"), *((name, "f8") for name in PASSES)], align=True)
VIOLENT, TALKING, LOCATED, SPEAKING, UNSEGMENTED, IN_VIOLENT_SENTENCE, OF_FIRM, LONGER = (1 << bit for bit in range(8))
_USUAL = 64  # names for which there is room at once
# Names, and different ones, that are looked at: of 40,000 items of news none has more than 683 and 377.
_MOST, _MOST_DIFFERENT = 1024, 512
THRESHOLD: Final = -1.0  # the score from which on a name is a place
_SUPPORT, _MOST_SUPPORT = 0.5, 3.0


class Mention(msgspec.Struct, frozen=True, gc=False):
    """A name found at the words `[first, last)`, at `body[start:end]`; `name` is its hash, `[low, high)` its entries.

    `run_first` and `run_last` bound the words with a capital around it, `whole` says whether they begin (2) and end (1)
    with the name. `place`, `kind`, `rank` (0 to 11, by kind and size) and `form` are those of its first entry, `chosen`
    is the place it is taken for. `trust` says how likely it is a place at all, `support` how much the other names of
    the document speak for the place chosen. Flags: see the constants of this module.
    """

    name: int
    low: int
    high: int
    first: int
    last: int
    start: int
    end: int
    run_first: int
    run_last: int
    place: int
    chosen: int
    flags: int
    kind: int
    form: int
    whole: int
    rank: int
    trust: float
    support: float

    @property
    def score(self) -> float:
        """How likely the name is a place, given how much the other names support the place chosen."""
        return self.trust + _SUPPORT * min(_MOST_SUPPORT, self.support)

    @property
    def confirmed(self) -> bool:
        """Whether the name is a place."""
        return self.score > THRESHOLD


@dataclass(frozen=True, slots=True)
class Reading:
    """A document read by the kernel: its words (rows of `WORD`) and the names that may be places (of `MENTION`)."""

    text: Text
    words: Rows
    names: Rows

    def mentions(self) -> list[Mention]:
        """Return the names that may be places, left to right."""
        return [Mention(*row) for row in self.names.tolist()]


def _counted(count: int) -> int:
    if count < 0:
        raise MemoryError
    return count


def read(document: Document, gazetteer: Gazetteer) -> Reading:
    """Return the words and the first names of a document, `_MOST` at most: settling takes time with their square."""
    text = Text(document)
    words = words_of(text, document.language, gazetteer)
    names = np.empty(max(_USUAL, text.size // 16), MENTION)
    while (count := _found(text, words, names, None, document.language, gazetteer)) > len(names):
        names = np.empty(count, MENTION)
    return Reading(text, words, _first_names(names[:count]))


def _first_names(names: Rows) -> Rows:
    names = names[:_MOST]
    if len(names) <= _MOST_DIFFERENT:
        return names
    firsts = np.sort(np.unique(names["name"], return_index=True)[1])
    return names[: firsts[_MOST_DIFFERENT]] if len(firsts) > _MOST_DIFFERENT else names


def words_of(text: Text, language: str, gazetteer: Gazetteer) -> Rows:
    """Return the words of a text."""
    words = np.empty(text.room, WORD)
    arguments = gazetteer.tables.pointer, gazetteer.language(language).pointer, text.pointer
    return words[: _counted(kernel.geo_words(*arguments, ffi.from_buffer("geo_word[]", words)))]


def _found(text: Text, words: Rows, names: Rows, clues: Hashes | None, language: str, gazetteer: Gazetteer) -> int:
    return _counted(
        kernel.geo_mentions(
            gazetteer.tables.pointer, gazetteer.language(language).pointer, text.pointer,
            ffi.from_buffer("geo_word[]", words), len(words), ffi.from_buffer("geo_mention[]", names),
            ffi.NULL if clues is None else ffi.from_buffer("uint64_t[]", clues), len(names),
        )
    )  # fmt: skip


def read_clues(document: Document, gazetteer: Gazetteer) -> tuple[Reading, Hashes]:
    """Return the words and all names of a document, with the clues of each (one row a name): what the tagger learns."""
    text = Text(document)
    words = words_of(text, document.language, gazetteer)
    names, clues = np.empty(text.room, MENTION), np.empty((text.room, len(CLUES)), np.uint64)
    count = _found(text, words, names, clues, document.language, gazetteer)
    return Reading(text, words, names[:count]), clues[:count]


def settle(reading: Reading, document: Document, gazetteer: Gazetteer, candidates: Rows | None = None) -> int:
    """Choose a place for each name of a reading, in it; return the number of candidates, and them if there is room."""
    home = home_country(gazetteer.countries, document.domain)
    return _counted(
        kernel.geo_settle(
            gazetteer.tables.pointer, reading.text.pointer, document.language == "en", home,
            ffi.from_buffer("geo_mention[]", reading.names), len(reading.names),
            ffi.NULL if candidates is None else ffi.from_buffer("geo_candidate[]", candidates),
            0 if candidates is None else len(candidates),
        )
    )  # fmt: skip


def home_country(countries: tuple[str, ...], domain: str | None) -> int:
    """Return the number of the country of a source's domain, 0 where it has none."""
    ending = (domain or "").rsplit(".", 1)[-1].upper()
    code = {"UK": "GB"}.get(ending, ending)
    return countries.index(code) if code and code in countries else 0
