"""What stands around each mention: the run of capitalised words it is part of, its neighbours, persons named."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from streams.document import Document
from streams.geo.cues import Cued
from streams.geo.gazetteer import Gazetteer, box
from streams.geo.hashing import Ints
from streams.geo.kinds import ADMIN1, CITY, COUNTRY, NameKind
from streams.geo.lexicon import GIVEN, SURNAME, traits
from streams.geo.mentions import Match
from streams.geo.tagger import Clue
from streams.geo.words import Words

_RUN = 6
_PERSON = 4
_SHARE = 127
_LOCATIVE = frozenset(("in", "at", "from", "near", "of", "to", "outside", "around", "across", "into"))
TITLES = frozenset(
    "mr mrs ms dr sen rep gov prof president minister judge sgt lt capt col gen sheriff coach mayor rev sir lord lady "  # noqa: SIM905
    "king queen prince princess officer detective chief director secretary senator spokesman spokeswoman chairman "
    "deputy justice sheikh imam general colonel captain major pope premier chancellor congressman ambassador".split()
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A document laid out for looking around in it, with numbers and flags in a form made for access one by one."""

    body: str
    folded: str
    language: str
    start: Sequence[int]
    end: Sequence[int]
    first: Sequence[int]
    last: Sequence[int]
    capital: bytes
    joined: bytes
    trait: Sequence[int]
    locative: bytes
    speech: bytes

    def word(self, index: int) -> str:
        """Return a word in its folded form, `#` outside of the text."""
        return self.folded[self.first[index] : self.last[index]] if 0 <= index < len(self.first) else "#"

    def before(self, index: int) -> str:
        """Return what stands before a word: the word, the punctuation mark between, or `^`."""
        if not index:
            return "^"
        gap = self.body[self.end[index - 1] : self.start[index]]
        if gap in (" ", "-"):
            return self.word(index - 1)
        return "^" if "\n" in gap else gap.rstrip()[-1:] or "^"

    def behind(self, index: int) -> str:
        """Return what stands behind word `index - 1`: the word, the punctuation mark between, or `$`."""
        if index >= len(self.start):
            return self.body[self.end[index - 1] : self.end[index - 1] + 1].strip() or "$"
        gap = self.body[self.end[index - 1] : self.start[index]]
        if gap in (" ", "-"):
            return self.word(index)
        return "$" if "\n" in gap else gap.lstrip()[:1] or "$"


def _traits(words: Words, found: list[Match], language: str, gazetteer: Gazetteer) -> Ints:
    """Look up the words of names and of runs of words with a capital; the others have no traits."""
    wanted = words.capital & words.joined
    wanted[1:] |= wanted[:-1]
    wanted[[match.first for match in found]] = True
    wanted[[match.last - 1 for match in found]] = True
    result = np.zeros(len(words), np.intp)
    index = wanted.nonzero()[0]
    result[index] = traits(gazetteer.lexicon, words.hashes[index], language)
    return result


def scene_of(document: Document, words: Words, found: list[Match], cued: Cued, gazetteer: Gazetteer) -> Scene:
    """Lay out a document with the names found in it."""
    joined = words.joined & words.capital
    joined[:-1] &= words.capital[1:]
    return Scene(
        document.body, document.folded.text, document.language,
        words.start.data, words.end.data, words.first.data, words.last.data,
        words.capital.tobytes(), joined.tobytes(),
        _traits(words, found, document.language, gazetteer).data,
        cued.locative.tobytes(), cued.speech.tobytes(),
    )  # fmt: skip


class Setting(msgspec.Struct, frozen=True, gc=False):
    """One mention in its surroundings; `run` is the stretch of capitalised words around it.

    `whole` says whether the run begins (2) and ends (1) with the mention, `before` what stands before it.
    """

    match: Match
    run: tuple[int, int]
    whole: int
    before: str
    place: int
    kind: int
    form: int
    rank: int
    trust: float = 0.0


def _run(scene: Scene, first: int, last: int) -> tuple[int, int]:
    low, high = max(0, first - _RUN), min(len(scene.start), last + _RUN)
    while first > low and scene.joined[first - 1]:
        first -= 1
    while last < high and scene.joined[last - 1]:
        last += 1
    return first, last


def settings_of(scene: Scene, found: list[Match]) -> list[Setting]:
    """Return the mentions in their surroundings, with the most likely kind of place and its rank (0 to 11)."""
    settings = []
    for match in found:
        known, first, last = match.known, match.first, match.last
        low, high = run = _run(scene, first, last)
        whole = 2 * (low == first) + (high == last)
        rank = _rank(known.kind, known.size)
        before = _before(scene, first)
        settings.append(Setting(match, run, whole, before, known.place, known.kind, known.form, rank))
    return settings


