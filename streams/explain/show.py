"""An explanation as text for people: what won first, then what it won against."""

from collections.abc import Iterable, Iterator, Mapping

from streams import dedup, geo
from streams.explain.report import Again, Report, War, Wars
from streams.messages import Event, Place
from streams.terminal import safe

_MOST_WARS, _MOST_PLACES, _MOST_COPIES = 6, 5, 8
_ON, _OFF = "●", "○"  # what was chosen, and what was not


def lines(report: Report) -> Iterator[str]:
    """Yield the lines of an explanation; nothing in them acts on a terminal."""
    yield from _head(report.event)
    if report.again:
        yield from _again(report.again)
    yield from _wars(report.wars)
    yield from _places(report.event, report.places)
    yield from _copies(report.duplicate)
    yield ""


def _head(event: Event) -> Iterator[str]:
    yield f"━━ {safe(event.title or event.text[:100])}"
    published = f"{event.published_at:%Y-%m-%d %H:%M}" if event.published_at else "no date"
    source = event.source.domain or event.source.name or "no source"
    yield f"   {safe(event.item_id)} · {event.language} · {published} · {safe(source)}"
    made = event.provenance
    yield f"   pipeline {made.pipeline} · registry {made.registry} · gazetteer {made.gazetteer}"


def _again(again: Again) -> Iterator[str]:
    versions = ", ".join(f"{name} {safe(old)} then, {new} now" for name, (old, new) in again.versions.items())
    outcome = f"comes out otherwise in {', '.join(again.differs)}" if again.differs else "comes out the same"
    made_by = f"made by other versions ({versions})" if versions else "made by these versions"
    yield f"   event {made_by}: {outcome}"


def _wars(wars: Wars) -> Iterator[str]:
    yield f"WARS      named from {wars.threshold:.2f}"
    if not wars.candidates:
        yield "  none: no term of any war"
    for war in wars.candidates[:_MOST_WARS]:
        yield from _war(war)
    yield from _more(len(wars.candidates) - _MOST_WARS)
    if wars.decided and len(wars.candidates) > 1:
        first, second = wars.candidates[:2]
        yield f"  {first.id} before {second.id} by {wars.decided}"


def _war(war: War) -> Iterator[str]:
    vague = "  vague" if war.vague else ""
    yield f"  {_ON if war.named else _OFF} {war.score:.3f}  {war.id}{vague}   {_points(war.points)}"
    for found in war.evidence:
        yield f"       {found.field} {found.start}-{found.end} “{safe(found.text)}” {found.reason}"


def _points(points: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:+.1f}" for name, value in points.items() if round(value, 1))


def _places(event: Event, names: Iterable[geo.Explanation]) -> Iterator[str]:
    countries = " ".join(f"{country.code} {country.score:.2f}" for country in event.countries)
    yield f"PLACES    about {countries or 'no country'}; names are places from {geo.THRESHOLD:+.1f}"
    for place in event.places:
        yield _place(place)
    for name in names:
        yield from _name(event, name)


def _place(place: Place) -> str:
    within = f" within {place.radius_km:g} km" if place.radius_km is not None else ""
    country = f", {place.country}" if place.country else ""
    mark = _ON if place.role == "focus" else _OFF
    return f"  {mark} {place.score:.3f}  {safe(place.name)}{country}   {place.role}, {place.precision}{within}"


def _name(event: Event, name: geo.Explanation) -> Iterator[str]:
    shift = len(event.title) + 1  # spans are those of title and text in one
    spans = [f"title {a}-{b}" if a < shift else f"text {a - shift}-{b - shift}" for a, b in name.spans]
    others = f", {name.score - name.trust:+.1f} of them by other names" if round(name.score - name.trust, 1) else ""
    verdict = "a place" if name.kept else "no place"
    yield f"     “{safe(name.text)}” {', '.join(spans)}   {verdict} by {name.score:+.1f}{others}"
    for number, place in enumerate(name.candidates[:_MOST_PLACES]):
        country = f", {place.country}" if place.country else ""
        mark = _ON if name.kept and not number else _OFF
        yield f"       {mark} {place.score:.2f}  {safe(place.name)}{country} ({place.kind})   {_points(place.passes)}"
    yield from _more(len(name.candidates) - _MOST_PLACES, "       ")
    if name.decided:
        yield f"       decided by {name.decided}"


def _copies(found: dedup.Explanation) -> Iterator[str]:
    limits = ", ".join(f"{kind} from {least:.2f}" for kind, least in dedup.THRESHOLDS.items())
    yield f"COPIES    {limits}"
    yield f"  {found.verdict.status}: {found.decided}"
    for candidate in found.candidates[:_MOST_COPIES]:
        yield _copy(candidate)
    yield from _more(len(found.candidates) - _MOST_COPIES)


def _copy(candidate: dedup.Candidate) -> str:
    jaccard, containment = candidate.jaccard, candidate.containment
    alike = f"near {jaccard:.2f}, contained {containment:.2f}, " if jaccard is not None else ""
    keys = f"{candidate.keys} keys shared, by {', '.join(candidate.by)}"
    return f"  {_ON if candidate.chosen else _OFF} {safe(candidate.item_id)}: {candidate.finding}   {alike}{keys}"


def _more(count: int, indent: str = "  ") -> Iterator[str]:
    if count > 0:
        yield f"{indent}… and {count} more"
