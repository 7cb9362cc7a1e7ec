"""Commands around Kafka: a broker, topics, what goes in, what comes out, dead letters, replay."""

from pathlib import Path
from typing import Any, get_args

import click

from streams import settings as _settings
from streams.cli.root import PORT, Words, say, streams
from streams.errors import Reason

_FOLDER = click.Path(file_okay=False, path_type=Path)
_STATUS = click.Choice(["new", "revision", "duplicate"])


@streams.command()
@click.option("--port", default=9092, show_default=True, type=PORT, help="Port it listens on, on this machine only.")
@click.option("--data", type=_FOLDER, help="Folder of its data.  [default: a folder in STREAMS_STATE_DIR]")
def broker(port: int, data: Path | None) -> int:
    """Run Apache Kafka on this machine, without Java or Docker, until Ctrl-C.

    \b
    Example: streams broker --port 9092
    """
    from streams.kafka import broker

    return broker.run(_settings.read(), port, data, say)


@streams.group()
def topics() -> None:
    """Make, check or change the topics on the cluster."""


@topics.command()
def create() -> int:
    """Make the topics that are missing; those that exist are never changed.

    \b
    Example: STREAMS_PARTITIONS=8 streams topics create
    """
    from streams.kafka import admin

    return admin.run_create(_settings.read(), click.echo)


@topics.command("plan")
@click.option("--apply", is_flag=True, help="Make the changes that lose nothing: create, add.")
@click.option("--force", is_flag=True, help="With --apply: also those that may lose something.")
def plan_topics(apply: bool, force: bool) -> int:
    """Show what differs between the topics as they are and as they should be; exit with 1 while something does.

    `create` and `add` lose nothing, `force` may (the line says what), `cannot` is beyond this command.

    \b
    Example: STREAMS_REPLICATION=3 streams topics plan
    Example: STREAMS_REPLICATION=3 streams topics plan --apply
    """
    from streams.kafka import plan

    return plan.run(_settings.read(), apply, force, click.echo)


@topics.command("check")
def check_topics() -> int:
    """Say which topics are missing or not as they should be; exit with 1 when one is."""
    from streams.kafka import admin

    return admin.run_check(_settings.read(), click.echo)


@streams.command()
@click.argument(
    "role",
    type=click.Choice(["worker", "producer", "reader", "alerts", "operator", "replay", "backup", "restore"]),
)
@click.option("--user", help="Whom to allow it: the name Kafka knows.  [default: the role]")
@click.option("--apply", is_flag=True, help="Set them on the cluster instead of showing the commands.")
def acls(role: Any, user: str | None, apply: bool) -> int:
    """Show the least that a user needs to be allowed on a cluster with access control.

    A producer writes raw items, a worker turns them into events, a reader reads events (feeds, consumers whose group
    begins with the user's name), alerts reads them and tells people, an operator makes topics, replays and sends dead
    letters again; replay, backup and restore are for users who do nothing but run these commands.

    \b
    Example: streams acls worker --user news-worker
    Example: streams acls reader --user dashboards --apply
    """
    from streams.kafka import acls

    return acls.run(_settings.read(), role, user or role, apply, click.echo)


@streams.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…|-")
@click.option("--backfill", is_flag=True, help="They are old: no alert goes off, and live items go before them.")
def produce(files: tuple[str, ...], backfill: bool) -> int:
    """Send raw items to Kafka: JSON Lines, RSS, Atom or HTML files, or lines from standard input.

    Lines are sent as they are; broken ones end up in the dead letters, with the reason.

    \b
    Example: streams produce items.jsonl feed.xml
    Example: tail -f items.jsonl | streams produce -
    Example: streams produce --backfill archive-2020.jsonl.gz
    """
    from streams.kafka import produce

    return produce.run(_settings.read(), files, say, backfill=backfill)


