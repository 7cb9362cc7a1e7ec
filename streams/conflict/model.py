"""What the registry holds: conflicts, and the patterns that speak for or against them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

import daachorse

Table = Literal["names", "actors", "places", "hints"]
SEAT: Final = "seat of the war"  # a place that is hardly named but for the war
Case = Literal["any", "initial", "name", "all"]

TABLES: Final[tuple[Table, ...]] = ("names", "actors", "places", "hints")
REASONS: Final[Mapping[Table, str]] = {
    "names": "name of the war",
    "actors": "armed actor",
    "places": "place of the war",
    "hints": "term of the war",
}


@dataclass(frozen=True, slots=True)
class Conflict:
    """One armed conflict. `ucdp` is None where UCDP has no single id for it.

    `sides` are two lists of group names (`groups.toml`, country codes) that together mean this conflict, and `pair` is
    how much they speak for it, in points (log-odds); `background` is how much the mere country speaks for it.
    `start` and `end` bound the dates of items; from `peak` to `end` the war is most of what is reported of its
    countries, so that they count without any fighting. `criminal` marks wars of gangs, where murder is war vocabulary.
    `terms_of` is the slug of a later or earlier war with the same terms: an item names one of both.
    """

    slug: str
    name: str
    ucdp: int | None
    wikidata: str | None
    countries: tuple[str, ...]
    parties: Mapping[str, int]
    start: date | None
    end: date | None
    peak: date | None
    sides: tuple[frozenset[str], frozenset[str]] | None
    background: Mapping[str, float]
    criminal: bool
    terms_of: str | None
    pair: float


@dataclass(frozen=True, slots=True, eq=False)
class Owner:
    """What a pattern stands for.

    `kind` is "term" (key: slug), "group" (key: group), or "context", "against", "mask" or "negation" (key: class).
    `term` is the folded term of the data file, whatever its spelling in the text. `language` is set where the words
    count only in a document of that language. `case` says what must be in capitals in the source: nothing, the first
    letter at least, the first letter alone, or all of it.
    """

    kind: Literal["term", "group", "context", "against", "mask", "negation"]
    key: str
    term: str
    points: float
    reason: str
    language: str | None = None
    case: Case = "any"


class Pattern(NamedTuple):
    """A compiled pattern: how much of its ends is padding, whether any ending may follow, and its owners.

    `languages` are those it counts in, None for all; `name` if it is one in all that begins with a capital; `bound` if
    otherwise some owner is bound to a language or to capitals.
    """

    head: int
    tail: int
    open_ended: bool
    languages: frozenset[str] | None
    name: bool
    bound: bool
    owners: tuple[Owner, ...]


@dataclass(frozen=True, slots=True)
class Registry:
    """Every conflict by slug, and one automaton over all their terms. `version` is a hash of the data files.

    `patterns` are numbered as in the automaton; without a hit of one of `leads` a document names no conflict.
    `languages` have a vocabulary. `by_group` and `by_country` lead from parties and countries to slugs. `namesakes` are
    countries with towns named after places elsewhere.
    """

    version: str
    conflicts: Mapping[str, Conflict]
    automaton: daachorse.CharwiseDoubleArrayAhoCorasick
    patterns: tuple[Pattern, ...]
    leads: frozenset[int]
    languages: frozenset[str]
    by_group: Mapping[str, tuple[str, ...]]
    by_country: Mapping[str, tuple[str, ...]]
    namesakes: frozenset[str]
