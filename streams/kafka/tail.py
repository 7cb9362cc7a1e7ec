"""A live view of events, filtered, on a terminal or as JSON Lines."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click
from msgspec import DecodeError

from streams import codec, conflict, filters, terminal, topics
from streams.filters import Filter
from streams.kafka import client, reading
from streams.messages import Event
from streams.settings import Settings
from streams.text.fold import fold_name

Echo = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What `streams tail` was asked for."""

    filter: Filter
    topics: tuple[str, ...] = ()
    from_beginning: bool = False
    count: int | None = None
    json: bool = False


def wanted(settings: Settings, given: Mapping[str, Any]) -> Filter:
    """Read the filters of the command line; ConfigError names what is wrong and what is allowed."""
    present = {key: value for key, value in given.items() if value not in (None, (), [])}
    known = conflict.load(fold_name, settings.registry_dir).names if "conflict" in present else None
    return filters.parse(present, known)


def run(settings: Settings, options: Options, echo: Echo) -> int:
    """Show events as they come, until interrupted or until `count` are shown."""
    return client.run(_run(settings, options, echo))


def _topics(settings: Settings, options: Options) -> list[str]:
    names = topics.names(settings)
    if options.topics:
        return list(options.topics)
    statuses = options.filter.status or {"new", "revision"}
    copies = [names.duplicates] if "duplicate" in statuses else []
    return ([names.enriched] if statuses & {"new", "revision"} else []) + copies


async def _run(settings: Settings, options: Options, echo: Echo) -> int:
    shown = 0
    async with client.consumer(settings) as consumer:
        parts = await reading.assign(consumer, _topics(settings, options))
        if not options.from_beginning:
            await reading.seek(consumer, await consumer.end_offsets(parts))
        while options.count is None or shown < options.count:
            batches = await consumer.getmany(timeout_ms=1000)
            lines = [line for batch in batches.values() for record in batch for line in _lines(record, options)]
            for line in lines[: None if options.count is None else options.count - shown]:
                echo(line)
            shown += len(lines)
    return 0


def _lines(record: reading.Record, options: Options) -> Iterator[str]:
    try:
        event = codec.decode_event(record.value or b"")
    except DecodeError:
        if options.filter == Filter():
            yield _text(record.value) if options.json else _unknown(record)
        return
    if not options.filter.accepts(event):
        return
    yield record.value.decode() if options.json else styled(event, terminal.columns())


def styled(event: Event, columns: int | None, note: str = "") -> str:
    """Return the line of an event: bold with a war, dim for a copy (click.echo drops the colours off a terminal)."""
    if event.duplicate and not note:
        note = f"copy of {event.duplicate.of}: "
    text = terminal.line(event, columns, note)
    if columns is None:
        return text
    return click.style(text, dim=event.status == "duplicate" or None, bold=bool(event.conflicts) or None)


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "backslashreplace")


def _unknown(record: reading.Record) -> str:
    snippet = terminal.safe(_text((record.value or b"")[:300]))
    return f"{record.topic}/{record.partition}/{record.offset}\t{snippet}"
