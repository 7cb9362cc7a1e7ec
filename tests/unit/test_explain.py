"""`streams explain` shows what decided, makes events again, and lets nothing hostile reach the terminal."""

import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams import codec, explain, offline, settings
from streams.samples import items

CLOCK = datetime(2026, 11, 23, 12, tzinfo=UTC)
RAW = {
    "id": "w1",
    "title": "Drone strike on El Fasher market kills nine",
    "text": "Nine people were killed when drones of the Rapid Support Forces hit a market in El Fasher, medics said. "
    "A fire in Paris, Texas, was put out on the same day, and nobody was hurt in either Khartoum or Port Sudan.",
}


def write(path: Path, *objects: dict[str, Any]) -> str:
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in objects))
    return str(path)


def explained(
    capfdbinary: pytest.CaptureFixture[bytes], *paths: str, against: tuple[str, ...] = (), json: bool = True
) -> tuple[int, list[Any], str]:
    status = explain.run(settings.Settings(), list(paths), list(against), json=json)
    out, err = capfdbinary.readouterr()
    return status, [orjson.loads(line) for line in out.splitlines()] if json else [out.decode()], err.decode()


def events(capfdbinary: pytest.CaptureFixture[bytes], path: str) -> list[Any]:
    offline.run(settings.Settings(), [path], dead_letters=None, jobs=1, strict=False, clock=CLOCK)
    return [orjson.loads(line) for line in capfdbinary.readouterr()[0].splitlines()]


def test_every_sample_event_comes_out_again(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    raw = tmp_path / "raw.jsonl"
    raw.write_bytes(b"\n".join(items()))
    made = events(capfdbinary, str(raw))
    status, reports, _ = explained(capfdbinary, write(tmp_path / "events.jsonl", *made))
    assert status == 0
    assert len(reports) == len(made) > 200
    assert [report["again"] for report in reports] == [{"differs": [], "versions": {}}] * len(made)


def test_verdicts_come_out_again_beside_the_items_before(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    copy = RAW | {"id": "w2", "text": RAW["text"].replace("market", "bazaar")}
    known = write(tmp_path / "raw.jsonl", RAW)
    made = events(capfdbinary, write(tmp_path / "both.jsonl", RAW, copy))
    assert [event["status"] for event in made] == ["new", "duplicate"]
    last = write(tmp_path / "last.jsonl", made[1])
    status, (alone,), _ = explained(capfdbinary, last)
    assert (status, alone["event"]["status"], alone["again"]["differs"]) == (0, "new", [])
    status, (beside,), _ = explained(capfdbinary, last, against=(known,))
    assert (status, beside["event"]["status"], beside["again"]["differs"]) == (0, "duplicate", [])
    assert [(c["item_id"], c["chosen"]) for c in beside["duplicate"]["candidates"]] == [("w1", True)]


def test_an_event_that_does_not_come_out_again_is_an_error_unless_others_made_it(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (event,) = events(capfdbinary, write(tmp_path / "raw.jsonl", RAW))
    event["countries"] = [{"code": "TD", "score": 1.0}]
    status, (report,), _ = explained(capfdbinary, write(tmp_path / "changed.jsonl", event))
    assert (status, report["again"]) == (1, {"differs": ["countries"], "versions": {}})
    now, event["provenance"]["gazetteer"] = event["provenance"]["gazetteer"], "older"
    path = write(tmp_path / "older.jsonl", event)
    status, (report,), _ = explained(capfdbinary, path)
    assert (status, report["again"]) == (0, {"differs": ["countries"], "versions": {"gazetteer": ["older", now]}})
    assert f"gazetteer older then, {now} now" in explained(capfdbinary, path, json=False)[1][0]


def test_the_report_says_what_won_against_what(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    _, (report,), _ = explained(capfdbinary, write(tmp_path / "raw.jsonl", RAW))
    assert codec.decode_event(orjson.dumps(report["event"])).conflicts[0].id == "sudan"
    first = report["wars"]["candidates"][0]
    assert (first["id"], first["named"], report["wars"]["threshold"]) == ("sudan", True, 0.5)
    assert report["wars"]["decided"] in first["points"]
    paris = next(name for name in report["places"] if name["text"] == "Paris")
    assert paris["decided"] == "containment"
    assert len(paris["candidates"]) > 1
    (text,) = explained(capfdbinary, str(tmp_path / "raw.jsonl"), json=False)[1]
    assert "“Paris” text 114-119   a place by" in text
    for words in ("named from 0.50", "sudan", "decided by containment", "new: nothing alike"):
        assert words in text


def test_nothing_hostile_reaches_the_terminal(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\u202e"
    raw = {"id": f"w{hostile}", "source": f"wire{hostile}", "url": f"https://a.example/{hostile}"}
    raw |= {"title": f"Shelling in {hostile}Kharkiv", "text": f"Shells fell on {hostile}Kharkiv and Izium{hostile}."}
    path = write(tmp_path / "raw.jsonl", raw, raw | {"id": f"copy{hostile}", "url": None})
    (event, _) = events(capfdbinary, path)
    event["provenance"]["registry"] = hostile
    changed = write(tmp_path / f"events{hostile.replace('/', '')}.jsonl", event)
    _, (text,), _ = explained(capfdbinary, path, changed, json=False)
    assert "Kharkiv" in text
    assert {char for char in text if unicodedata.category(char).startswith("C")} == {"\n"}


def test_a_line_that_is_no_item_is_named(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "raw\x1b.jsonl"
    path.write_bytes(b'{"title": "Fighting resumes near the bridge"}\n[]\n')
    status, reports, error = explained(capfdbinary, str(path))
    assert (status, len(reports)) == (1, 1)
    assert error == "raw.jsonl, line 2: not-an-object: a JSON object is needed, not list\n"
