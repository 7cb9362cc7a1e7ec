"""Every sample item ends as a careful reader expects: outcome, original, language, wars, country and place."""

from datetime import UTC, datetime
from functools import cache

import pytest

from streams import codec, dedup, offline, pipeline, settings
from streams.errors import PoisonMessage
from streams.messages import Event, Item, Origin
from streams.samples import Expected, expected, items
from streams.text.fold import fold_name

RECEIVED = datetime(2026, 11, 23, 12, tzinfo=UTC)


@cache
def outcomes() -> dict[int, Event | PoisonMessage]:
    """Return line number (from 1) → what became of it, in one run over all samples."""
    config = settings.Settings()
    models, state = pipeline.load(config), offline.new_state(config)
    found: dict[int, Event | PoisonMessage] = {}
    for number, line in enumerate(items(), 1):
        (outcome,) = offline.enrich_lines(models, [(Origin("samples", 0, number), RECEIVED, line)])
        found[number] = _event(state, outcome) if isinstance(outcome, Item) else outcome
    return found


def _event(state: dedup.State, item: Item) -> Event:
    return pipeline.event(item, dedup.admit(state, item).verdict, RECEIVED)


def _events(field: str) -> list[Expected]:
    return [case for case in expected() if case.outcome != "dead-letter" and getattr(case, field)]


def _id(case: Expected) -> str:
    return f"line {case.line} ({case.language})"


@pytest.mark.parametrize("case", expected(), ids=_id)
def test_outcome(case: Expected) -> None:
    found = outcomes()[case.line]
    if isinstance(found, PoisonMessage):
        assert (case.outcome, found.reason in case.reason) == ("dead-letter", True), f"{found}: {case.note}"
    else:
        assert {"new": "event"}.get(found.status, found.status) == case.outcome, f"{found.duplicate}: {case.note}"


@pytest.mark.parametrize("case", _events("kind"), ids=_id)
def test_duplicate_is_linked_to_its_original(case: Expected) -> None:
    found = outcomes()[case.line]
    assert isinstance(found, Event)
    assert found.duplicate is not None, case.note
    assert found.duplicate.kind in case.kind
    if case.of and case.of.startswith("line:"):
        original = outcomes()[int(case.of.removeprefix("line:"))]
        assert isinstance(original, Event)
        assert found.duplicate.of == original.item_id
    else:
        assert found.duplicate.of == case.of


@pytest.mark.parametrize("case", _events("language"), ids=_id)
def test_language(case: Expected) -> None:
    found = outcomes()[case.line]
    assert isinstance(found, Event)
    assert found.language == case.language, found.title or found.text[:80]


def _wars() -> list[Expected]:
    return [case for case in expected() if case.outcome != "dead-letter" and (case.conflicts is not None or case.slug)]


@pytest.mark.parametrize("case", _wars(), ids=_id)
def test_conflicts(case: Expected) -> None:
    found = outcomes()[case.line]
    assert isinstance(found, Event)
    ids = [match.ucdp_conflict_id for match in found.conflicts]
    shown = [(match.id, match.ucdp_conflict_id, match.score) for match in found.conflicts]
    if case.slug and not case.conflicts:
        assert found.conflicts, case.note
        assert found.conflicts[0].id == case.slug, shown
    elif not case.conflicts:
        assert shown == [], case.note
    else:
        assert set(ids[:1]) & {case.conflicts[0], *case.accept}, f"{shown}: {case.note}"
        assert set(case.conflicts[1:]) <= set(ids), shown


@pytest.mark.parametrize("case", _events("country"), ids=_id)
def test_country(case: Expected) -> None:
    found = outcomes()[case.line]
    assert isinstance(found, Event)
    assert [country.code for country in found.countries[:1]], case.note
    assert found.countries[0].code in case.country, [(c.code, c.score) for c in found.countries]


@pytest.mark.parametrize("case", _events("focus"), ids=_id)
def test_focus(case: Expected) -> None:
    found = outcomes()[case.line]
    assert isinstance(found, Event)
    focus = {fold_name(place.name) for place in found.places if place.role == "focus"}
    assert focus & {fold_name(name) for name in case.focus}, [(p.name, p.role) for p in found.places]


@pytest.mark.parametrize("case", [case for case in expected() if case.outcome != "dead-letter"], ids=_id)
def test_every_span_points_at_its_words(case: Expected) -> None:
    found = outcomes()[case.line]
    assert isinstance(found, Event)
    spans = [*(e for match in found.conflicts for e in match.evidence), *(m for p in found.places for m in p.mentions)]
    fields = {"title": found.title, "text": found.text}
    assert [span for span in spans if fields[span.field][span.start : span.end] != span.text] == []


def test_events_survive_the_wire() -> None:
    for found in outcomes().values():
        if isinstance(found, Event):
            assert codec.decode_event(codec.encode_event(found)) == found
