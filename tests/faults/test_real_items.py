"""Real news through two workers, one of them killed three times: nothing lost, and the verdicts of the offline run."""

import gzip
import json
import random
import signal
import threading
import time
from collections import defaultdict
from itertools import islice

import pytest
from oracle import Outcome
from processes import Site
from results import Figures
from soak import ITEMS

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not ITEMS.exists(), reason=f"the real items are not there: {ITEMS} (STREAMS_TEST_DATA)"),
]


def offline(site: Site, lines: list[bytes]) -> dict[str, dict]:
    done = site.run("enrich", given=b"\n".join(lines), seconds=300)
    assert done.returncode == 0, done.stderr.decode()
    return {event["item_id"]: event for event in map(json.loads, done.stdout.splitlines())}


def stories(events: dict[str, dict]) -> set[frozenset[str]]:
    """Return the stories as sets of item ids: what belongs together, whichever was judged first."""
    members = defaultdict(set)
    for item, event in events.items():
        members[event["story_id"]].add(item)
    return {frozenset(items) for items in members.values()}


def kill_at_random(site: Site, over: threading.Event, rng: random.Random) -> threading.Thread:
    def kill() -> None:
        with site.supervised(2) as workers:
            for _ in range(3):
                workers[0].wait_ready(60)
                if over.wait(rng.uniform(1, 8)):
                    break
                workers[0].process.send_signal(signal.SIGKILL)
                time.sleep(0.5)
            over.wait()

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


@pytest.mark.parametrize("size", [(4_000, 40_000)], ids=["items"], indirect=True)
def test_real_items_survive_three_kills_with_the_verdicts_of_the_offline_run(
    site: Site, size: int, rng: random.Random, figures: Figures
) -> None:
    with gzip.open(ITEMS) as stream:
        lines = [line.rstrip() for line in islice(stream, size)]
    ids = {json.loads(line)["id"] for line in lines}
    over = threading.Event()
    killing = kill_at_random(site, over, rng)
    try:
        sent = site.oracle.send(lines)
        outcomes = site.oracle.outcomes(len(lines), size / 50)
    finally:
        over.set()
        killing.join()
    assert outcomes.keys() == set(sent)
    unlike: dict[object, list[Outcome]] = {origin: found for origin, found in outcomes.items() if len(set(found)) > 1}
    assert unlike == {}
    events = {
        event["item_id"]: event
        for event in (json.loads(record.value) for record in site.oracle.read("news.duplicates", "news.enriched"))
    }
    expected = offline(site, lines)
    assert events.keys() == expected.keys() == ids
    assert {item: event["id"] for item, event in events.items()} == {item: e["id"] for item, e in expected.items()}
    different = stories(events) ^ stories(expected)
    repeated = sum(map(len, outcomes.values())) - len(outcomes)
    figures |= {"kills": 3, "items": len(lines), "emitted again": repeated, "stories": len(stories(expected))}
    figures["of them otherwise than offline"] = len(different)
    assert len(different) <= 0.005 * len(lines)
