"""Ask a Prometheus for what the panels of the dashboards show."""

import json
import math
import re
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from drawing import Line, Span

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "grafana" / "dashboards"
STEP = 2
_RATE_INTERVAL = "20s"


class Prometheus:
    """The HTTP API of a Prometheus (https://prometheus.io/docs/prometheus/latest/querying/api/)."""

    def __init__(self, url: str) -> None:
        self.url = url

    def panel(self, panel: dict[str, Any], span: Span) -> list[Line]:
        """Return what a panel shows of a stretch of time; an AssertionError names a query without an answer."""
        lines = []
        for target in panel["targets"]:
            found = self._target(target, span)
            assert found, f"nothing to show in {panel['title']!r}: {target['expr']}"
            lines += found
        return lines

    def _target(self, target: dict[str, Any], span: Span) -> list[Line]:
        query = target["expr"].replace("$__rate_interval", _RATE_INTERVAL)
        query = query.replace("$__range", f"{span.end - span.start:.0f}s")
        if target.get("instant"):
            found = self.get("query", query=query, time=span.end)
            return [Line(_name(target, one["metric"]), _points([one["value"]])) for one in found["result"]]
        found = self.get("query_range", query=query, start=span.start, end=span.end, step=STEP)
        lines = [Line(_name(target, one["metric"]), _points(one["values"])) for one in found["result"]]
        return [line for line in lines if line.points]

    def get(self, path: str, **query: object) -> Any:
        """Return the data of an answer."""
        address = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)["data"]


def _points(values: list[list[Any]]) -> list[tuple[float, float]]:
    points = [(float(moment), float(value)) for moment, value in values]
    return [(moment, value) for moment, value in points if math.isfinite(value)]


def _name(target: dict[str, Any], labels: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), target["legendFormat"])


def boards() -> dict[str, dict[str, Any]]:
    """Return every dashboard by its name."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))}
