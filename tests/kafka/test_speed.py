"""What Kafka adds to the work on an item, as a ratio in one run: so that no change makes every item dearer unseen."""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from processes import Site

from streams import samples

TURNS = 12
MOST = 2.0


def _items() -> Iterator[bytes]:
    """Yield the samples again and again, each time in other words."""
    for turn in range(TURNS):
        ending = chr(ord("a") + turn)
        for line, one in zip(samples.items(), samples.expected(), strict=True):
            item = json.loads(line) if one.outcome != "dead-letter" else {}
            if "text" in item:
                words = item["text"].split(" ")
                words[::3] = [word + ending for word in words[::3]]
                yield json.dumps(item | {"id": f"{turn}-{one.line}", "text": " ".join(words)}).encode()


def _used() -> float:
    """Return the processor time of all processes this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _offline(folder: Path, items: list[bytes]) -> float:
    file, before = folder / f"{len(items)}.jsonl", _used()
    file.write_bytes(b"\n".join(items))
    command = [sys.executable, "-m", "streams", "enrich", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return _used() - before


def _on_kafka(site: Site, items: list[bytes]) -> float:
    site.oracle.send(items)
    before, worker = _used(), site.worker()
    site.wait_committed(120)
    assert worker.end() == 0
    return _used() - before


def test_an_item_on_kafka_takes_at_most_so_much_more_processor_time(site: Site, tmp_path: Path) -> None:
    items = list(_items())
    alone = _offline(tmp_path, items) - _offline(tmp_path, items[:1])
    on_kafka = -_on_kafka(site, items[:1]) + _on_kafka(site, items)
    print(f"{len(items)} items: {alone:.2f} s alone, {on_kafka:.2f} s on Kafka, {on_kafka / alone:.2f} times as much")
    assert on_kafka / alone < MOST
