"""What stands around each mention: the run of capitalised words it is part of, its neighbours, persons named."""

from collections import Counter
from dataclasses import dataclass

from streams.document import Document
from streams.geo.gazetteer import Gazetteer
from streams.geo.kinds import ADMIN1, CITY, COUNTRY, PLACE_BITS
from streams.geo.lexicon import GIVEN, SURNAME, traits
from streams.geo.mentions import Match
from streams.geo.tagger import Clue
from streams.geo.words import Words

_RUN = 6
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


def scene_of(document: Document, words: Words, gazetteer: Gazetteer) -> Scene:
    """Lay out a document."""
    joined = words.joined & words.capital
    joined[:-1] &= words.capital[1:]
    return Scene(
        document.body, document.folded.text, document.language, words.start.tolist(), words.end.tolist(),
        words.first.tolist(), words.last.tolist(), words.capital.tolist(), joined.tolist(),
        traits(gazetteer.lexicon, words.hashes, document.language).tolist(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """One mention in its surroundings; `run` is the stretch of capitalised words around it."""

    match: Match
    run: tuple[int, int]
    place: int
    kind: int
    form: int
    rank: int

    @property
    def whole(self) -> int:
        """Whether the run begins (2) and ends (1) with the mention."""
        return 2 * (self.run[0] == self.match.first) + (self.run[1] == self.match.last)


def _run(scene: Scene, first: int, last: int) -> tuple[int, int]:
    low, high = max(0, first - _RUN), min(len(scene.start), last + _RUN)
    while first > low and scene.joined[first - 1]:
        first -= 1
    while last < high and scene.joined[last - 1]:
        last += 1
    return first, last


def setting_of(scene: Scene, match: Match, gazetteer: Gazetteer) -> Setting:
    """Return the surroundings of a mention, its most likely kind of place and its rank (kind and size, 0 to 11)."""
    entry = int(gazetteer.entries[match.low])
    place = entry & ((1 << PLACE_BITS) - 1)
    kind = int(gazetteer.kind[place])
    rank = min(8, int(gazetteer.size[place]) // 22) if kind == CITY else 8 + min(3, kind) if kind < COUNTRY else 11
    return Setting(match, _run(scene, match.first, match.last), place, kind, entry >> PLACE_BITS & 7, rank)


def surnames(scene: Scene) -> frozenset[str]:
    """Return the surnames of the persons named in full, or with a title, in the document."""
    found = set()
    for index in range(len(scene.start) - 1):
        if not scene.joined[index]:
            continue
        if scene.trait[index] & GIVEN or scene.word(index) in TITLES:
            tail = index + 1
            initial = scene.last[tail] - scene.first[tail] == 1 and scene.joined[tail]
            found.add(scene.word(tail + initial))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the mentions of one document say about each other."""

    people: frozenset[str]
    count: Counter[int]
    alone: Counter[int]
    good: Counter[int]
    boxes: frozenset[tuple[str, int]]


def surroundings(scene: Scene, settings: list[Setting], gazetteer: Gazetteer) -> Surroundings:
    """Count, for each name, its mentions, those that stand alone, and those in the position of a place."""
    count: Counter[int] = Counter()
    alone: Counter[int] = Counter()
    good: Counter[int] = Counter()
    boxes = set()
    for s in settings:
        name = s.match.name
        count[name] += 1
        before = scene.before(s.match.first)
        if s.whole == 3:
            alone[name] += 1
            good[name] += before in _LOCATIVE
        if s.kind in (ADMIN1, COUNTRY):
            good[name] += before == ","
            boxes.add(_box(s.place, s.kind, gazetteer))
    return Surroundings(surnames(scene), count, alone, good, frozenset(boxes))


def _box(place: int, kind: int, gazetteer: Gazetteer) -> tuple[str, int]:
    """Return the state a place is or lies in, or the country."""
    if kind == ADMIN1:
        return "admin1", int(gazetteer.admin1[place])
    return "country", int(gazetteer.country[place])


def _home(s: Setting, around: Surroundings, gazetteer: Gazetteer) -> bool:
    """Return whether a candidate for a city or county lies in a state or country that the document names."""
    low, high = s.match.low, min(s.match.high, s.match.low + _HOME_CANDIDATES)
    places = (gazetteer.entries[low:high] & ((1 << PLACE_BITS) - 1)).tolist()
    below = [place for place in places if gazetteer.kind[place] < ADMIN1]
    return any(_box(place, kind, gazetteer) in around.boxes for place in below for kind in (ADMIN1, COUNTRY))


def clues(scene: Scene, s: Setting, around: Surroundings, gazetteer: Gazetteer) -> tuple[Clue, ...]:
    """Return the clues by which a mention is kept or dropped, in the order of `CLUES`."""
    first, last = s.match.first, s.match.last
    a, b = s.run
    trait, tail_trait = scene.trait[first], scene.trait[last - 1]
    single = last - first == 1
    share = (trait & _SHARE) if single else 0
    rare = (share > 0) + (share > 3) + (share > 13) + (share > 64)
    before = "=" if a < first else scene.before(first)
    behind = "=" if b > last else scene.behind(last)
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
        0, s.rank * 8 + s.form, min(3, last - first), rare * 4 + opens * 2 + big, s.whole * 12 + s.rank,
        min(3, first - a) * 4 + min(3, b - last), before, f"{before} {s.whole}", behind, f"{behind} {big}", left, right,
        left_trait * 12 + s.rank, right_trait * 4 + s.whole, names * 12 + s.rank, person * 4 + names,
        good * 4 + names, min(4, around.count[name]) * 4 + min(3, around.alone[name]),
        _home(s, around, gazetteer) * 12 + s.rank, text.isupper() * 8 + min(7, len(text)),
        f"{scene.word(b - 1)} {s.whole}" if b > last else "-",
    )  # fmt: skip
