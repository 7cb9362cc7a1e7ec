"""Every raw record ends as exactly one of: event, duplicate, dead letter."""

import json
from collections import Counter

import pytest
from processes import Site

from streams import samples

STORY = "Artillery fire hit the northern outskirts of the town on Monday, officials said, and two people were hurt."


def test_samples_end_as_expected(site: Site) -> None:
    expected = samples.expected()
    # One key, so one partition: the samples are a story told in order.
    origins = site.oracle.send(samples.items(), key=b"samples")
    worker = site.worker()
    outcomes = site.oracle.outcomes(len(origins))
    assert {origin: len(found) for origin, found in outcomes.items()} == dict.fromkeys(origins, 1)
    dead = {
        one.line: outcomes[origin][0].id
        for one, origin in zip(expected, origins, strict=True)
        if outcomes[origin][0].status == "dead-letter"
    }
    assert dead.keys() == {one.line for one in expected if one.outcome == "dead-letter"}
    assert [line for line, reason in dead.items() if reason not in expected[line - 1].reason] == []
    site.wait_committed()
    assert worker.end() == 0


def test_events_reach_tail_and_routed_topics(site: Site) -> None:
    site.worker()
    produced = site.run("produce", "-", given=b"\n".join(samples.items()))
    assert produced.returncode == 0
    assert b"268 sent, 268 acknowledged" in produced.stderr
    statuses = Counter(found[0].status for found in site.oracle.outcomes(268).values())
    events = statuses["new"] + statuses["revision"]
    tailed = site.run("tail", "--from-beginning", "--json", "--count", str(events))
    shown = [json.loads(line) for line in tailed.stdout.splitlines()]
    assert len({event["id"] for event in shown}) == len(shown) == events
    routed = site.oracle.read("news.conflict.sudan")
    assert routed
    assert {json.loads(record.value)["id"] for record in routed} <= {event["id"] for event in shown}


BAD = {
    "tombstone": (None, "tombstone"),
    "nothing": (b"", "empty"),
    "blank": (b" \n ", "empty"),
    "words": (b"no json at all", "not-json"),
    "half an object": (b'{"id": "1", "text": "unfin', "not-json"),
    "two objects": (b'{"text": "a"}{"text": "b"}', "not-json"),
    "Latin-1": ('{"text": "Kämpfe bei Charkiw"}'.encode("latin-1"), "bad-encoding"),
    "null bytes": (b"\x00" * 1000, "not-json"),
    "lone surrogate": (b'{"text": "\\ud800 ' + STORY.encode() + b'"}', "not-json"),
    "list": (b'["text"]', "not-an-object"),
    "number": (b"17", "not-an-object"),
    "text is a number": (b'{"text": 17}', "bad-type"),
    "url is a list": (b'{"text": "a b c", "url": ["https://a.example/"]}', "bad-type"),
    "only an id": (b'{"id": "only-an-id"}', "no-content"),
    "only an image": (b'{"html": "<img src=https://a.example/b.jpg>"}', "no-content"),
    "deep nesting": (b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not-json"),
    "five megabytes": (json.dumps({"text": "long " * 1_000_000}).encode(), "too-large"),
}
ODD = {
    "only a title": {"title": STORY},
    "from the future": {"text": STORY, "published_at": "2999-01-01T00:00:00Z"},
    "from 1970": {"text": STORY, "published_at": 0},
    "no time at all": {"text": STORY, "published_at": "yesterday"},
    "a bomb of tags": {"html": "<div>" * 50_000 + f"<p>{STORY}</p>"},
    "escapes in the title": {"title": "\x1b[2J\x07Shells \u202efall", "text": STORY},
    "unknown fields": {"text": STORY, "mood": {"deep": [1, 2, 3]}},
    "an empty id": {"id": "", "text": STORY},
}


def odd(name: str) -> bytes:
    """Return an odd item with words of its own, so that none is a copy of another."""
    fields = {key: value.replace(STORY, f"{STORY} {name.upper()} {name}") if isinstance(value, str) else value
              for key, value in ODD[name].items()}  # fmt: skip
    return json.dumps({"url": f"https://news.example/{name.replace(' ', '-')}"} | fields).encode()


@pytest.fixture(scope="module")
def fates(broker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list]:
    """Send every bad and odd record, each with an empty key, and return the outcomes of each."""
    site = Site(broker.address, tmp_path_factory.mktemp("fates"))
    # More than half of what is sent is bad, which is right here and would stop the worker otherwise.
    site.more["STREAMS_POISON_SHARE"] = "1"
    assert site.run("topics", "create").returncode == 0
    values = {name: value for name, (value, _) in BAD.items()} | {name: odd(name) for name in ODD}
    origins = site.oracle.send(values.values(), key=b"")
    site.worker()
    outcomes = site.oracle.outcomes(len(values))
    letters = {(record.partition, record.offset): record for record in site.oracle.read("news.dead-letters")}
    site.close()
    assert len(letters) == len(BAD)
    return {name: outcomes.get(origin, []) for name, origin in zip(values, origins, strict=True)}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_dead_letter_with_its_reason(fates: dict[str, list], name: str) -> None:
    assert [(fate.status, fate.id) for fate in fates[name]] == [("dead-letter", BAD[name][1])]


@pytest.mark.parametrize("name", ODD)
def test_odd_input_is_one_event(fates: dict[str, list], name: str) -> None:
    assert [fate.status for fate in fates[name]] in (["new"], ["duplicate"])
