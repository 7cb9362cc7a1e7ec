"""The pipeline without Kafka: JSON Lines in, one event per item out, in input order (`streams enrich`)."""

import sys
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Literal

import orjson

from streams import codec, dedup, pipeline
from streams.errors import ConfigError, PoisonMessage
from streams.lines import Cutter
from streams.messages import Item, Origin
from streams.settings import Settings

BATCH = 32  # items whose stages run side by side; more gain nothing
_READ = 128 << 10

Line = tuple[Origin, datetime, bytes]
Outcome = Item | PoisonMessage


@dataclass(slots=True)
class Summary:
    """What became of the lines of a run."""

    outcomes: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        total, seconds = self.outcomes.total(), time.monotonic() - self.started
        parts = ", ".join(f"{self.outcomes[key]:,} {key}" for key in ("new", "revision", "duplicate", "dead letter"))
        return f"{total:,} items: {parts}; {seconds:.1f} s, {total / max(seconds, 1e-9):,.0f} items/s"


def new_state(settings: Settings) -> dedup.State:
    """Return an empty memory of dedup, bounded as the settings say."""
    return dedup.State(dedup.Window(settings.window_hours * 3600, settings.window_items))


def chunks(paths: Iterable[str], clock: datetime | None = None) -> Iterator[list[Line]]:
    """Yield the lines that are not blank, as many at a time as are there, without waiting for more.

    Each has its origin: file, 0, line number from 0.
    """
    for path in paths:
        name = "stdin" if path == "-" else Path(path).name
        with ExitStack() as stack:
            stream: BinaryIO = sys.stdin.buffer if path == "-" else stack.enter_context(_open(path, "rb"))
            yield from _numbered(stream, name, clock)


def _numbered(stream: BinaryIO, name: str, clock: datetime | None) -> Iterator[list[Line]]:
    number = 0
    for found in _read_lines(stream):
        now = clock or datetime.now(UTC)
        numbered = enumerate(found, number)
        number += len(found)
        chunk = [(Origin(name, 0, n), now, line.rstrip(b"\r")) for n, line in numbered if line.strip()]
        yield from (chunk[start : start + BATCH] for start in range(0, len(chunk), BATCH))


def lines(paths: Iterable[str], clock: datetime | None = None) -> Iterator[Line]:
    """Yield the same lines one by one."""
    for chunk in chunks(paths, clock):
        yield from chunk


def _read_lines(stream: Any) -> Iterator[list[bytes]]:
    """Yield the lines of each read; what is longer than any raw item may be is cut."""
    cutter = Cutter()
    while data := stream.read1(_READ):
        if whole := cutter.cut(data):
            yield whole
    if rest := cutter.rest():
        yield [rest]


def _open(path: str, mode: Literal["rb", "wb"]) -> BinaryIO:
    try:
        return Path(path).open(mode)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


def enrich_lines(models: pipeline.Models, batch: Sequence[Line]) -> list[Outcome]:
    """Return the item of each line, or why it is a dead letter."""
    return pipeline.enrich_all(models, [_decoded(line) for line in batch])


def _decoded(line: Line) -> pipeline.Received | PoisonMessage:
    origin, received_at, value = line
    try:
        return pipeline.Received(codec.decode_raw(value), origin, received_at)
    except PoisonMessage as poison:
        return poison


def run(
    settings: Settings, paths: list[str], *, dead_letters: str | None, jobs: int, strict: bool, clock: datetime | None
) -> int:
    """Enrich files to stdout and return the exit status: 1 with `strict` and poison in the input, else 0."""
    summary, state = Summary(), new_state(settings)
    with ExitStack() as stack:
        poison = stack.enter_context(_open(dead_letters, "wb")) if dead_letters else None
        for chunk, outcomes in _outcomes(settings, chunks(paths or ["-"], clock), jobs, stack):
            for line, outcome in zip(chunk, outcomes, strict=True):
                summary.outcomes[_write(state, line, outcome, poison, clock or datetime.now(UTC))] += 1
            sys.stdout.buffer.flush()
            _show_progress(summary)
    print(f"\r{summary}" if sys.stderr.isatty() else summary, file=sys.stderr)
    return int(strict and summary.outcomes["dead letter"] > 0)


def _write(state: dedup.State, line: Line, outcome: Outcome, dead_letters: BinaryIO | None, now: datetime) -> str:
    """Write the event of an item, or its dead letter; return what became of it."""
    if isinstance(outcome, PoisonMessage):
        _write_dead_letter(dead_letters, line, outcome, now)
        return "dead letter"
    event = pipeline.event(outcome, dedup.admit(state, outcome).verdict, now)
    sys.stdout.buffer.write(codec.encode_event(event) + b"\n")
    return event.status


def _write_dead_letter(stream: BinaryIO | None, line: Line, poison: PoisonMessage, now: datetime) -> None:
    if stream is None:
        return
    headers = {name: value.decode() for name, value in codec.dead_letter_headers(poison, "enrich", line[0], now)}
    stream.write(orjson.dumps({"headers": headers, "value": line[2].decode("utf-8", "backslashreplace")}) + b"\n")


def _show_progress(summary: Summary) -> None:
    if sys.stderr.isatty():
        print(f"\r{summary}", end="", file=sys.stderr, flush=True)


def _outcomes(
    settings: Settings, source: Iterator[list[Line]], jobs: int, stack: ExitStack
) -> Iterator[tuple[list[Line], list[Outcome]]]:
    if jobs == 1:
        models = pipeline.load(settings)
        return ((chunk, enrich_lines(models, chunk)) for chunk in source)
    return _in_parallel(settings, source, jobs, stack.enter_context(ProcessPoolExecutor(jobs)))


def _in_parallel(
    settings: Settings, source: Iterator[list[Line]], jobs: int, pool: ProcessPoolExecutor
) -> Iterator[tuple[list[Line], list[Outcome]]]:
    """Yield outcomes in input order, with at most four chunks for each process read ahead."""
    waiting: deque[tuple[list[Line], Future[list[bytes | tuple[str, str]]]]] = deque()
    while True:
        while len(waiting) < 4 * jobs and (chunk := next(source, None)):
            waiting.append((chunk, pool.submit(_enrich_chunk, settings, chunk)))
        if not waiting:
            return
        chunk, future = waiting.popleft()
        yield chunk, [_unpacked(packed) for packed in future.result()]


def _unpacked(packed: bytes | tuple[str, str]) -> Outcome:
    return codec.decode_item(packed) if isinstance(packed, bytes) else PoisonMessage(*packed)  # type: ignore[arg-type]


@cache
def _models(settings: Settings) -> pipeline.Models:
    return pipeline.load(settings)


def _enrich_chunk(settings: Settings, chunk: list[Line]) -> list[bytes | tuple[str, str]]:
    return [
        (outcome.reason, outcome.detail) if isinstance(outcome, PoisonMessage) else codec.encode_item(outcome)
        for outcome in enrich_lines(_models(settings), chunk)
    ]
