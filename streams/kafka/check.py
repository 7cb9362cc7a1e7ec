"""Is everything a worker needs there? One line for each thing, and how to mend what is not."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from streams import alerts, pipeline, routing
from streams import settings as settings_
from streams.errors import CommandFailed, ConfigError
from streams.kafka import admin, client
from streams.settings import Settings

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Check:
    """The state of one thing: what it is, what was found, and whether that is a problem."""

    name: str
    found: str
    ok: bool = True


def run(say: Say) -> int:
    """Check settings, data files, broker, topics and the metrics port; exit code 1 when there is a problem.

    ConfigError when a setting is wrong: nothing else can be checked then.
    """
    problems = 0
    for check in checks(settings_.read()):
        problems += not check.ok
        say(f"{'ok' if check.ok else 'PROBLEM':7}  {check.name:10}  {check.found}")
    say(f"{problems} problem{'s' * (problems != 1)}" if problems else "all is well: `streams worker` can start")
    return int(problems > 0)


def checks(settings: Settings) -> Iterator[Check]:
    """Yield what is found, one by one."""
    yield Check("settings", f"readable; brokers {settings.brokers}, application {settings.app_id}")
    yield from _data(settings)
    yield from _cluster(settings)
    yield _metrics_port(settings)


def _data(settings: Settings) -> Iterator[Check]:
    try:
        routes = routing.load(settings.routes_file)
        models = pipeline.load(settings)
    except ConfigError as error:
        yield Check("data files", str(error), ok=False)
        return
    yield Check("data files", f"conflict registry {models.registry.version}, gazetteer {models.gazetteer.version}")
    wars = frozenset[str]().union(*(route.conflicts for route in routes.routes))
    unknown = ", ".join(sorted(wars - models.registry.conflicts.keys()))
    problem = f"no such conflict in the registry, so nothing will go there: {unknown}" if unknown else ""
    yield Check("routes", problem or f"{len(routes.topics())} topics", ok=not problem)
    if settings.alerts_file:
        yield _alerts(settings.alerts_file, models.registry.names)


def _alerts(path: Path, conflicts: frozenset[str]) -> Check:
    try:
        rules = alerts.load(path, conflicts)
    except ConfigError as error:
        return Check("alerts", str(error), ok=False)
    return Check("alerts", f"rules: {len(rules.rules)}, receivers: {len(rules.receivers)}")


def _cluster(settings: Settings) -> Iterator[Check]:
    try:
        findings = client.run(admin.inspect(settings))
    except (CommandFailed, ConfigError) as error:
        yield Check("broker", str(error).replace("\n", " "), ok=False)
        return
    yield Check("broker", f"answers at {settings.brokers}")
    missing = [finding.topic for finding in findings if finding.state == "missing"]
    if missing:
        yield Check("topics", f"{len(missing)} of {len(findings)} missing: run `streams topics create`", ok=False)
    differing = sorted((finding.problem, finding.topic) for finding in findings if finding.state == "differs")
    for problem, group in groupby(differing, key=lambda pair: pair[0]):
        yield Check("topics", f"{', '.join(topic for _, topic in group)}: {problem}", ok=False)
    if not any(finding.problem for finding in findings):
        yield Check("topics", f"all {len(findings)} as they should be")


def _metrics_port(settings: Settings) -> Check:
    where = f"{settings.metrics_host}:{settings.metrics_port}"
    try:
        socket.create_server((settings.metrics_host, settings.metrics_port)).close()
    except OSError as error:
        if error.errno is None or isinstance(error, socket.gaierror):
            return Check(
                "metrics", f"{where}: {error}; set STREAMS_METRICS_HOST to an address of this machine", ok=False
            )
        return Check("metrics", f"{where} is taken, perhaps by another worker: a new one takes the next free port")
    return Check("metrics", f"{where} is free" if settings.metrics_port else "off")
