"""What the registry holds: conflicts, and the patterns that speak for or against them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple, Protocol

Table = Literal["names", "actors", "places", "hints"]
SEAT: Final = "seat of the war"  # a place that is hardly named but for the war
FIGURES: Final = "figures"  # class of the words of war that are figures of speech as well: battle, offensive
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
    lands: frozenset[str]
    criminal: bool
    terms_of: str | None
    pair: float

    @property
    def armed_groups(self) -> frozenset[str]:
        """The armed groups among its sides; what else stands there are countries."""
        return frozenset(group for side in self.sides or () for group in side if not group.isupper())


@dataclass(frozen=True, slots=True, eq=False)
class Owner:
    """What a pattern stands for.

    `kind` is "term" (key: slug), "group" (key: group), or else (key: class).
    `term` is the folded term of the data file, whatever its spelling in the text. `language` is set where the words
    count only in a document of that language. `case` says what must be in capitals in the source: nothing, the first
    letter at least, the first letter alone, or all of it.
    """

    kind: Literal["term", "group", "context", "against", "mask", "negation", "denial"]
    key: str
    term: str
    points: float
    reason: str
    language: str | None = None
    case: Case = "any"


class Pattern(NamedTuple):
    """A compiled pattern: what its ends are off in the unpadded text, whether any ending may follow, and its owners.

    `by_case` are the owners that count where the original begins small, with a capital, and where all of it alone is in
    capitals; None if all count in any case.
    """

    head: int
    tail: int
    open_ended: bool
    owners: tuple[Owner, ...]
    by_case: tuple[tuple[Owner, ...], tuple[Owner, ...], tuple[Owner, ...]] | None


Patterns = Mapping[str, Sequence[Pattern | None]]


class Automata(Protocol):
    """What finds the patterns."""

    def find(self, haystack: str) -> list[tuple[int, int, int]]:
        """Return start, end and number of all matches, in order of their end."""


@dataclass(frozen=True, slots=True, repr=False)
class Registry:
    """Every conflict by slug, and automata over all their terms. `version` is a hash of the data files.

    `patterns` are, for each language, what the numbers of the automata stand for; without a hit of one of `leads` a
    document names no conflict. `by_side` leads from parties to slugs and the number (1 or 2) of their side,
    `by_country` from countries to slugs. `namesakes` are countries with towns named after places elsewhere.
    """

    version: str
    conflicts: Mapping[str, Conflict]
    automata: Automata
    patterns: Patterns
    leads: frozenset[int]
    by_side: Mapping[str, tuple[tuple[str, int], ...]]
    by_country: Mapping[str, tuple[str, ...]]
    namesakes: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """Every slug, and every UCDP id as text: what a filter may name a conflict by."""
        return frozenset(self.conflicts) | {str(one.ucdp) for one in self.conflicts.values() if one.ucdp is not None}
