"""Workers replaced one after the other, as Kubernetes does it: items wait for no longer than one of them is away."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.request import urlopen

from processes import Site, Worker


@contextmanager
def items_coming(site: Site) -> Iterator[list[int]]:
    """Send an item every 50 ms for the length of a block, to all partitions in turn; yield how many so far."""
    over, sent = threading.Event(), [0]

    def send() -> None:
        while not over.wait(0.05):
            text = f"Farmers of village number {sent[0]} met the governor and asked for {sent[0] * 7919} new wells."
            site.oracle.send([json.dumps({"id": str(sent[0]), "text": text}).encode()])
            sent[0] += 1

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield sent
    finally:
        over.set()
        thread.join()


def start(site: Site, number: int) -> Worker:
    site.more["STREAMS_INSTANCE_ID"] = f"worker-{number}"
    worker = site.worker()
    worker.wait_ready()
    return worker


def rebalances(worker: Worker) -> float:
    with urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=5) as page:
        [found] = re.findall(r"^streams_rebalances_total (\S+)$", page.read().decode(), re.MULTILINE)
    return float(found)


def test_no_item_waits_longer_than_a_worker_is_away(site: Site) -> None:
    site.more["STREAMS_SESSION_TIMEOUT"] = "45"
    workers = [start(site, number) for number in range(2)]
    away = []
    with items_coming(site) as sent:
        time.sleep(1)
        for number, other in ((0, 1), (1, 0)):
            began, settled = time.monotonic(), rebalances(workers[other])
            assert workers[number].end() == 0
            workers[number] = start(site, number)
            away.append(time.monotonic() - began)
            assert rebalances(workers[other]) == settled, "the other one keeps its partitions and goes on"
    assert len(site.oracle.outcomes(sent[0])) == sent[0]
    events = [json.loads(record.value) for record in site.oracle.read("news.enriched")]
    waits = [_time(event["emitted_at"]) - _time(event["received_at"]) for event in events]
    assert max(waits) < max(away) + 1, f"{max(waits):.1f} s, and a worker was away for {max(away):.1f} s"


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
