"""Dead letters, replay, tail and the errors of commands, on a real broker."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
from oracle import header
from processes import Site

from streams.geo import arrays, gazetteer

GOOD = json.dumps(
    {"id": "good", "text": "Two villages near the river were shelled overnight, the governor said."}
).encode()


def dead_letters(site: Site, count: int) -> list:
    """Send as many broken records, between good ones, and let a worker turn them into dead letters."""
    site.more["STREAMS_POISON_SHARE"] = "1"
    site.oracle.send([f"broken {number}".encode() for number in range(count)], [("source", b"test")], b"k")
    site.worker()
    site.oracle.outcomes(count)
    return site.oracle.read("news.dead-letters")


def test_dead_letters_are_listed_and_sent_again(site: Site) -> None:
    letters = dead_letters(site, 3)
    first = [
        f"{site.name}.news.raw/{letter.partition}/{letter.offset}".encode() for letter in site.oracle.read("news.raw")
    ]
    assert [letter.value for letter in letters] == [b"broken 0", b"broken 1", b"broken 2"]
    assert {letter.key for letter in letters} == {b"k"}
    listed = [json.loads(line) for line in site.run("dead-letters", "list", "--json").stdout.splitlines()]
    assert [(one["reason"], one["value"], one["attempts"]) for one in listed] == [
        ("not-json", f"broken {number}", 0) for number in range(3)
    ]
    assert site.run("dead-letters", "list", "--reason", "empty").stdout == b""
    retried = site.run("dead-letters", "retry", "--yes")
    assert retried.returncode == 0, retried.stderr
    again = [record for record in site.oracle.read("news.raw") if header(record, "dlq-attempts")]
    assert [(record.key, record.value, record.headers) for record in again] == [
        (b"k", f"broken {number}".encode(), (("source", b"test"), ("dlq-attempts", b"1"), ("dlq-first", first[number])))
        for number in range(3)
    ]
    site.oracle.outcomes(6)
    assert [header(letter, "dlq-attempts") for letter in site.oracle.read("news.dead-letters")[3:]] == ["1", "1", "1"]


def test_a_retry_takes_each_dead_letter_once_and_not_for_ever(site: Site) -> None:
    dead_letters(site, 2)
    for attempts in (1, 2):
        assert site.run("dead-letters", "retry", "--yes", "--max-attempts", "2").returncode == 0
        site.oracle.outcomes(2 + 2 * attempts)
    assert b"no dead letters to send again" in site.run("dead-letters", "retry", "--yes", "--max-attempts", "2").stderr
    assert len(site.oracle.read("news.raw")) == 6


def test_a_retry_of_all_takes_only_the_latest_of_each_record(site: Site) -> None:
    dead_letters(site, 2)
    for sent in (2, 4):  # the second time there are four dead letters, of two records
        retried = site.run("dead-letters", "retry", "--yes", "--all", "--reason", "not-json")
        assert b"2 sent, 2 acknowledged" in retried.stderr
        site.oracle.outcomes(2 + sent)
    assert [header(record, "dlq-attempts") for record in site.oracle.read("news.raw")] == [
        None,
        None,
        "1",
        "1",
        "2",
        "2",
    ]


def test_a_declined_retry_sends_nothing(site: Site) -> None:
    dead_letters(site, 1)
    asked = site.run("dead-letters", "retry", given=b"n\n")
    assert asked.returncode == 1
    assert len(site.oracle.read("news.raw")) == 1


def test_replay_marks_backfill_and_ends_on_its_own_topic(site: Site) -> None:
    site.oracle.send([GOOD, b"{broken"], [("source", b"test"), ("backfill", b"an older replay")])
    replayed = site.run("replay", "--from-offset", "0")
    assert replayed.returncode == 0, replayed.stderr
    records = sorted(site.oracle.read("news.raw"), key=lambda record: record.value)
    assert [record.value for record in records] == [GOOD, GOOD, b"{broken", b"{broken"]
    marks = [header(record, "backfill") for record in records]
    assert marks.count("an older replay") == 2
    assert len({mark for mark in marks if mark.startswith("replay-")}) == 1
    assert all([name for name, _ in record.headers] == ["source", "backfill"] for record in records)
    assert len({record.timestamp for record in records}) <= 2
    site.worker()
    site.oracle.outcomes(4)
    events = [json.loads(record.value) for record in site.oracle.read("news.enriched", "news.duplicates")]
    assert {event["provenance"]["backfill"] for event in events} == {True}


def test_replay_begins_and_ends_where_told(site: Site) -> None:
    site.oracle.send([b"old"])
    time.sleep(1.1)
    middle = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    time.sleep(1.1)
    site.oracle.send([b"young"])
    other = f"{site.name}.news.alerts"
    assert site.run("replay", "--to", other, "--since", middle).returncode == 0
    assert [record.value for record in site.oracle.read("news.alerts")] == [b"young"]
    assert site.run("replay", "--to", other, "--since", "1h", "--until", middle).returncode == 0
    assert [record.value for record in site.oracle.read("news.alerts")] == [b"young", b"old"]


def test_tail_filters(site: Site) -> None:
    items = [
        {"title": "Schelling in Utrecht", "text": "De gemeente Utrecht opent een nieuwe fietsbrug over het kanaal."},
        {
            "title": "Shelling in Kharkiv",
            "text": "Russian artillery shelled Kharkiv in Ukraine, killing two civilians.",
        },
    ]
    site.worker()
    assert site.run("produce", "-", given="\n".join(map(json.dumps, items)).encode()).returncode == 0
    site.oracle.outcomes(2)
    lines = site.run("tail", "--from-beginning", "--country", "ua", "--count", "1").stdout.decode().splitlines()
    assert len(lines) == 1
    assert lines[0].split("\t")[4] == "Shelling in Kharkiv"


def test_a_missing_topic_is_said(site: Site) -> None:
    site.more["STREAMS_TOPIC_PREFIX"] = "nobody."
    for command in (["produce", "-"], ["tail"], ["dead-letters", "list"]):
        failed = site.run(*command)
        assert failed.returncode == 1
        assert b"run `streams topics create`" in failed.stderr
        assert failed.stderr.count(b"\n") == 1


def test_check_is_content_with_a_whole_installation(site: Site) -> None:
    checked = site.run("check")
    assert checked.returncode == 0, checked.stdout
    assert b"PROBLEM" not in checked.stdout


def test_top_shows_what_goes_on(site: Site) -> None:
    items = [
        {"title": f"Shelling in Kharkiv \u001b[31m{number}", "text": "Russian artillery shelled Kharkiv in Ukraine."}
        for number in range(2)
    ]
    site.oracle.send([json.dumps(item).encode() for item in items] + [b"{broken"])
    site.more["STREAMS_POISON_SHARE"] = "1"
    site.worker()
    site.oracle.outcomes(3)
    site.wait_committed()
    shown = site.run("top", "--once").stdout.decode()
    lines = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line}
    assert lines[f"{site.name}.news.raw"] == ["0.0", "0"]
    shown_topics = [name.partition(".")[2] for name in lines if name.startswith(site.name)]
    assert shown_topics == ["news.raw", "news.items", "news.enriched", "news.duplicates", "news.dead-letters"]
    assert lines["russia-ukraine"][0] == "2"
    assert shown.count("Shelling in Kharkiv") == 2
    assert "\x1b" not in shown


def test_old_events_are_enriched_again_with_a_new_registry(site: Site, tmp_path: Path) -> None:
    war = {"text": "Fighters of the Harbour Front attacked a post near Lisbon in Portugal, killing four soldiers."}
    site.oracle.send([json.dumps(war).encode(), GOOD])
    worker = site.worker()
    site.oracle.outcomes(2)
    assert worker.end() == 0
    assert site.run("replay", "--re-enrich", "--from-offset", "0").stderr.startswith(b"2 events read, 0 changed")
    registry = tmp_path / "registry"
    registry.mkdir()
    (registry / "own.toml").write_text(
        '[[conflict]]\nslug = "harbour"\nname = "Harbour Front insurgency"\ncountries = ["PT"]\n'
        '[conflict.actors]\nen = "Harbour Front!!"\n',
        encoding="utf-8",
    )
    site.more["STREAMS_REGISTRY_DIR"] = str(registry)
    again = site.run("replay", "--re-enrich", "--since", "1h")
    assert again.stderr.startswith(b"2 events read, 1 changed"), again.stderr
    events = [json.loads(record.value) for record in site.oracle.read("news.enriched")]
    old, new = (event for event in events if "Harbour" in event["text"])
    assert (old["conflicts"], new["conflicts"][0]["id"]) == ([], "harbour")
    kept = ("id", "item_id", "story_id", "status", "revision", "title", "text", "received_at")
    assert [old[field] for field in kept] == [new[field] for field in kept]
    assert new["provenance"]["backfill"] is True
    assert new["provenance"]["registry"] != old["provenance"]["registry"]
    assert site.run("replay", "--re-enrich", "--since", "1h", "--to", "x").returncode == 2


def test_old_events_are_enriched_again_with_a_new_gazetteer(site: Site, tmp_path: Path) -> None:
    site.oracle.send(
        [json.dumps({"text": "Shells hit a market in Kharkiv on Monday, killing nine, medics said."}).encode()]
    )
    worker = site.worker()
    site.oracle.outcomes(1)
    assert worker.end() == 0
    words, tables = arrays.read(gazetteer.COMPILED)
    moved = tmp_path / "gazetteer.bin"
    arrays.write(moved, words | {"version": "moved"}, tables | {"lat": tables["lat"] + np.float32(0.5)})
    site.more["STREAMS_GAZETTEER_FILE"] = str(moved)
    again = site.run("replay", "--re-enrich", "--since", "1h")
    assert again.stderr.startswith(b"1 events read, 1 changed"), again.stderr
    old, new = (json.loads(record.value) for record in site.oracle.read("news.enriched"))
    assert old["id"] == new["id"]
    assert new["places"][0]["name"] == old["places"][0]["name"]
    assert new["places"][0]["lat"] == pytest.approx(old["places"][0]["lat"] + 0.5, abs=0.001)
    assert new["provenance"]["gazetteer"] != old["provenance"]["gazetteer"]


def test_a_backup_of_raw_items_gives_the_same_events_elsewhere(site: Site, tmp_path: Path) -> None:
    site.oracle.send([GOOD, GOOD.replace(b"good", b"other").replace(b"river", b"lake"), b"{broken"])
    site.more["STREAMS_POISON_SHARE"] = "1"
    site.worker()
    site.oracle.outcomes(3)
    backup = tmp_path / "raw.jsonl"
    backup.write_bytes(b"\n".join(record.value for record in site.oracle.read("news.raw")) + b"\n")
    other = Site(site.brokers, tmp_path, more={"STREAMS_POISON_SHARE": "1"})
    try:
        assert other.run("topics", "create").returncode == 0
        assert other.run("produce", str(backup)).returncode == 0
        other.worker()
        other.oracle.outcomes(3)
        before, after = ({json.loads(record.value)["id"] for record in one.oracle.read("news.enriched")}
                         for one in (site, other))  # fmt: skip
        assert before == after
        assert len(after) == 2
    finally:
        other.close()
