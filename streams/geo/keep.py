"""Which of the names found are places: a linear model where capitals help, size and frequency where there are none."""

from streams.geo.context import Scene, Setting, Surroundings, clues, settings_of, surroundings
from streams.geo.gazetteer import Gazetteer
from streams.geo.kinds import ADMIN1, COUNTRY, NameKind
from streams.geo.lexicon import GIVEN, OFTEN_BITS, SHARE, SHARE_BITS, STOP, SURNAME
from streams.geo.mentions import Match
from streams.geo.tagger import score

CUT, SECOND_LOOK = -1.0, -2.5
_SUPPORT, _MOST_SUPPORT, _SURE = 0.5, 3.0, 9.0
_SMALL, _LARGE = 87, 104  # 25·log10 of 3,000 and of 15,000 inhabitants
_OTHER_LANGUAGE = 1.0  # the weights know the function words of English only
_COMMON = 9  # log2 of occurrences in ten million words
_METROPOLIS = 137  # 25·log10 of 300,000 inhabitants
_WHOLE, _DATELINE, _DATELINE_REACH = 3, 4, 24


def kept(scene: Scene, found: list[Match], gazetteer: Gazetteer) -> list[Setting]:
    """Return the names that may be places, in their surroundings, with how far to trust that they are."""
    free = [m for m in found if m.last - m.first > 1 or not scene.trait[m.first] & STOP]
    settings = settings_of(scene, free)
    around = surroundings(scene, settings, gazetteer)
    trusted = [(s, _trust(scene, s, around, gazetteer)) for s in settings]
    return [
        Setting(s.match, s.run, s.whole, s.before, s.place, s.kind, s.form, s.rank, trust)
        for s, trust in trusted
        if trust > SECOND_LOOK
    ]


def confirmed(s: Setting, support: float) -> bool:
    """Return whether a name is a place, given how much the other names of the item support the place chosen."""
    return s.trust + _SUPPORT * min(_MOST_SUPPORT, support) > CUT


def _trust(scene: Scene, s: Setting, around: Surroundings, gazetteer: Gazetteer) -> float:
    if s.form >= NameKind.DEMONYM:
        return _SURE
    if not scene.capital[s.match.first]:
        return _SURE if _plausible(scene, s, around) else -_SURE
    spelt_out = s.kind == COUNTRY and s.match.last - s.match.first > 1
    if spelt_out or _opens_report(scene, s):
        return _SURE
    if s.whole == _WHOLE and s.form <= NameKind.SHORT and _is_known(scene, s):
        return _SURE
    foreign = s.form == NameKind.ALTERNATE and scene.language == "en"
    if foreign and s.kind < ADMIN1 and gazetteer.size[s.place] < _LARGE:
        return -_SURE
    other = _OTHER_LANGUAGE if scene.language != "en" else 0.0
    return other + score(gazetteer.weights, clues(scene, s, around))


def _is_known(scene: Scene, s: Setting) -> bool:
    """Return whether a name is that of a country or large town, and no word or name of persons besides."""
    trait = scene.trait[s.match.first] | scene.trait[s.match.last - 1]
    return (s.kind == COUNTRY or s.match.known.size >= _METROPOLIS) and not trait & (GIVEN | SURNAME | SHARE)


def _opens_report(scene: Scene, s: Setting) -> bool:
    """Return whether a name in capitals is a dateline: "CHARLESTON, W.Va. --", "BEIRUT (AFP)"."""
    text = scene.body[s.match.start : s.match.end]
    if s.whole != _WHOLE or len(text) < _DATELINE or not text.isupper():
        return False
    tail = scene.body[s.match.end : s.match.end + _DATELINE_REACH].lstrip(" ")
    return tail.startswith(("-", "—", "–", "(AP", "(AFP", "(Reuters", ":")) or (tail[:1] == "," and "--" in tail)


def _plausible(scene: Scene, s: Setting, around: Surroundings) -> bool:
    """Return whether a name of a script without capitals is known enough not to be some other word."""
    known = s.match.known
    if s.kind >= ADMIN1 or known.divided:
        return True
    single = s.match.last - s.match.first == 1
    often = scene.trait[s.match.first] >> SHARE_BITS & ((1 << OFTEN_BITS) - 1) if single else 0
    if known.largest >= _LARGE:
        return often < _COMMON + (known.largest - _LARGE) // 12
    named = not around.boxes.isdisjoint(known.homes)
    return named and known.largest >= _SMALL and often < _COMMON and s.match.end - s.match.start > 3
