"""From events to what an alert shows of them, and by what they are grouped."""

from collections.abc import Callable
from typing import Final

from streams.alerts.model import Dimension, Rule
from streams.filters import ANY
from streams.messages import ConflictMatch, Event, Place, Report, ReportPlace

_PHRASES: Final = 5
_SURE: Final = 0.2  # a country named only in passing is none to group by


def group_of(rule: Rule, event: Event) -> tuple[str, ...] | None:
    """Return the values an event is grouped by; None when it has none of one: then the rule cannot be about it."""
    values = [_DIMENSIONS[dimension](rule, event) for dimension in rule.group_by]
    found = tuple(value for value in values if value)
    return found if len(found) == len(values) else None


def conflict_of(rule: Rule, event: Event) -> ConflictMatch | None:
    """Return the best conflict of an event that the rule's filter is about."""
    wanted, least = rule.filter.conflict, rule.filter.min_score
    for match in event.conflicts:
        named = not wanted or ANY in wanted or match.id in wanted or str(match.ucdp_conflict_id) in wanted
        if named and match.score >= least:
            return match
    return None


def publisher(event: Event) -> str | None:
    """Return who published an event: the domain, without one the name."""
    return (event.source.domain or event.source.name or "").casefold() or None


def report(rule: Rule, event: Event) -> Report:
    """Return what an alert shows of an event."""
    match = conflict_of(rule, event)
    return Report(
        event_id=event.id,
        story_id=event.story_id,
        title=event.title,
        url=event.url,
        source=event.source,
        language=event.language,
        published_at=event.published_at,
        received_at=event.received_at,
        conflict=match.id if match else None,
        conflict_name=match.name if match else None,
        score=match.score if match else None,
        place=_place(rule, event),
        evidence=_phrases(match) if match else (),
    )


def _phrases(match: ConflictMatch) -> tuple[str, ...]:
    return tuple(dict.fromkeys(span.text for span in match.evidence))[:_PHRASES]


def _focus(rule: Rule, event: Event) -> Place | None:
    """Return where it happened: of several places the first that the rule's filter is about."""
    focus = [place for place in event.places if place.role == "focus"]
    circle, countries = rule.filter.place, rule.filter.country
    if circle:
        focus = [place for place in focus if circle.holds(place)]
    elif countries:
        focus = [place for place in focus if place.country in countries] or focus
    return focus[0] if focus else None


def _place(rule: Rule, event: Event) -> ReportPlace | None:
    if (place := _focus(rule, event)) is not None:
        return ReportPlace(place.name, place.country, place.precision, place.lat, place.lon, place.radius_km)
    code = _country(rule, event)
    return ReportPlace(None, code, "country") if code else None


def _country(rule: Rule, event: Event) -> str | None:
    wanted, focus = rule.filter.country, _focus(rule, event)
    about = [country.code for country in event.countries if country.score >= _SURE]
    codes = [focus.country, *about] if focus else about
    return next((code for code in codes if code and (not wanted or code in wanted)), None)


def _source(rule: Rule, event: Event) -> str | None:
    who = publisher(event)
    name = (event.source.name or "").casefold()
    for wanted in sorted(rule.filter.source, key=lambda one: (-len(one), one)):
        if who and (wanted in (name, who) or who.endswith(f".{wanted}")):
            return wanted
    return who


def _conflict(rule: Rule, event: Event) -> str | None:
    match = conflict_of(rule, event)
    return match.id if match else None


def _admin1(rule: Rule, event: Event) -> str | None:
    place = _focus(rule, event)
    return place.admin1 if place else None


def _place_name(rule: Rule, event: Event) -> str | None:
    place = _focus(rule, event)
    if place is None or place.precision in ("country", "international", "unknown"):
        return None
    return f"{place.name}, {place.country}" if place.country else place.name


def _story(rule: Rule, event: Event) -> str | None:
    return event.story_id


def _language(rule: Rule, event: Event) -> str | None:
    return event.language


_DIMENSIONS: Final[dict[Dimension, Callable[[Rule, Event], str | None]]] = {
    "story": _story,
    "conflict": _conflict,
    "country": _country,
    "admin1": _admin1,
    "place": _place_name,
    "source": _source,
    "language": _language,
}