@streams.command()
@click.option("--conflict", multiple=True, help="Only this war: slug, UCDP id or `any`. May be repeated.")
@click.option("--min-score", type=float, help="Only wars with at least this probability (0 to 1).")
@click.option("--country", multiple=True, help="Only this country (ISO 3166-1 alpha-2).")
@click.option("--place", metavar="LAT,LON", help="Only what happened around this point; needs --radius.")
@click.option("--radius", type=float, metavar="KM", help="So many kilometres around it.")
@click.option("--language", multiple=True, help="Only this language (ISO 639-1).")
@click.option("--source", multiple=True, help="Only this publisher: its name or domain.")
@click.option("--status", multiple=True, type=_STATUS, help="Only these.  [default: new, revision]")
@click.option("--q", metavar="WORDS", help="Only with all of these words in title or text.")
@click.option("--topic", "topics", multiple=True, help="This topic instead of news.enriched; any topic of events.")
@click.option("--from-beginning", is_flag=True, help="Begin with the oldest events, not with what comes now.")
@click.option("--count", type=click.IntRange(1), help="End after so many events.")
@click.option("--json", is_flag=True, help="Whole events as JSON Lines.")
def tail(topics: Words, from_beginning: bool, count: int | None, json: bool, **given: Any) -> int:
    """Show events as they come: time (UTC), language, war, place (precision), title.

    \b
    Example: streams tail --conflict russia-ukraine --from-beginning
    Example: streams tail --country SD --json | jq .title
    """
    from streams.kafka import tail

    settings = _settings.read()
    options = tail.Options(tail.wanted(settings, given), topics, from_beginning, count, json)
    return tail.run(settings, options, click.echo)


@streams.command()
@click.option("--minutes", default=15, show_default=True, type=click.IntRange(1, 1440), help="Wars of so many minutes.")
@click.option(
    "--every", default=2.0, show_default=True, type=click.FloatRange(0.2, 60), help="Seconds between pictures."
)
@click.option("--once", is_flag=True, help="One picture, then end.")
def top(minutes: int, every: float, once: bool) -> int:
    """Show what goes on right now: records a second, what waits, the wars in the news, the last events.

    \b
    Example: streams top --minutes 60
    """
    from streams.kafka import top

    return top.run(_settings.read(), minutes, every, once, click.echo)


@streams.command()
@click.argument("folder", type=_FOLDER)
def backup(folder: Path) -> int:
    """Write the topics and dedup's memory to files, one a topic, with keys, headers, times and what is committed.

    Routed topics are left out: their events are those of news.enriched.

    \b
    Example: streams backup /backup/2026-03-01
    """
    from streams.kafka import backup

    return backup.dump(_settings.read(), folder, say)


@streams.command()
@click.argument("folder", type=_FOLDER)
def restore(folder: Path) -> int:
    """Write a backup to a cluster with empty topics; workers go on there where the others had stopped.

    \b
    Example: streams topics create && streams restore /backup/2026-03-01
    """
    from streams.kafka import backup

    return backup.restore(_settings.read(), folder, say)


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
    return deadletters.run_retry(_settings.read(), choice, lambda question: yes or click.confirm(question), say)


@streams.command()
@click.option("--from-topic", help="Topic to read again.  [default: news.raw]")
@click.option("--since", help="Begin at this time: 2026-03-01T12:00:00Z, or 30m, 6h, 2d ago.")
@click.option("--from-offset", type=click.IntRange(0), help="Begin at this offset in every partition.")
@click.option("--until", help="End before this time.  [default: what is there now]")
@click.option("--to", "target", help="Topic to send to.  [default: news.raw]")
@click.option("--re-enrich", is_flag=True, help="Events instead: find wars and places again, send what has changed.")
def replay(from_topic: str | None, target: str | None, re_enrich: bool, **bounds: Any) -> int:
    """Send a stretch of old items again, marked as backfill, so that no alert goes off.

    They are sent as fast as the workers work them off: live items wait about STREAMS_BACKFILL_DELAY seconds at most.

    With --re-enrich, after a change of the registry or the gazetteer: the events of news.enriched whose wars or places
    are others now are sent again under their ids.

    \b
    Example: streams replay --since 6h
    Example: STREAMS_REGISTRY_DIR=wars streams replay --re-enrich --since 30d
    """
    if re_enrich and (from_topic or target):
        raise click.UsageError("--re-enrich goes from news.enriched to news.enriched: leave out --from-topic and --to")
    from streams.kafka import again, replay

    if re_enrich:
        return again.run(_settings.read(), replay.stretch(**bounds), say)
    return replay.run(_settings.read(), from_topic, target, replay.stretch(**bounds), say)
