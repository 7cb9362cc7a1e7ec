"""Poison by the drop and by the flood: each record its dead letter, and a bad deploy stops the worker."""

import json
import random
import time

import pytest
from account import settle
from load import Raw, Sender, load
from processes import Site
from results import Figures

BAD: dict[str, bytes | None] = {
    "tombstone": None,
    "nothing": b"",
    "words": b"no json at all",
    "half an object": b'{"id": "1", "text": "unfin',
    "Latin-1": '{"text": "Kämpfe bei Charkiw"}'.encode("latin-1"),
    "null bytes": b"\x00" * 1000,
    "lone surrogate": b'{"text": "\\ud800"}',
    "list": b'["text"]',
    "text is a number": b'{"text": 17}',
    "only an id": b'{"id": "only-an-id"}',
    "only an image": b'{"html": "<img src=https://a.example/b.jpg>"}',
    "deep nesting": b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a megabyte and more": json.dumps({"text": "long " * 300_000}).encode(),
}


def poison(number: int) -> Raw:
    """Return a bad record, of each kind in turn."""
    return Raw(list(BAD.values())[number % len(BAD)], str(number).encode(), "dead-letter")


@pytest.mark.parametrize("size", [(1, 20)], ids=["thousands"], indirect=True)
def test_one_in_a_hundred_of_every_bad_kind(site: Site, size: int, rng: random.Random, figures: Figures) -> None:
    records = load(1300 * size)
    for number in range(13 * size):
        records.insert(rng.randrange(len(records)), poison(number))
    sender = Sender(site, records, seconds=2 * size)
    worker = site.worker()
    with sender.running():
        pass
    settle(site.oracle, len(records), 60 * size).check(sender.sent, once=True)
    figures |= {"records": len(records), "of them poison of thirteen kinds": 13 * size, "emitted again": 0}
    assert worker.end() == 0


def wait_ended(site: Site, seconds: float = 40) -> None:
    """Wait until the last worker has ended by itself, because of too much poison."""
    worker = site.workers[-1]
    assert worker.process.wait(seconds) == 70
    assert "STREAMS_POISON_SHARE=0.5 allows" in worker.log.read_text()


def test_a_burst_of_poison_stops_the_worker_and_nothing_is_lost_when_it_is_let_through(
    site: Site, figures: Figures
) -> None:
    before, burst, after = load(500), [poison(number) for number in range(800)], load(500, first=1000)
    site.more["STREAMS_POISON_RECORDS"] = "200"
    sender = Sender(site, before + burst + after, seconds=3)
    site.worker()
    with sender.running():
        wait_ended(site)
    spared = len(site.oracle.read("news.dead-letters"))
    site.worker()
    wait_ended(site)  # the poison is still there
    time.sleep(0.5)
    assert spared <= len(site.oracle.read("news.dead-letters")) < 500  # the topic was not drained
    site.more["STREAMS_POISON_SHARE"] = "1"
    last = site.worker()
    account = settle(site.oracle, len(sender.sent), 60)
    account.check(sender.sent, once=site.once)
    figures |= {"records": len(sender.sent), "poison in a row": len(burst), "emitted again": account.repeated}
    site.wait_committed()
    assert last.end() == 0
