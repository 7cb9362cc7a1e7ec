"""What a reader gets: everything that is promised, in five languages, and nothing that turns the line."""

import re
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from streams.alerts import drafts, wording
from streams.alerts.memory import Group

WORDS = wording.load()


def alert_of(desk, event, **changes):
    rule = desk('when = "each"').rules.rules[0]
    return drafts.of_event(rule, ("s",), Group(), event(**changes), 0, event().received_at)


def test_an_alert_says_what_where_how_precise_how_many_and_why(desk, event) -> None:
    text = wording.text(alert_of(desk, event), WORDS["en"], ZoneInfo("Europe/Kyiv"))
    assert text.subject == "Warning: r: Strike on El Fasher market"
    assert text.body.splitlines() == [
        "New report",
        "",
        "Strike on El Fasher market",
        "War: Sudan war (0.90)",
        "Place: El Fasher, SD (in this town or site, ±6 km)",
        "Recognised by: “El Fasher”",
        "Source: Example Wire, 2026-03-02 14:00 EET",
        "Link: https://wire.example/1",
        "",
        "Sources so far: 1",
    ]


@pytest.mark.parametrize("language", ["en", "fr", "ar", "uk", "es"])
@pytest.mark.parametrize("precision", ["exact", "near", "admin2", "admin1", "area", "country", "international"])
def test_every_language_has_words_for_every_precision(desk, event, language: str, precision: str) -> None:
    place = replace(event().places[0], precision=precision)
    body = wording.text(alert_of(desk, event, places=(place,)), WORDS[language], UTC).body
    assert WORDS[language][precision] in body
    assert language == "en" or WORDS[language][precision] != WORDS["en"][precision]


def test_a_country_is_all_that_is_known(desk, event) -> None:
    body = wording.text(alert_of(desk, event, places=()), WORDS["en"], UTC).body
    assert "Place: SD (in this country, no closer known)" in body
    body = wording.text(alert_of(desk, event, places=(), countries=()), WORDS["en"], UTC).body
    assert "Place: place not known" in body


def test_strangers_cannot_turn_lines_or_hide_links(desk, event) -> None:
    alert = alert_of(desk, event, title="a\u202eb\nLink: https://evil.example\x1b[31m", url="javascript:alert(1)")
    text = wording.text(alert, WORDS["en"], UTC)
    assert "\u202e" not in text.subject + text.body
    assert "\x1b" not in text.subject + text.body
    assert not any(line.startswith("Link") for line in text.body.splitlines())


HOSTILE = (
    "<b>x</b> <!channel> <https://evil.example|here> @everyone [a](https://evil.example) [b]: https://evil.example"
)


def test_strangers_cannot_write_markup_ping_everybody_or_hide_links(desk, event) -> None:
    alert = alert_of(desk, event, title=HOSTILE, url="https://a.example@evil.example/<!here>](x) @all|y")
    text = wording.text(alert, WORDS["en"], UTC)
    for shown in (text.subject, text.body):
        assert "‹b›x‹/b› ‹!channel› ‹https://evil.example|here› @\u2060everyone [a]\u2060(https" in shown
        assert not re.search(r"[<>]|@\w|\][(\[:]", shown)
    assert "Link: https://a.example%40evil.example/%3C!here%3E%5D(x)%20%40all%7Cy" in text.body


def test_words_that_run_from_right_to_left_stand_apart(desk, event) -> None:
    subject = wording.text(alert_of(desk, event, title="غارة على الفاشر"), WORDS["en"], UTC).subject
    assert subject == "Warning: r: \u2068غارة على الفاشر\u2069"
    text = wording.text(alert_of(desk, event), WORDS["ar"], UTC)
    assert text.subject == "تحذير: r: \u2068Strike on El Fasher market\u2069"
    assert "الحرب: \u2068Sudan war\u2069 (0.90)" in text.body
    assert "المصدر: \u2068Example Wire\u2069, \u20682026-03-02 12:00 UTC\u2069" in text.body


def test_nothing_is_called_certain_or_closer_than_it_is(desk, event) -> None:
    made = event()
    place, war = replace(made.places[0], radius_km=11.46), replace(made.conflicts[0], score=0.9996)
    body = wording.text(alert_of(desk, event, places=(place,), conflicts=(war,)), WORDS["uk"], UTC).body
    assert "(0.99)" in body
    assert "±11 км)" in body


@pytest.mark.parametrize("language", ["en", "fr", "ar", "uk", "es"])
def test_every_condition_can_be_told(desk, event, after, language: str) -> None:
    rule = desk('when = "silence"\nwithin = "3h"\nfilter = { source = "wire.example" }').rules.rules[0]
    group = Group(seen=int(after().timestamp()), open="x", opened=int(after().timestamp()))
    silence = drafts.of_silence(rule, ("wire.example",), group, after(hours=3))
    end = drafts.of_end(rule, ("wire.example",), group, after(hours=4))
    texts = [wording.text(alert, WORDS[language], UTC) for alert in (silence, end)]
    assert f"3 {WORDS[language]['hours']}" in texts[0].body
    assert texts[1].subject.startswith(WORDS[language]["resolved"])
    assert all("wire.example" in text.subject and "{" not in text.body for text in texts)
