"""Commands on items without Kafka."""

from datetime import UTC, datetime
from pathlib import Path

import click

from streams import settings as _settings
from streams.cli.root import Words, streams

_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])


@streams.command()
@click.argument("files", nargs=-1, metavar="[FILE…]")
@click.option("--dead-letters", metavar="FILE", help="Write the items that cannot be processed there.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 256), help="Processes.")
@click.option("--strict", is_flag=True, help="Exit with 1 when an item cannot be processed.")
@click.option("--clock", type=_TIME, help="Receipt and emission instead of now (UTC), for output to be compared.")
def enrich(files: Words, dead_letters: str | None, jobs: int, strict: bool, clock: datetime | None) -> int:
    """Turn raw items into events without Kafka: JSON Lines from files or standard input, events to standard output.

    \b
    Example: echo '{"title": "Shelling in Kharkiv", "text": "…"}' | streams enrich
    """
    from streams import offline

    now = clock and clock.replace(tzinfo=UTC)
    return offline.run(_settings.read(), list(files), dead_letters=dead_letters, jobs=jobs, strict=strict, clock=now)


@streams.command()
@click.argument("files", nargs=-1, metavar="[FILE…]")
@click.option("--against", multiple=True, metavar="FILE", help="Earlier items, which may be copied; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
def explain(files: Words, against: Words, as_json: bool) -> int:
    """Show all that was considered for the wars, places and copies of items, and what decided.

    Items come as JSON Lines from files or standard input. Of events, it is checked whether they come out again; if not,
    though made by the same versions, the exit status is 1. Each item is judged by those before it.

    \b
    Example: echo '{"text": "Shelling in Kharkiv, officials in Moscow said."}' | streams explain
             streams explain events.jsonl --against earlier.jsonl
    """
    from streams import explain

    return explain.run(_settings.read(), list(files), list(against), json=as_json)


@streams.group()
def bench() -> None:
    """Measure how fast this machine is."""


@bench.command("enrich")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--limit", type=click.IntRange(1), help="Items at most.")
def bench_enrich(files: Words, limit: int | None) -> int:
    """Enrich the items of JSON Lines files (.gz too) in one process: items a second and memory.

    \b
    Example: streams bench enrich items.jsonl.gz --limit 10000
    """
    from streams import bench

    return bench.enrich(_settings.read(), files, limit)


@bench.command("feed")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path), metavar="FILE")
@click.option("--clients", default=2000, show_default=True, type=click.IntRange(1, 50_000), help="Live readers.")
@click.option("--rate", default=5.0, show_default=True, type=click.FloatRange(0.1, 10_000), help="Events a second.")
@click.option("--seconds", default=20.0, show_default=True, type=click.FloatRange(1, 3600), help="For how long.")
def bench_feed(file: Path, clients: int, rate: float, seconds: float) -> int:
    """Serve events like those of a JSON Lines file to live readers: how many arrive, and how late.

    \b
    Example: streams enrich items.jsonl > events.jsonl; streams bench feed events.jsonl --clients 200 --rate 50
    """
    from streams.feed import bench

    return bench.run(_settings.read(), file, bench.Load(clients, rate, seconds), click.echo)
