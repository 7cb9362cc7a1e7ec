"""Commands on alerts: run them, check their rules, try rules on past events."""

from pathlib import Path

import click

from streams import settings as _settings
from streams.cli.root import streams
from streams.errors import CommandFailed

_RULES = click.argument("rules", required=False, type=click.Path(dir_okay=False, path_type=Path))


@streams.group()
def alerts() -> None:
    """Tell people of what matters: rules over events, to webhooks, Alertmanager, PagerDuty, mail, chat."""


@alerts.command("run")
@_RULES
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Instead of STREAMS_METRICS_PORT; 0: none.")
def run_alerts(rules: Path | None, metrics_port: int | None) -> int:
    """Judge events and deliver alerts until Ctrl-C. A second one stands by and takes over when the first is gone.

    Changed rules, and secrets in files they name, are in force some seconds later; wrong ones leave the old in force.

    \b
    Example: streams alerts run rules.toml
    """
    from dataclasses import replace

    from streams.notify import app, rulebook

    settings = _settings.read()
    settings = settings if metrics_port is None else replace(settings, metrics_port=metrics_port)
    return app.run(settings, rulebook.reader(settings, rules))


@alerts.command("check")
@_RULES
def check_alerts(rules: Path | None) -> int:
    """Say what a rules file asks for, or what is wrong with it and in which line (exit code 2).

    \b
    Example: streams alerts check rules.toml
    """
    from streams.notify import rulebook

    for line in rulebook.describe(rulebook.load(_settings.read(), rules)):
        click.echo(line)
    return 0


@alerts.command("test")
@_RULES
@click.option("--events", metavar="FILE", help="Events as JSON Lines, as `streams enrich` writes them; - for stdin.")
@click.option("--since", help="Events of the topics since 2026-03-01T12:00:00Z, or 6h, 7d ago.")
@click.option("--as-published", is_flag=True, help="Take each event of FILE as received when it was published.")
@click.option("--text", is_flag=True, help="Show alerts in full, as a reader gets them.")
@click.option("--rest", is_flag=True, help="Show every event that was not told, and why.")
@click.option("--json", is_flag=True, help="Every decision as JSON Lines.")
def try_alerts(rules: Path | None, events: str | None, since: str | None, as_published: bool, **show: bool) -> int:
    """Show what rules would have told of past events, when, and why not the rest. Nobody is told.

    \b
    Example: streams alerts test rules.toml --since 7d
    Example: streams enrich items.jsonl | streams alerts test rules.toml --events - --as-published --text
    """
    from streams.kafka import past, reading
    from streams.notify import rehearsal, rulebook

    settings = _settings.read()
    if (events is None) == (since is None):
        raise CommandFailed("say of which events: either --events FILE or --since TIME")
    loaded = rulebook.load(settings, rules)
    found = rehearsal.read(events, as_published) if events else past.events(settings, reading.moment(since or ""))
    return rehearsal.run(loaded, found, rehearsal.Show(**show), click.echo)
