"""A backup on another cluster: the worker goes on there, and knows copies of what came before."""

import gzip
import json
from collections import Counter
from pathlib import Path

from processes import Site

from streams.kafka.broker import embedded_broker

WORDS = (
    "shells", "hit", "two", "villages", "north", "of", "the", "river", "early", "on", "monday", "the", "mayor", "said",
    "and", "wounded", "farm", "workers",
)  # fmt: skip


def item(number: int, text_of: int) -> bytes:
    text = " ".join(f"{word}{text_of * 7919 % 9973}" if at % 3 else word for at, word in enumerate(WORDS * 3))
    return json.dumps({"id": f"item-{number}", "title": f"{text_of} villages hit", "text": text}).encode()


def test_a_worker_goes_on_from_a_backup(site: Site, tmp_path: Path, cache: Path) -> None:
    worker = site.worker()
    site.oracle.send([item(number, number) for number in range(40)] + [b"broken"], headers=[("trace", b"\xff")])
    site.oracle.outcomes(41)
    site.wait_committed()
    assert worker.end() == 0
    waiting = [item(100 + number, number) for number in range(5)] + [item(200 + n, 200 + n) for n in range(5)]
    site.oracle.send(waiting)
    folder = tmp_path / "backup"
    done = site.run("backup", str(folder))
    assert done.returncode == 0, done.stderr
    assert f"{site.name}.news.raw: 51 records" in done.stderr.decode()
    with gzip.open(folder / "raw.jsonl.gz", "rt") as lines:
        assert {json.loads(line)["h"][0][1] for line in list(lines)[1:] if "trace" in line} == {"/w=="}

    with embedded_broker(cache) as elsewhere:
        other = Site(elsewhere.address, tmp_path, name=site.name)
        try:
            _goes_on(other, folder)
        finally:
            other.close()


def _goes_on(other: Site, folder: Path) -> None:
    refused = other.run("restore", str(folder))
    assert (refused.returncode, b"run `streams topics create`" in refused.stderr) == (1, True)
    assert other.run("topics", "create").returncode == 0
    done = other.run("restore", str(folder))
    assert done.returncode == 0, done.stderr
    before = _statuses(other)
    other.worker().wait_ready()
    other.wait_committed()
    after = _statuses(other)
    assert after - before == Counter({"duplicate": 5, "new": 5})
    again = other.run("restore", str(folder))
    assert (again.returncode, b"not empty" in again.stderr) == (1, True)


def _statuses(site: Site) -> Counter[str]:
    records = [*site.oracle.read("news.enriched"), *site.oracle.read("news.duplicates")]
    return Counter(json.loads(record.value)["status"] for record in records)