def _rank(kind: int, size: int) -> int:
    if kind == CITY:
        return min(8, size // 22)
    return 8 + kind if kind < COUNTRY else 11


def surnames(scene: Scene) -> frozenset[str]:
    """Return the surnames of the persons named in full, or with a title, in the document."""
    found: set[str] = set()
    index = scene.joined.find(1)
    while index >= 0:
        if scene.trait[index] & GIVEN or scene.word(index) in TITLES:
            last = min(_run(scene, index, index + 1)[1], index + _PERSON)
            found.update(scene.word(tail) for tail in range(index + 1, last))
        index = scene.joined.find(1, index + 1)
    return frozenset(found)


@dataclass(slots=True)
class Tally:
    """How often a name stands, alone, at the head or tail of a run, where a place would; whether it is at home.

    A name is at home where it may be a city or county of a state or country that the document names.
    """

    count: int = 0
    alone: int = 0
    headed: int = 0
    tailed: int = 0
    good: int = 0
    home: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the mentions of one document say about each other; `boxes` are the states and countries named."""

    people: frozenset[str]
    tallies: dict[int, Tally]
    boxes: frozenset[int]


def surroundings(scene: Scene, settings: list[Setting], gazetteer: Gazetteer) -> Surroundings:
    """Count, for each name, its mentions, those that stand alone, and those in the position of a place."""
    tallies: dict[int, Tally] = {}
    homes: dict[int, frozenset[int]] = {}
    boxes: set[int] = set()
    for s in settings:
        tally = tallies.setdefault(s.match.name, Tally())
        homes[s.match.name] = s.match.known.homes
        _count(tally, s)
        if s.kind in (ADMIN1, COUNTRY):
            boxes.add(box(int(gazetteer.country[s.place]), int(gazetteer.admin1[s.place]) * (s.kind == ADMIN1)))
    for name, tally in tallies.items():
        tally.home = not boxes.isdisjoint(homes[name])
    return Surroundings(surnames(scene), tallies, frozenset(boxes))


def _count(tally: Tally, s: Setting) -> None:
    tally.count += 1
    tally.headed += s.whole == 2
    tally.tailed += s.whole == 1
    if s.whole == 3:
        tally.alone += 1
        tally.good += s.before in _LOCATIVE
    if s.kind in (ADMIN1, COUNTRY):
        tally.good += s.before == ","


def _before(scene: Scene, first: int) -> str:
    """Return what stands before a mention; the prepositions of other languages are read as "in"."""
    before = scene.before(first)
    known = scene.language != "en" and first and scene.locative[first - 1] and before.isalpha()
    return "in" if known else before


def _behind(scene: Scene, last: int) -> str:
    """Return what stands behind a mention; the verbs of speech of other languages are read as "said"."""
    behind = scene.behind(last)
    known = scene.language != "en" and last < len(scene.speech) and scene.speech[last] and behind.isalpha()
    return "said" if known else behind


def clues(scene: Scene, s: Setting, around: Surroundings) -> tuple[Clue, ...]:
    """Return the clues by which a mention is kept or dropped, in the order of `CLUES`."""
    first, last = s.match.first, s.match.last
    a, b = s.run
    trait, tail_trait = scene.trait[first], scene.trait[last - 1]
    single = last - first == 1
    native = scene.language == "en" or s.form == NameKind.MAIN
    form = s.form if native else NameKind.SHORT
    share = (trait & _SHARE) if single else 0
    rare = (share > 0) + (share > 3) + (share > 13) + (share > 64)
    before = "=" if a < first else s.before
    behind = "=" if b > last else _behind(scene, last)
    big = s.kind >= 2
    left = scene.word(first - 1) if a < first else "-"
    right = scene.word(last) if b > last else "-"
    given, surname = bool(trait & GIVEN), bool(tail_trait & SURNAME)
    left_trait = 0 if a == first else 3 if left in TITLES else 2 if scene.trait[first - 1] & GIVEN else 1
    right_trait = 0 if b == last else 2 if scene.trait[last] & SURNAME else 1
    tally = around.tallies[s.match.name]
    person = scene.word(last - 1) in around.people
    names = given * 2 + surname
    opens = before in '^.!?"”:' if before else True
    good = min(2, tally.good)
    text = scene.body[s.match.start : s.match.end]
    return (
        0, s.rank * 8 + form, min(3, last - first), rare * 4 + opens * 2 + big, s.whole * 12 + s.rank,
        min(3, first - a) * 4 + min(3, b - last), before, f"{before} {s.whole}", behind, f"{behind} {big}", left, right,
        left_trait * 12 + s.rank, right_trait * 4 + s.whole, names * 12 + s.rank, person * 4 + names,
        good * 4 + names, min(4, tally.count) * 4 + min(3, tally.alone),
        tally.home * 12 + s.rank, text.isupper() * 8 + min(7, len(text)),
        f"{scene.word(b - 1)} {s.whole}" if b > last else "-",
        (min(2, tally.tailed) * 9 + min(2, tally.headed) * 3 + min(2, tally.alone)) * 4 + s.whole,
    )  # fmt: skip
