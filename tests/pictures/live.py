"""The live page with the samples on it, as if they had been the news of the last day."""

import json
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stand import readable

from streams import samples
from streams.kafka.broker import free_port
from streams.kafka.children import child

_HOURS = 24
_STREAMS = [sys.executable, "-m", "streams"]


@contextmanager
def page(folder: Path) -> Iterator[str]:
    """Serve the page for the length of a block and yield its address."""
    file, port = folder / "events.jsonl", free_port()
    with file.open("wb") as events:
        subprocess.run([*_STREAMS, "enrich"], input=_items(), stdout=events, check=True)
    with child(
        [*_STREAMS, "feed", "--events", str(file), "--port", str(port), "--metrics-port", "0"], folder / "feed.log"
    ):
        address = f"http://127.0.0.1:{port}/"
        _wait(f"{address}readyz")
        yield address


def _items() -> bytes:
    """Return the samples, of all hours of a day but more of them of those just past."""
    chance, now = random.Random(3), datetime.now(UTC)
    items = [json.loads(line.removeprefix(b"\xef\xbb\xbf")) for line in samples.items() if readable(line)]
    for item in items:
        for name in ("published", "pubDate"):
            item.pop(name, None)
        item["published_at"] = (now - timedelta(hours=_HOURS * chance.random() ** 1.4)).isoformat()
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def _wait(url: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        time.sleep(0.2)
    raise AssertionError(f"{url} has not answered within {seconds:.0f} s")
