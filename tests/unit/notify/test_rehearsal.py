"""`streams alerts check` and `test`: what would have been told, when, and why not the rest."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from streams import codec, conflict
from streams.cli.root import streams
from streams.errors import CommandFailed, ConfigError
from streams.messages import ConflictMatch, CountryScore, Event, Origin, Provenance, Source
from streams.text.fold import fold_name

NOW = datetime.fromisoformat("2026-03-02T12:00:00Z")
EVENT = Event(
    id="e", item_id="i", story_id="s", status="new", duplicate=None, revision=1, title="Strike on El Fasher", text="",
    url=None, source=Source("Wire", "wire.example"), language="en", published_at=NOW, received_at=NOW, emitted_at=NOW,
    conflicts=(ConflictMatch("sudan", "Sudan war", 309, None, 0.9, ()),), places=(),
    countries=(CountryScore("SD", 1.0),), provenance=Provenance("1", "1", "1", Origin("news.raw", 0, 0)),
)  # fmt: skip
DESK = '[[receiver]]\nname = "desk"\nkind = "alertmanager"\nurl = "http://am:9093"\nlanguage = "fr"\n'
EACH = '[[rule]]\nname = "sudan"\nwhen = "each"\nfilter = { conflict = "sudan" }\nreceivers = ["desk"]\n'


@pytest.fixture(scope="module")
def registry() -> conflict.Registry:
    return conflict.load(fold_name)


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch, registry: conflict.Registry) -> None:
    monkeypatch.setattr(conflict, "load", lambda *_: registry)


@pytest.fixture
def run(tmp_path: Path):
    def command(name: str, rules: str, events: list[Event], *options: str):
        (tmp_path / "rules.toml").write_text(DESK + rules)
        (tmp_path / "events.jsonl").write_bytes(b"\n".join(map(codec.encode_event, events)))
        more = ["--events", str(tmp_path / "events.jsonl")] if name == "test" else []
        arguments = ["alerts", name, str(tmp_path / "rules.toml"), *more, *options]
        return CliRunner().invoke(streams, arguments, catch_exceptions=False, standalone_mode=False).output

    return command


def later(hours: float, **changes: object) -> Event:
    at = NOW + timedelta(hours=hours)
    return replace(EVENT, id=f"e{hours}", story_id=f"s{hours}", received_at=at, published_at=at, **changes)


def test_check_tells_what_a_file_asks_for(run) -> None:
    idle = '[[receiver]]\nname = "idle"\nkind = "alertmanager"\nurl = "http://am:9093"\n'
    assert run("check", idle + EACH, []).splitlines() == [
        "rules: 1, receivers: 2",
        "  sudan: each, by story, warning, to desk",
        "  receiver idle is told of nothing",
    ]


def test_check_knows_the_wars_there_are(run) -> None:
    with pytest.raises(
        ConfigError, match=r"rules\.toml:9: rule 'sudan': filter: conflict: 'sudna' is none; did you mean"
    ):
        run("check", EACH.replace('"sudan" }', '"sudna" }'), [])


def test_what_is_told_when_and_why_not_the_rest(run) -> None:
    events = [EVENT, later(1, conflicts=()), later(2, status="duplicate"), later(3)]
    shown = run("test", EACH, events, "--rest").splitlines()
    assert shown == [
        "2026-03-02 12:00:00Z  desk  <-  Avertissement: sudan: Strike on El Fasher",
        "2026-03-02 13:00:00Z  -  sudan: not what the filter asks for: Strike on El Fasher",
        "2026-03-02 14:00:00Z  -  sudan: a copy or revision, which this condition does not count: Strike on El Fasher",
        "2026-03-02 15:00:00Z  desk  <-  Avertissement: sudan: Strike on El Fasher",
        "sudan: 2 alerts, 0 of them ended",
        "          1 not what the filter asks for",
        "          1 a copy or revision, which this condition does not count",
    ]


def test_the_clock_goes_as_the_events_came(run) -> None:
    rule = EACH + 'digest = "30m"\n'
    shown = run("test", rule, [EVENT, later(0.25), later(2)]).splitlines()
    assert [line[:20] for line in shown[:2]] == ["2026-03-02 12:30:00Z", "2026-03-02 14:30:00Z"]


def test_a_silence_between_events_is_seen_and_one_after_them_is_not(run) -> None:
    rule = EACH.replace("each", "silence") + 'within = "3h"\n'
    shown = run("test", rule, [EVENT, later(10)]).splitlines()
    assert [line[:20] for line in shown[:2]] == ["2026-03-02 15:00:00Z", "2026-03-02 22:00:00Z"]
    assert shown[2] == "sudan: 1 alert, 1 of them ended"


def test_old_events_can_be_taken_as_live_on_their_day(run) -> None:
    old = replace(EVENT, received_at=NOW + timedelta(days=300))
    assert "sudan: 0 alerts" in run("test", EACH, [old])
    assert "sudan: 1 alert," in run("test", EACH, [old], "--as-published")


def test_all_of_it_as_json(run) -> None:
    lines = [json.loads(line) for line in run("test", EACH, [EVENT, later(1, conflicts=())], "--json").splitlines()]
    assert [(line["outcome"], line["event_id"]) for line in lines] == [("sent", "e"), ("filter", "e1")]
    assert lines[0]["alert"]["schema"] == "news.alert/1"
    assert msgspec.convert(lines[0]["alert"], dict)["receivers"] == ["desk"]


def test_a_line_that_is_no_event_is_named(run, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"title": 1}\n')
    (tmp_path / "rules.toml").write_text(DESK + EACH)
    with pytest.raises(CommandFailed, match=r"bad\.jsonl:1: this is no event"):
        CliRunner().invoke(
            streams, ["alerts", "test", str(tmp_path / "rules.toml"), "--events", str(tmp_path / "bad.jsonl")],
            catch_exceptions=False, standalone_mode=False,
        )  # fmt: skip


def test_events_have_to_come_from_somewhere(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(DESK + EACH)
    with pytest.raises(CommandFailed, match="--events FILE or --since TIME"):
        CliRunner().invoke(
            streams, ["alerts", "test", str(tmp_path / "rules.toml")], catch_exceptions=False, standalone_mode=False
        )
