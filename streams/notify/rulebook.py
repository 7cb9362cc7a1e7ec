"""The rules file of the settings or of a command, read with the conflicts there are."""

from collections.abc import Callable
from pathlib import Path

from streams import alerts, conflict
from streams.alerts import RuleSet
from streams.errors import ConfigError
from streams.settings import Settings
from streams.text.fold import fold_name


def load(settings: Settings, path: Path | None) -> RuleSet:
    """Read a rules file; ConfigError names file and line of what is wrong, or says that there is no file."""
    return reader(settings, path)()


def reader(settings: Settings, path: Path | None) -> Callable[[], RuleSet]:
    """Return what reads a rules file as it is then, with the secrets in files it names; ConfigError as `load`."""
    file = path or settings.alerts_file
    if file is None:
        raise ConfigError("name a rules file, or set STREAMS_ALERTS_FILE; docs/alerts.md shows one")
    conflicts = conflict.load(fold_name, settings.registry_dir).names
    return lambda: alerts.load(file, conflicts)


def describe(rules: RuleSet) -> list[str]:
    """Return a line for each rule: what it waits for, of what, for whom."""
    lines = [f"rules: {len(rules.rules)}, receivers: {len(rules.receivers)}"]
    for rule in rules.rules:
        told = ", ".join(rule.receivers) or "nobody but news.alerts"
        lines.append(f"  {rule.name}: {rule.when}, by {', '.join(rule.group_by)}, {rule.severity}, to {told}")
    idle = sorted(rules.receivers.keys() - {name for rule in rules.rules for name in rule.receivers})
    return [*lines, *(f"  receiver {name} is told of nothing" for name in idle)]
