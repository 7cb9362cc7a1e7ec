"""The files of the deployment agree with the code and with each other; `run.py` tries them for real."""

import json
import re
from pathlib import Path

import pytest

from streams import __version__
from streams.metrics import AlertMetrics, FeedMetrics, Metrics
from streams.notify import rulebook
from streams.settings import Settings
from streams.topics import RECORD_BYTES
from tools import dashboards

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
FILES = [ROOT / "docker-compose.yml", *(ROOT / "deploy" / "compose").glob("*.yml")]
RULES = (ROOT / "deploy" / "prometheus" / "rules.yml").read_text(encoding="utf-8")
RUNBOOK = (ROOT / "deploy" / "RUNBOOK.md").read_text(encoding="utf-8")
BOARDS = {name: json.loads(text)["panels"] for name, text in dashboards.documents().items()}
PANELS = [panel for panels in BOARDS.values() for panel in panels]
ALERTS = re.findall(r"- alert: (\w+)", RULES)
SUFFIXES = {
    "counter": ("_total", "_created"),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count", "_created"),
    "info": ("_info",),
}


def _samples() -> set[str]:
    """Return the name of every sample the worker's metrics can have, whether or not it has one yet."""
    found = [metric for kind in (Metrics, FeedMetrics, AlertMetrics) for metric in kind().registry.collect()]
    return {metric.name + suffix for metric in found for suffix in SUFFIXES.get(metric.type, ("",))}


def _pins(name: str) -> set[str]:
    return set(re.findall(r"^[\w.-]+==\S+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("text", [RULES, *(t["expr"] for p in PANELS for t in p.get("targets", ()))])
def test_only_metrics_that_exist_are_asked_for(text: str) -> None:
    assert set(re.findall(r"\bstreams_\w+", text)) <= _samples()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_only_recorded_series_that_exist_are_shown(panel: dict[str, list[dict[str, str]]]) -> None:
    shown = {name for target in panel.get("targets", ()) for name in re.findall(r"streams:[\w:]+", target["expr"])}
    assert shown <= set(re.findall(r"- record: (\S+)", RULES))


@pytest.mark.parametrize("name", BOARDS)
def test_dashboards_are_current(name: str) -> None:
    written = (ROOT / "deploy" / "grafana" / "dashboards" / name).read_text(encoding="utf-8")
    assert written == dashboards.documents()[name], "run `make dashboards`"


@pytest.mark.parametrize("name", BOARDS)
def test_panels_do_not_cover_each_other(name: str) -> None:
    places = [panel["gridPos"] for panel in BOARDS[name]]
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_its_chapter_and_its_test(alert: str) -> None:
    assert f"runbook_url: deploy/RUNBOOK.md#{alert.lower()}\n" in RULES
    assert f"\n## {alert}\n" in RUNBOOK
    assert f'alertname="{alert}"' in (ROOT / "deploy/prometheus/rules.test.yml").read_text(encoding="utf-8")


def test_the_runbook_has_no_chapter_without_an_alert() -> None:
    assert re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE) == ALERTS


def test_no_port_is_open_to_other_machines() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in FILES)
    published = re.findall(r'ports: (?:!override )?\["(.*?)"', text)
    assert len(published) == text.count("ports:") == 7
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_the_rules_of_the_example_are_right() -> None:
    rulebook.load(Settings(), ROOT / "deploy" / "compose" / "alerts.toml")


def test_the_broker_takes_the_largest_record() -> None:
    assert f"KAFKA_MESSAGE_MAX_BYTES: {RECORD_BYTES} " in COMPOSE


def test_the_image_says_which_version_it_is() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert f'org.opencontainers.image.version="{__version__}"' in dockerfile


def test_the_image_has_the_versions_that_are_tested() -> None:
    tested = _pins("requirements.lock")
    assert _pins("deploy/requirements.lock") - tested == set()
    assert next(pin for pin in _pins("deploy/build.lock") if pin.startswith("hatchling==")) in tested
