"""`streams bench enrich`: how many items a second one process enriches, and in how much memory."""

import gzip
import resource
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from streams import codec, dedup, offline, pipeline
from streams.errors import ConfigError
from streams.messages import Item, Origin
from streams.settings import Settings

_SLICE = 2000
_CLOCK = datetime(2026, 1, 1, tzinfo=UTC)


def enrich(settings: Settings, paths: Iterable[str], limit: int | None = None) -> int:
    """Enrich, judge and encode every line of JSON Lines files (.gz too) in this process; print rates and memory."""
    started = time.process_time()
    models, state = pipeline.load(settings), offline.new_state(settings)
    loaded = time.process_time() - started
    rates, total, poison, wall, cpu = [], 0, 0, time.perf_counter(), time.process_time()
    source = islice(_lines(paths), limit)
    while chunk := list(islice(source, _SLICE)):
        before = time.process_time()
        numbered = [(Origin("bench", 0, total + n), _CLOCK, line) for n, line in enumerate(chunk)]
        for start in range(0, len(numbered), offline.BATCH):
            poison += _run(models, state, numbered[start : start + offline.BATCH])
        total += len(chunk)
        rates.append(len(chunk) / (time.process_time() - before))
        if sys.stderr.isatty():
            print(f"\r{total:,} items, {rates[-1]:,.0f} items/s", end="", file=sys.stderr, flush=True)
    if not total:
        raise ConfigError("no items in the files given")
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"items              {total:,} ({poison:,} dead letters)")
    print(f"items per second   {total / cpu:,.0f} by processor time, {total / wall:,.0f} by the clock, one process")
    print(
        f"  of {_SLICE} at a time  min {min(rates):,.0f}, median {statistics.median(rates):,.0f}, max {max(rates):,.0f}"
    )
    print(f"microseconds/item  {cpu / total * 1e6:,.0f}")
    print(f"load               {loaded:.2f} s")
    print(f"peak memory        {_peak_megabytes():,.0f} MB")
    return 0


def _lines(paths: Iterable[str]) -> Iterator[bytes]:
    for path in paths:
        try:
            with gzip.open(path) if path.endswith(".gz") else Path(path).open("rb") as stream:
                yield from (line.rstrip(b"\r\n") for line in stream if not line.isspace())
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror or error}") from error


def _run(models: pipeline.Models, state: dedup.State, lines: Sequence[offline.Line]) -> int:
    """Do what a worker does between its topics; return the number of dead letters."""
    items = [found for found in offline.enrich_lines(models, lines) if isinstance(found, Item)]
    verdicts = [dedup.admit(state, item).verdict for item in items]
    events = [pipeline.event(item, verdict, _CLOCK) for item, verdict in zip(items, verdicts, strict=True)]
    for event in events:
        codec.encode_event(event)
    return len(lines) - len(items)


def _peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
