"""Commands that run and examine an installation: worker, demo, check, settings."""

from pathlib import Path

import click

from streams import settings as _settings
from streams.cli.root import say, streams


@streams.command()
def check() -> int:
    """Check settings, data files, broker, topics and the metrics port, and say how to mend what is wrong."""
    from streams.kafka import check

    return check.run(click.echo)


@streams.command()
@click.option("--once", is_flag=True, help="End after the samples with a summary; 1 when it does not add up.")
def demo(once: bool) -> int:
    """Run broker and worker on this machine, send sample items and show the events, until Ctrl-C.

    \b
    Example: streams demo --once
    """
    from streams.kafka import demo

    return demo.run(_settings.read(), once, click.echo, say)


@streams.command()
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Instead of STREAMS_METRICS_PORT; 0: none.")
def worker(metrics_port: int | None) -> int:
    """Run one worker: raw items to events. Start it again for a second one; they share the work.

    \b
    Example: STREAMS_BROKERS=kafka:9092 streams worker
    """
    from dataclasses import replace

    from streams.worker import app

    settings = _settings.read()
    return app.run(settings if metrics_port is None else replace(settings, metrics_port=metrics_port))


@streams.command()
def settings() -> None:
    """Show every setting: its variable, its value, its default and its meaning."""
    rows = _settings.table(_settings.read())
    width = max(len(variable) for variable, *_ in rows)
    for variable, value, default, meaning in rows:
        changed = "" if value == default else f"  (default: {default or '-'})"
        click.echo(f"{variable:{width}}  {value or '-'}{changed}")
        click.echo(f"{'':{width}}  {meaning}")


@streams.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of STREAMS_FEED_PORT; 0: any free one.")
@click.option("--events", type=click.Path(dir_okay=False, exists=True, path_type=Path), metavar="FILE",
              help="Events as JSON Lines, and what is added to them, instead of Kafka.")  # fmt: skip
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Instead of STREAMS_METRICS_PORT; 0: none.")
def feed(port: int | None, events: Path | None, metrics_port: int | None) -> int:
    """Serve events over HTTP: a live page, Server-Sent Events, JSON Feed, Atom, RSS, GeoJSON.

    \b
    Example: streams feed --port 8080
    Example: streams enrich items.jsonl > events.jsonl; streams feed --events events.jsonl
    """
    from dataclasses import replace

    from streams.feed import server

    settings = _settings.read()
    settings = settings if port is None else replace(settings, feed_port=port)
    return server.run(settings if metrics_port is None else replace(settings, metrics_port=metrics_port), events)
