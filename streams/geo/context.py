"""What stands around each mention: the run of capitalised words it is part of, its neighbours, persons named."""

from collections import Counter
from dataclasses import dataclass

import msgspec
import numpy as np

from streams.document import Document
from streams.geo.cues import Cued
from streams.geo.gazetteer import Gazetteer
from streams.geo.kinds import ADMIN1, CITY, COUNTRY, PLACE_BITS, NameKind
from streams.geo.lexicon import GIVEN, SURNAME, traits
from streams.geo.mentions import Match
from streams.geo.tagger import Clue
from streams.geo.words import Words

_RUN = 6
_PERSON = 4
_SHARE = 127
_HOME_CANDIDATES = 24
_LOCATIVE = frozenset(("in", "at", "from", "near", "of", "to", "outside", "around", "across", "into"))
TITLES = frozenset(
    "mr mrs ms dr sen rep gov prof president minister judge sgt lt capt col gen sheriff coach mayor rev sir lord lady "  # noqa: SIM905
    "king queen prince princess officer detective chief director secretary senator spokesman spokeswoman chairman "
    "deputy justice sheikh imam general colonel captain major pope premier chancellor congressman ambassador".split()
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A document laid out for looking around in it, with plain lists for access by number."""

    body: str
    folded: str
    language: str
    start: list[int]
    end: list[int]
    first: list[int]
    last: list[int]
    capital: list[bool]
    joined: list[bool]
    trait: list[int]
    locative: list[bool]
    speech: list[bool]

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


def _traits(words: Words, found: list[Match], language: str, gazetteer: Gazetteer) -> list[int]:
    """Look up the words with a capital and those of names; the others have no traits."""
    wanted = words.capital.copy()
    for match in found:
        wanted[match.first : match.last] = True
    result = np.zeros(len(words), np.intp)
    result[wanted] = traits(gazetteer.lexicon, words.hashes[wanted], language)
    return result.tolist()


def scene_of(document: Document, words: Words, found: list[Match], cued: Cued, gazetteer: Gazetteer) -> Scene:
    """Lay out a document with the names found in it."""
    joined = words.joined & words.capital
    joined[:-1] &= words.capital[1:]
    return Scene(
        document.body, document.folded.text, document.language, words.start.tolist(), words.end.tolist(),
        words.first.tolist(), words.last.tolist(), words.capital.tolist(), joined.tolist(),
        _traits(words, found, document.language, gazetteer), cued.locative.tolist(), cued.speech.tolist(),
    )  # fmt: skip


class Setting(msgspec.Struct, frozen=True, gc=False):
    """One mention in its surroundings; `run` is the stretch of capitalised words around it.

    `whole` says whether the run begins (2) and ends (1) with the mention.
    """

    match: Match
    run: tuple[int, int]
    whole: int
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
        settings.append(Setting(match, run, whole, known.place, known.kind, known.form, _rank(known.kind, known.size)))
    return settings


def _rank(kind: int, size: int) -> int:
    if kind == CITY:
        return min(8, size // 22)
    return 8 + kind if kind < COUNTRY else 11


def surnames(scene: Scene) -> frozenset[str]:
    """Return the surnames of the persons named in full, or with a title, in the document."""
    found: set[str] = set()
    for index in range(len(scene.start) - 1):
        if scene.joined[index] and (scene.trait[index] & GIVEN or scene.word(index) in TITLES):
            last = min(_run(scene, index, index + 1)[1], index + _PERSON)
            found.update(scene.word(tail) for tail in range(index + 1, last))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the mentions of one document say about each other."""

    people: frozenset[str]
    count: Counter[int]
    alone: Counter[int]
    headed: Counter[int]
    tailed: Counter[int]
    good: Counter[int]
    boxes: frozenset[tuple[str, int]]
    homes: frozenset[int]


def surroundings(scene: Scene, settings: list[Setting], gazetteer: Gazetteer) -> Surroundings:
    """Count, for each name, its mentions, those that stand alone, and those in the position of a place."""
    count: Counter[int] = Counter()
    alone: Counter[int] = Counter()
    good: Counter[int] = Counter()
    headed: Counter[int] = Counter()
    tailed: Counter[int] = Counter()
    boxes: set[tuple[str, int]] = set()
    for s in settings:
        name = s.match.name
        count[name] += 1
        before = _before(scene, s.match.first)
        headed[name] += s.whole == 2
        tailed[name] += s.whole == 1
        if s.whole == 3:
            alone[name] += 1
            good[name] += before in _LOCATIVE
        if s.kind in (ADMIN1, COUNTRY):
            good[name] += before == ","
            boxes.add(_box(s.place, s.kind, gazetteer))
    homes = _homes(settings, boxes, gazetteer)
    return Surroundings(surnames(scene), count, alone, headed, tailed, good, frozenset(boxes), homes)


def _box(place: int, kind: int, gazetteer: Gazetteer) -> tuple[str, int]:
    """Return the state a place is or lies in, or the country."""
    if kind == ADMIN1:
        return "admin1", int(gazetteer.admin1[place])
    return "country", int(gazetteer.country[place])


def _homes(settings: list[Setting], boxes: set[tuple[str, int]], gazetteer: Gazetteer) -> frozenset[int]:
    """Return the names of which a candidate for a city or county lies in a state or country that the document names."""
    names = {
        s.match.name: (s.match.known.low, min(s.match.known.high, s.match.known.low + _HOME_CANDIDATES))
        for s in settings
    }
    if not boxes or not names:
        return frozenset()
    index = np.concatenate([np.arange(low, high) for low, high in names.values()])
    place = (gazetteer.entries[index] & np.uint64((1 << PLACE_BITS) - 1)).astype(np.intp)
    inside = np.zeros(len(place), np.bool_)
    for kind, number in boxes:
        inside |= (gazetteer.admin1 if kind == "admin1" else gazetteer.country)[place] == number
    inside &= gazetteer.kind[place] < ADMIN1
    owner = np.repeat(np.arange(len(names)), [high - low for low, high in names.values()])
    homes = np.bincount(owner[inside], minlength=len(names)) > 0
    return frozenset(name for name, home in zip(names, homes.tolist(), strict=True) if home)


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
    before = "=" if a < first else _before(scene, first)
    behind = "=" if b > last else _behind(scene, last)
    big = s.kind >= 2
    left = scene.word(first - 1) if a < first else "-"
    right = scene.word(last) if b > last else "-"
    given, surname = bool(trait & GIVEN), bool(tail_trait & SURNAME)
    left_trait = 0 if a == first else 3 if left in TITLES else 2 if scene.trait[first - 1] & GIVEN else 1
    right_trait = 0 if b == last else 2 if scene.trait[last] & SURNAME else 1
    name = s.match.name
    person = scene.word(last - 1) in around.people
    names = given * 2 + surname
    opens = before in '^.!?"”:' if before else True
    good = min(2, around.good[name])
    text = scene.body[s.match.start : s.match.end]
    return (
        0, s.rank * 8 + form, min(3, last - first), rare * 4 + opens * 2 + big, s.whole * 12 + s.rank,
        min(3, first - a) * 4 + min(3, b - last), before, f"{before} {s.whole}", behind, f"{behind} {big}", left, right,
        left_trait * 12 + s.rank, right_trait * 4 + s.whole, names * 12 + s.rank, person * 4 + names,
        good * 4 + names, min(4, around.count[name]) * 4 + min(3, around.alone[name]),
        (name in around.homes) * 12 + s.rank, text.isupper() * 8 + min(7, len(text)),
        f"{scene.word(b - 1)} {s.whole}" if b > last else "-",
        (min(2, around.tailed[name]) * 9 + min(2, around.headed[name]) * 3 + min(2, around.alone[name])) * 4 + s.whole,
    )  # fmt: skip
