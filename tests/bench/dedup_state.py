"""Measure dedup at size: memory an item (RSS, all included), time of a verdict, time of a fingerprint.

python tests/bench/dedup_state.py [--items 1000000]

Items are made texts: words drawn from a Zipf-like vocabulary, lengths log-normal as in news (median about 120 words),
8 % near copies, 8 % exact copies, 4 % templates with other numbers. Prints one line for each tenth of the run.
"""

import argparse
import gc
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from streams import dedup
from streams.messages import Fingerprint, Item, Origin, Provenance, Source
from streams.text.fingerprint import fingerprint
from streams.text.fold import fold

START = datetime(2026, 1, 1, tzinfo=UTC)
ITEMS_A_SECOND = 12


def rss_bytes() -> int:
    """Return the resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def texts(rng: np.random.Generator, vocabulary: list[str], count: int) -> list[tuple[str, str]]:
    """Return titles and texts; the last ones are copies and templates of the first."""
    made = []
    for length in np.clip(rng.lognormal(4.9, 0.9, count), 8, 4000).astype(int):
        words = [vocabulary[n] for n in (len(vocabulary) * rng.random(length) ** 3).astype(int)]
        made.append((" ".join(words[:8]), " ".join(words[8:])))
    for n in range(count * 8 // 10, count):
        title, text = made[n - count // 2]
        words = text.split()
        if n % 5 < 2:
            made[n] = (title, text)
        elif n % 5 < 4:
            made[n] = (title, " ".join(words[len(words) // 20 :]))
        else:
            made[n] = (title, " ".join(str(rng.integers(1000)) if i % 9 == 4 else w for i, w in enumerate(words)))
    return made


def item(number: int, printed: Fingerprint) -> Item:
    """Return an item with this fingerprint, published within the six hours before it comes."""
    received = START + timedelta(seconds=number / ITEMS_A_SECOND)
    return Item(
        item_id=f"https://news{number % 997}.example/{received:%Y/%m/%d}/a-story-of-today-{number}",
        shard="en",
        title="",
        text="",
        url=f"https://news{number % 997}.example/{received:%Y/%m/%d}/a-story-of-today-{number}",
        page=f"https://news{number % 997}.example/{received:%Y/%m/%d}/a-story-of-today-{number}",
        source=Source(),
        language="en",
        published_at=received - timedelta(seconds=number * 7919 % 21600),
        received_at=received,
        fingerprint=printed,
        conflicts=(),
        places=(),
        countries=(),
        provenance=Provenance(pipeline="", registry="", gazetteer="", origin=Origin("news.raw", number % 8, number)),
    )


def main() -> None:
    """Fill a state to its limit and half as much again, so that the last third also evicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    limit = parser.parse_args().items
    rng = np.random.default_rng(1)
    vocabulary = [f"w{n:x}" for n in range(60_000)]
    state = dedup.State(dedup.Window(max_items=limit))
    gc.collect()
    before, number, batch = rss_bytes(), 0, 2_000
    while number < limit * 3 // 2:
        verdicts, prints = [], []
        for title, text in texts(rng, vocabulary, batch):
            folded = fold(f"{title}\n{text}")
            started = time.perf_counter()
            printed = fingerprint(folded, "en")
            prints.append(time.perf_counter() - started)
            made = item(number, printed)
            started = time.perf_counter()
            dedup.admit(state, made)
            verdicts.append(time.perf_counter() - started)
            number += 1
        if number % (limit // 10) < batch:
            print(
                f"{number:9,} in, {state.size:9,} kept: {(rss_bytes() - before) / max(state.size, 1):5.0f} B/item RSS,"
                f" {state.memory_bytes / max(state.size, 1):5.0f} estimated;"
                f" verdict {statistics.mean(verdicts) * 1e6:5.1f} us"
                f" (median {statistics.median(verdicts) * 1e6:.1f}, worst {max(verdicts) * 1e3:.1f} ms);"
                f" fingerprint {statistics.mean(prints) * 1e6:5.1f} us",
                flush=True,
            )


if __name__ == "__main__":
    main()
