"""The recipe: same input, same item; the producer comes first; the yardstick page comes out right."""

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from streams import pipeline
from streams.errors import PoisonMessage
from streams.messages import Item, Origin, RawItem, Verdict
from streams.settings import Settings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DATA = Path(os.environ.get("STREAMS_TEST_DATA", Path(__file__).resolve().parents[3] / "shared"))
PAGE = next(iter(sorted((DATA / "data").glob("000_*.txt"))), None)


@cache
def models() -> pipeline.Models:
    return pipeline.load(Settings())


def enrich(**fields: object) -> Item:
    return pipeline.enrich(models(), pipeline.Received(RawItem(**fields), Origin("news.raw", 0, 0), NOW))  # type: ignore[arg-type]


HTML = """<html><head><title>Shelling kills four in Sloviansk | Example Wire</title></head><body>
<nav><a href="/">Home</a> <a href="/world">World</a></nav><article><h1>Shelling kills four in Sloviansk</h1>
<p>Four people were killed when Russian shells hit an apartment house in Sloviansk on Monday, the governor said.</p>
<p>Rescuers searched the ruins for three more residents until the evening, and the power failed in two districts.</p>
</article><footer>All rights reserved</footer></body></html>"""


def test_a_page_loses_its_furniture() -> None:
    item = enrich(html=HTML)
    assert item.title == "Shelling kills four in Sloviansk"
    assert item.text.splitlines()[0].startswith("Four people were killed")
    assert "Home" not in item.text
    assert "rights reserved" not in item.text


def test_markup_in_the_text_is_taken_out() -> None:
    item = enrich(title="Shelling", text="<p>Four people were killed in <b>Sloviansk</b> on Monday.</p>")
    assert item.text == "Four people were killed in Sloviansk on Monday."


def test_what_the_producer_says_comes_before_the_page() -> None:
    item = enrich(title="Four dead in Sloviansk", html=HTML, url="https://wire.example/1")
    assert item.title == "Four dead in Sloviansk"
    assert item.url == "https://wire.example/1"


def test_a_page_without_words_is_poison() -> None:
    with pytest.raises(PoisonMessage, match="no-content"):
        enrich(html='<html><body><img src="a.jpg"></body></html>')


def test_an_item_that_names_no_country_is_about_those_of_its_war() -> None:
    item = enrich(title="Anti-balaka fighters attack FACA convoy", text="Three soldiers were killed in the attack.")
    assert item.conflicts[0].id == "central-african-republic"
    assert [(country.code, country.score == item.conflicts[0].score) for country in item.countries] == [("CF", True)]


def test_the_same_input_gives_the_same_item() -> None:
    assert enrich(html=HTML) == enrich(html=HTML)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"id": "7", "text": "One text."}, {"id": "7", "text": "Another text."}, True),
        (
            {"url": "https://www.wire.example/a?utm_source=x", "text": "One text."},
            {"url": "http://wire.example/a", "text": "Another text."},
            True,
        ),
        (
            {"url": "https://wire.example/a", "text": "One text."},
            {"url": "https://wire.example/b", "text": "One text."},
            False,
        ),
        ({"text": "One text."}, {"text": "One text."}, True),
        ({"text": "One text."}, {"text": "Another text."}, False),
    ],
)
def test_an_item_is_named_by_its_id_else_its_page_else_its_text(one: dict, other: dict, same: bool) -> None:
    assert (enrich(**one).item_id == enrich(**other).item_id) is same


def test_a_link_that_is_no_web_address_is_dropped() -> None:
    assert enrich(url="javascript:alert(1)", text="One text.").url is None


def test_an_events_id_depends_on_item_and_content_alone() -> None:
    verdict = Verdict(status="new", story_id="s")
    first = pipeline.event(enrich(id="1", text="One text."), verdict, NOW)
    later = pipeline.event(enrich(id="1", text="One text."), verdict, datetime(2027, 1, 1, tzinfo=UTC))
    assert first.id == later.id
    assert first.id != pipeline.event(enrich(id="2", text="One text."), verdict, NOW).id
    assert first.id != pipeline.event(enrich(id="1", text="Another text."), verdict, NOW).id


@pytest.mark.data
@pytest.mark.skipif(PAGE is None, reason="the evaluation data (STREAMS_TEST_DATA) are not here")
def test_the_yardstick_page() -> None:
    assert PAGE
    source = PAGE.read_text(encoding="utf-8")
    item = enrich(text=source)
    assert item.language == "fr"
    assert item.title == "Les États-Unis pressent Israël d'en faire plus pour protéger les civils à Gaza"
    for furniture in ("Rechercher", "Dernières Infos", item.title, "Photo d'illustration", "..."):
        assert furniture not in item.text
    paragraphs = [line for line in source.splitlines() if len(line) > 120]
    assert item.text.splitlines() == paragraphs[:-1]
    war = item.conflicts[0]
    assert war.ucdp_conflict_id == 234
    fields = {"title": item.title, "text": item.text}
    assert [fields[e.field][e.start : e.end] for e in war.evidence] == [e.text for e in war.evidence]
    assert {"Hamas", "Gaza"} <= {e.text for e in war.evidence}
    strip = next(place for place in item.places if place.name == "Gaza Strip")
    assert (strip.precision, strip.role, strip.country) == ("area", "focus", "PS")
    assert {country.code for country in item.countries[:2]} == {"PS", "IL"}
    assert "US" in {country.code for country in item.countries[2:]}
