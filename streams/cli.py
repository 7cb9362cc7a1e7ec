"""The command `streams`: each command says what it does with an example, and hands over to its module.

Modules are imported inside the commands, so that `streams --help` answers at once.
"""

import signal
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, get_args

import click

from streams import settings as _settings
from streams.errors import ConfigError, Reason
from streams.kafka.errors import CommandFailed

_FOLDER = click.Path(file_okay=False, path_type=Path)
_PORT = click.IntRange(1, 65535)
_STATUS = click.Choice(["new", "revision", "duplicate"])
_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])
Words = tuple[str, ...]


def main() -> int:
    """Run a command and return its exit code.

    1 it failed, 2 wrong settings or usage, 130 Ctrl-C, 141 the reader of its output is gone, 143 SIGTERM.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = streams.main(prog_name="streams", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (ConfigError, CommandFailed) as error:
        _say(f"streams: {error}")
        return 2 if isinstance(error, ConfigError) else 1
    except (KeyboardInterrupt, click.Abort):
        return 130
    except SystemExit as end:
        # click makes a 1 of a broken pipe; the shell's own number for it is 128 + SIGPIPE.
        if isinstance(end.__context__, BrokenPipeError):
            return 141
        raise
    return int(code or 0)


def _terminate(*_: object) -> NoReturn:
    # It may come in the middle of a connection being made: nobody wants to read which coroutine was not awaited.
    warnings.simplefilter("ignore", RuntimeWarning)
    sys.exit(143)


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
@click.option("--port", default=9092, show_default=True, type=_PORT, help="Port it listens on, on this machine only.")
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
@click.option("--conflict", "conflicts", multiple=True, help="Only this war: slug or UCDP id. May be repeated.")
@click.option("--country", "countries", multiple=True, help="Only this country (ISO 3166-1 alpha-2).")
@click.option("--language", "languages", multiple=True, help="Only this language (ISO 639-1).")
@click.option("--status", "statuses", multiple=True, type=_STATUS, help="Only these.  [default: new, revision]")
@click.option("--topic", "topics", multiple=True, help="This topic instead of news.enriched; any topic of events.")
@click.option("--from-beginning", is_flag=True, help="Begin with the oldest events, not with what comes now.")
@click.option("--count", type=click.IntRange(1), help="End after so many events.")
@click.option("--json", is_flag=True, help="Whole events as JSON Lines.")
def tail(conflicts: Words, countries: Words, languages: Words, statuses: Words, **options: Any) -> int:
    """Show events as they come: time (UTC), language, war, place (precision), title.

    \b
    Example: streams tail --conflict russia-ukraine --from-beginning
    Example: streams tail --country SD --json | jq .title
    """
    from streams.kafka import tail

    chosen = tail.Filter(frozenset(conflicts), frozenset(countries), frozenset(languages), frozenset(statuses))
    return tail.run(_settings.read(), tail.Options(chosen, **options), click.echo)


@streams.group("dead-letters")
def dead_letters() -> None:
    """See the records that could not be processed, and send them again."""


_REASON = click.option("--reason", "reasons", multiple=True, type=click.Choice(get_args(Reason)), help="Only these.")


@dead_letters.command("list")
@_REASON
@click.option("--json", "as_json", is_flag=True, help="Whole records as JSON Lines.")
def list_(reasons: Words, as_json: bool) -> int:
    """List dead letters: time, reason, origin (topic/partition/offset), detail, start of the record.

    \b
    Example: streams dead-letters list --reason not-json
    """
    from streams.kafka import deadletters

    return deadletters.run_list(_settings.read(), reasons, as_json, click.echo)


@dead_letters.command()
@_REASON
@click.option("--max-attempts", default=3, show_default=True, help="Leave those that were sent again so often.")
@click.option("--all", "everything", is_flag=True, help="Also those from before the last retry.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def retry(reasons: Words, max_attempts: int, everything: bool, yes: bool) -> int:
    """Send dead letters back to where they came from, after the cause is mended.

    Those since the last retry are taken; the ones a --reason leaves out then need --all. Records that were cut
    because of their size stay.

    \b
    Example: streams dead-letters retry --reason bad-type
    """
    from streams.kafka import deadletters

    choice = deadletters.Retry(frozenset(reasons), max_attempts, everything)
    return deadletters.run_retry(_settings.read(), choice, lambda question: yes or click.confirm(question), _say)


@streams.command()
@click.option("--from-topic", help="Topic to read again.  [default: news.raw]")
@click.option("--since", help="Begin at this time: 2026-03-01T12:00:00Z, or 30m, 6h, 2d ago.")
@click.option("--from-offset", type=click.IntRange(0), help="Begin at this offset in every partition.")
@click.option("--until", help="End before this time.  [default: what is there now]")
@click.option("--to", "target", help="Topic to send to.  [default: news.raw]")
def replay(from_topic: str | None, target: str | None, **bounds: Any) -> int:
    """Send a stretch of old items again, marked as backfill, so that no alert goes off.

    \b
    Example: streams replay --since 6h
    """
    from streams.kafka import replay

    return replay.run(_settings.read(), from_topic, target, replay.stretch(**bounds), _say)


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

    return demo.run(_settings.read(), once, click.echo, _say)


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
