"""Why an item became the event it became (`streams explain`)."""

import sys

import msgspec

from streams import dedup, offline, pipeline
from streams.errors import PoisonMessage
from streams.explain import show
from streams.explain.report import Report, item_of, report
from streams.messages import Event, Item
from streams.settings import Settings
from streams.terminal import safe


def run(settings: Settings, paths: list[str], against: list[str], *, json: bool) -> int:
    """Explain the items or events of files on standard output, each judged by those before it; return the exit status.

    Items of `against` come before all. 1 when a line is neither item nor event, which is said on standard error, or
    when the versions that made an event do not make it again.
    """
    models, state, failed = pipeline.load(settings), offline.new_state(settings), False
    for line in offline.lines(against):
        if found := _read(models, line):
            dedup.admit(state, found[0])
    for line in offline.lines(paths or ["-"]):
        found = _read(models, line)
        if found:
            explained = report(models, state, *found, judged=bool(against))
            dedup.admit(state, found[0])
            _write(explained, json=json)
        failed |= not found or (explained.again is not None and explained.again.broken)
    return int(failed)


def _read(models: pipeline.Models, line: offline.Line) -> tuple[Item, Event | None] | None:
    try:
        return item_of(models, line)
    except PoisonMessage as poison:
        origin = line[0]
        print(safe(f"{origin.topic}, line {origin.offset + 1}: {poison}"), file=sys.stderr)
        return None


def _write(explained: Report, *, json: bool) -> None:
    shown = msgspec.json.encode(explained) if json else "\n".join(show.lines(explained)).encode()
    sys.stdout.buffer.write(shown + b"\n")
    sys.stdout.buffer.flush()
