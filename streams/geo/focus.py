"""Where it happened: how much each mention says that its place is the scene, and not a capital that speaks."""

import msgspec
import numpy as np

from streams.document import Document
from streams.geo.gazetteer import Gazetteer
from streams.geo.kinds import ADMIN1, ADMIN2, CITY, COUNTRY, NameKind
from streams.geo.mentions import (
    IN_VIOLENT_SENTENCE,
    LOCATED,
    LONGER,
    OF_FIRM,
    SPEAKING,
    TALKING,
    UNSEGMENTED,
    VIOLENT,
    Mention,
)
from streams.messages import Place

TITLE, LEAD, LEAD_SIGNS, _FADE_SIGNS = 3.0, 2.0, 200, 1500.0
_LOCATIVE, _VIOLENCE = 0.6, 0.8
_DATELINE, _GOVERNMENT, _DEMONYM = 0.35, 0.0, 0.3
_COUNTRY = 0.5
_DATELINE_SIGNS = 60
_SHARE_OF_TOP = 0.45
_SHARE_OF_COUNTRY = 0.2
_MAX_FOCUS = 5
_LEAST_SCENE, _DEGREE_KM = 1.5, 111.2
FIRM, _PART_OF_NAME = 0.0, 0.3


class Weighed(msgspec.Struct, frozen=True, gc=False):
    """A mention with its weight as the scene; whether it is a government, part of a longer name, near violence."""

    mention: Mention
    weight: float
    government: bool
    part: bool = False
    violent: bool = False


def weigh(document: Document, mentions: list[Mention], gaz: Gazetteer) -> list[Weighed]:
    """Weigh every mention by where it stands and what stands around it."""
    part = _parts(mentions)
    shift = len(document.title) + 1
    weighed = []
    for m, is_part in zip(mentions, part, strict=True):
        flags, capital = m.flags, m.chosen in gaz.capitals
        located, violent = bool(flags & LOCATED), bool(flags & VIOLENT)
        government = m.form == NameKind.GOVERNMENT or (capital and not located and bool(flags & SPEAKING))
        weight = _position(m.start, shift) + _LOCATIVE * located + _VIOLENCE * violent
        if government:
            weight = _GOVERNMENT
        elif m.form == NameKind.DEMONYM:
            weight *= _DEMONYM
        elif (capital and flags & TALKING and not flags & IN_VIOLENT_SENTENCE) or _is_dateline(
            document, m.start, m.end, shift
        ):
            weight = _DATELINE
        if is_part:
            weight *= FIRM if flags & OF_FIRM else _PART_OF_NAME
        # Scripts without spaces have no words to tell violence by.
        weighed.append(Weighed(m, weight, government, is_part, violent or bool(flags & UNSEGMENTED)))
    return weighed


def _parts(mentions: list[Mention]) -> list[bool]:
    """Return which mentions begin a longer name ("Goma FC"), of towns and states that never stand alone."""
    alone = {m.chosen for m in mentions if m.kind >= COUNTRY or not m.flags & LONGER}
    return [m.chosen not in alone for m in mentions]


def _position(start: int, shift: int) -> float:
    if start < shift:
        return TITLE
    return LEAD if start < shift + LEAD_SIGNS else 1.0 / (1.0 + (start - shift) / _FADE_SIGNS)


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


class Scored(msgspec.Struct, frozen=True, gc=False):
    """A place with all of its mentions, how much they say that it is the scene, and what the gazetteer says of it."""

    place: int
    kind: int
    country: int
    size: float
    mentions: tuple[Weighed, ...]
    weight: float
    described: Place


def focused(places: list[Scored], gaz: Gazetteer) -> frozenset[int]:
    """Return the places of focus: the strongest ones below the country level, else the strongest country."""
    if not places:
        return frozenset()
    local = [p for p in places if p.kind != COUNTRY and p.weight > 0]
    lands = [p for p in places if p.kind == COUNTRY and p.weight > 0]
    top_local = max((p.weight for p in local), default=0.0)
    top_land = max((p.weight for p in lands), default=0.0)
    chosen = local if local and top_local >= _SHARE_OF_COUNTRY * top_land else lands
    top = max((p.weight for p in chosen), default=0.0)
    best = [p for p in sorted(chosen, key=lambda p: -p.weight) if p.weight >= _SHARE_OF_TOP * top][:_MAX_FOCUS]
    return frozenset(p.place for p in (*best, *_finer(best, local, gaz)))


def _finer(best: list[Scored], local: list[Scored], gaz: Gazetteer) -> list[Scored]:
    """Return the town that the scene is narrowed down to where the strongest places are states and regions."""
    if any(p.kind in (CITY, ADMIN2) for p in best):
        return []
    towns = [p for p in local if p.kind in (CITY, ADMIN2) and p.weight >= _LEAST_SCENE]
    inside = [p for p in towns if any(_lies_in(p.place, area, gaz) for area in best)]
    return sorted(inside, key=lambda p: -p.weight)[:1]


def _lies_in(town: int, area: Scored, gaz: Gazetteer) -> bool:
    if area.kind == ADMIN1:
        return bool(gaz.admin1[town] == gaz.admin1[area.place])
    if area.place >= len(gaz.radius):
        return False
    north = gaz.lat[town] - gaz.lat[area.place]
    east = (gaz.lon[town] - gaz.lon[area.place]) * np.cos(np.radians(gaz.lat[town]))
    return bool(np.hypot(north, east) * _DEGREE_KM <= gaz.radius[area.place])
