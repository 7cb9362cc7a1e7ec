"""The command `streams`: each command says what it does with an example, and hands over to its module.

Modules are imported inside the commands, so that `streams --help` answers at once.
"""

import os
import signal
import sys
from pathlib import Path

import click

from streams import settings as _settings
from streams.errors import ConfigError
from streams.kafka.errors import CommandFailed

_FOLDER = click.Path(file_okay=False, path_type=Path)


def main() -> int:
    """Run a command and return its exit code: 1 it failed, 2 wrong settings or usage, 130 Ctrl-C, 143 SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        code = streams.main(prog_name="streams", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (ConfigError, CommandFailed) as error:
        _say(f"streams: {error}")
        return 2 if isinstance(error, ConfigError) else 1
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        # Nobody reads on: Python must not complain again when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return int(code or 0)


def _say(line: str) -> None:
    click.echo(line, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="streams")
def streams() -> None:
    """News in, events out: deduplicated, with the armed conflict and the place of each item, live on Kafka.

    \b
    Try it without Kafka:     echo '{"text": "…"}' | streams enrich
    Try it with Kafka:        streams demo
    Every setting:            streams settings
    """


@streams.command()
@click.option("--port", default=9092, show_default=True, help="Port it listens on, on this machine only.")
@click.option("--data", type=_FOLDER, help="Folder of its data.  [default: a folder in STREAMS_STATE_DIR]")
def broker(port: int, data: Path | None) -> int:
    """Run Apache Kafka on this machine, without Java or Docker, until Ctrl-C.

    \b
    Example: streams broker --port 9092
    """
    from streams.kafka import broker

    return broker.run(_settings.read(), port, data, _say)


@streams.group()
def topics() -> None:
    """Make or check the topics on the cluster."""


@topics.command()
def create() -> int:
    """Make the topics that are missing; those that exist are never changed.

    \b
    Example: STREAMS_PARTITIONS=8 streams topics create
    """
    from streams.kafka import admin

    return admin.run_create(_settings.read(), click.echo)


@topics.command("check")
def check_topics() -> int:
    """Say which topics are missing or not as they should be; exit with 1 when one is."""
    from streams.kafka import admin

    return admin.run_check(_settings.read(), click.echo)


@streams.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…|-")
def produce(files: tuple[str, ...]) -> int:
    """Send raw items to Kafka: JSON Lines, RSS, Atom or HTML files, or lines from standard input.

    Lines are sent as they are; broken ones end up in the dead letters, with the reason.

    \b
    Example: streams produce items.jsonl feed.xml
    Example: tail -f items.jsonl | streams produce -
    """
    from streams.kafka import produce

    return produce.run(_settings.read(), files, _say)


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
