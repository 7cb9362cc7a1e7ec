"""Where it happened: how much each mention says that its place is the scene, and not a capital that speaks."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from streams.document import Document
from streams.geo.context import Setting
from streams.geo.cues import Cued, near
from streams.geo.gazetteer import Gazetteer
from streams.geo.hashing import Ints
from streams.geo.kinds import ADMIN1, COUNTRY, NameKind
from streams.geo.words import Words

_TITLE, _LEAD, _LEAD_SIGNS, _FADE_SIGNS = 3.0, 2.0, 400, 1500.0
_LOCATIVE, _VIOLENCE, _REACH = 0.6, 0.8, 10
_DATELINE, _GOVERNMENT, _DEMONYM = 0.35, 0.0, 0.3
_COUNTRY = 0.5
_DATELINE_SIGNS = 60
_SPEECH_REACH = 4
_SHARE_OF_TOP = 0.45
_SHARE_OF_COUNTRY = 0.2
_MAX_FOCUS = 5


@dataclass(frozen=True, slots=True)
class Weighed:
    """A mention with its weight as the scene, and whether it stands for a government."""

    setting: Setting
    weight: float
    government: bool


def weigh(
    words: Words, document: Document, settings: list[Setting], place: Ints, cued: Cued, gaz: Gazetteer
) -> list[Weighed]:
    """Weigh every mention; `place[i]` is the place that `settings[i]` was resolved to."""
    first = np.array([s.match.first for s in settings], np.intp)
    last = np.array([s.match.last for s in settings], np.intp)
    violent = near(cued.violence, first, _REACH).tolist()
    talking = near(cued.speech, first, _SPEECH_REACH).tolist()
    located = (cued.locative[np.maximum(first - 1, 0)] & (first > 0)).tolist()
    speaking = (cued.speech[np.minimum(last, len(words) - 1)] & (last < len(words))).tolist()
    capital = [number in gaz.capitals for number in place.tolist()]
    shift = len(document.title) + 1
    weighed = []
    for n, s in enumerate(settings):
        government = s.form == NameKind.GOVERNMENT or (capital[n] and speaking[n] and not located[n])
        weight = _position(s.match.start, shift) + _LOCATIVE * located[n] + _VIOLENCE * violent[n]
        if government:
            weight = _GOVERNMENT
        elif s.form == NameKind.DEMONYM:
            weight *= _DEMONYM
        elif (capital[n] and talking[n] and not violent[n]) or _is_dateline(
            document, s.match.start, s.match.end, shift
        ):
            weight = _DATELINE
        weighed.append(Weighed(s, weight, government))
    return weighed


def _position(start: int, shift: int) -> float:
    if start < shift:
        return _TITLE
    return _LEAD if start < shift + _LEAD_SIGNS else 1.0 / (1.0 + (start - shift) / _FADE_SIGNS)


def _is_dateline(document: Document, start: int, end: int, shift: int) -> bool:
    """Return whether a name opens the text as a dateline: "KHARTOUM (AFP) -", "Paris, 3 May —"."""
    if not shift <= start < shift + _DATELINE_SIGNS:
        return False
    head = document.body[shift:start]
    tail = document.body[end : end + _DATELINE_SIGNS].split("\n")[0]
    opens = not head.strip(" \n(") or (head.strip().endswith(",") and head.isupper())
    if not opens:
        return False
    dash = min((tail.find(sign) for sign in ("—", "–", " - ", "--", "(") if sign in tail), default=-1)
    return 0 <= dash < 30 and ". " not in tail[:dash]


@dataclass(frozen=True, slots=True)
class Scored:
    """A place with all of its mentions, and how much they say that it is the scene."""

    place: int
    kind: int
    country: int
    size: float
    mentions: tuple[Weighed, ...]
    weight: float


def focused(places: list[Scored]) -> frozenset[int]:
    """Return the places of focus: the strongest ones below the country level, else the strongest country."""
    if not places:
        return frozenset()
    local = [p for p in places if p.kind != COUNTRY and p.weight > 0]
    lands = [p for p in places if p.kind == COUNTRY and p.weight > 0]
    top_local = max((p.weight for p in local), default=0.0)
    top_land = max((p.weight for p in lands), default=0.0)
    chosen = local if local and top_local >= _SHARE_OF_COUNTRY * top_land else lands
    top = max((p.weight for p in chosen), default=0.0)
    best = [p.place for p in sorted(chosen, key=lambda p: -p.weight) if p.weight >= _SHARE_OF_TOP * top]
    return frozenset(best[:_MAX_FOCUS])


def country_weights(places: list[Scored]) -> dict[int, float]:
    """Return how much the mentions say for each country; a lone small town says little, it may be a namesake."""
    weights: dict[int, float] = defaultdict(float)
    named = Counter(p.country for p in places)
    for p in places:
        if p.country:
            sure = 1.0 if named[p.country] > 1 or p.kind >= ADMIN1 else _sure(p.size)
            weights[p.country] += sure * sum(_country_share(w) for w in p.mentions)
    return weights


def _sure(size: float) -> float:
    """Return the trust in a town nothing else speaks for: 0.15 up to 1,000 inhabitants, 1 from 300,000 on."""
    return min(1.0, max(0.15, (size - 3.0) / 2.5))


def _country_share(w: Weighed) -> float:
    if w.government:
        return 0.6
    if w.setting.form == NameKind.DEMONYM:
        return 0.5 + 0.25 * w.weight
    return 0.6 + 0.5 * w.weight
