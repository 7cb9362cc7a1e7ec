"""Write the dashboards of Grafana, deploy/grafana/dashboards/, from what each panel asks. `make dashboards`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "grafana" / "dashboards"
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_QUANTILES = (("0.5", "50 %"), ("0.95", "95 %"), ("0.99", "99 %"))


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: its queries as (expression, legend), unit, width and height in cells, thresholds of yellow and red."""

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    size: tuple[int, int] = (8, 7)
    kind: str = "timeseries"
    steps: tuple[float, float] | None = None


_MEAN = "sum by (stage) (rate(streams_batch_records_{}[$__rate_interval]))"
_SLOW = "histogram_quantile(0.95, sum by (le, stage) (rate(streams_stage_seconds_bucket[$__rate_interval])))"


def _stat(title: str, query: str, unit: str = "short", steps: tuple[float, float] | None = None) -> Panel:
    return Panel(title, ((query, ""),), unit, (4, 4), "stat", steps)


def _bars(title: str, query: str, legend: str) -> Panel:
    return Panel(title, ((f"topk(20, {query})", legend),), "short", (8, 14), "bargauge")


def _quantiles(title: str, histogram: str, size: tuple[int, int] = (12, 8)) -> Panel:
    asked = f"sum by (le) (rate({histogram}_bucket[$__rate_interval]))"
    return Panel(title, tuple((f"histogram_quantile({q}, {asked})", name) for q, name in _QUANTILES), "s", size)


def _rates(title: str, counter: str, by: str, size: tuple[int, int] = (8, 7), top: int = 0) -> Panel:
    query = f"sum by ({by}) (rate({counter}[$__rate_interval]))"
    legend = " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(","))
    if top:
        # The largest of the whole time shown: topk alone would choose anew at every point, and curves would break off.
        query += f" and topk({top}, sum by ({by}) (increase({counter}[$__range] @ end())))"
    return Panel(title, ((query, legend),), "ops", size)


_ABOUT = 'streams_conflict_items_total{conflict!="none"}'
DASHBOARDS: dict[str, tuple[str, list[Panel]]] = {
    "streams": (
        "streams: operations",
        [
            _stat("Workers", 'sum(up{job="streams-worker"})'),
            _stat("Items a second", 'sum(rate(streams_items_total{stage="enrich"}[$__rate_interval]))', "ops"),
            _stat("Late by", "max(streams_lag_seconds)", "s", (60, 300)),
            _stat("Records waiting", "sum(streams:lag_records:sum)"),
            _stat("Dead letters", "streams:dead_letters:share10m", "percentunit", (0.01, 0.05)),
            _stat("Alerts", 'count(ALERTS{alertstate="firing"}) or vector(0)', "short", (1, 3)),
            _rates("Items by stage and outcome", "streams_items_total", "stage, outcome", (12, 8)),
            _quantiles("Delay from arrival in news.raw to event", "streams_item_delay_seconds"),
            Panel("Lag in records", (("streams:lag_records:sum", "{{topic}}"),)),
            Panel("Lag in seconds", (("max by (topic) (streams_lag_seconds)", "{{topic}}"),), "s"),
            _rates("Dead letters by stage and reason", "streams_dead_letters_total", "stage, reason"),
            Panel("Time of a batch by stage (95 %)", ((_SLOW, "{{stage}}"),), "s"),
            Panel(
                "Records in a batch by stage (mean)",
                ((f"{_MEAN.format('sum')} / {_MEAN.format('count')}", "{{stage}}"),),
            ),
            _rates("Commits by outcome", "streams_commits_total", "outcome"),
            Panel(
                "Items that dedup remembers",
                (("sum(max by (partition) (streams_dedup_state_items))", "items"),),
                size=(6, 7),
            ),
            Panel(
                "Memory of dedup's state",
                (("sum(max by (partition) (streams_dedup_state_bytes))", "bytes"),),
                "bytes",
                (6, 7),
            ),
            _rates("Items that dedup forgot, by reason", "streams_dedup_evicted_total", "reason", (6, 7)),
            Panel(
                "Rebalances and restarts in 5 minutes",
                (
                    ("sum(increase(streams_rebalances_total[5m]))", "rebalances"),
                    ("sum(changes(streams_rebalances_created[5m]))", "restarts"),
                ),
                size=(6, 7),
            ),
            Panel("Partitions by worker", (("streams_assigned_partitions", "{{instance}}"),), size=(12, 6)),
            Panel("Recovery of state, last", (("streams_recovery_seconds", "{{instance}}"),), "s", (12, 6)),
            Panel(
                "Items later than 10 s (budget: 1 %)",
                (("streams:late:share1h", "1 hour"), ("streams:late:share6h", "6 hours")),
                "percentunit",
                (12, 6),
            ),
            Panel(
                "Records that became dead letters (budget: 0.5 %)",
                (("streams:lost:share1h", "1 hour"), ("streams:lost:share6h", "6 hours")),
                "percentunit",
                (12, 6),
            ),
        ],
    ),
    "news": (
        "streams: news",
        [
            _bars("Events by armed conflict", f"sum by (conflict) ({_ABOUT})", "{{conflict}}"),
            _bars("Events by country", "sum by (country) (streams_country_items_total)", "{{country}}"),
            _bars("Events by source", "sum by (source) (streams_source_items_total)", "{{source}}"),
            _rates("Events by armed conflict, over time", _ABOUT, "conflict", (12, 8), 10),
            _rates("Events by language, over time", "streams_language_items_total", "language", (12, 8), 10),
            Panel(
                "Share of events about an armed conflict",
                (
                    (
                        f"sum(rate({_ABOUT}[$__rate_interval])) "
                        "/ sum(rate(streams_conflict_items_total[$__rate_interval]))",
                        "share",
                    ),
                ),
                "percentunit",
            ),
            Panel(
                "Share of duplicates",
                (
                    (
                        'sum(rate(streams_items_total{stage="dedup", outcome="duplicate"}[$__rate_interval])) '
                        '/ sum(rate(streams_items_total{stage="dedup"}[$__rate_interval]))',
                        "share",
                    ),
                ),
                "percentunit",
            ),
            _rates("New, revision, duplicate", 'streams_items_total{stage="dedup"}', "outcome"),
            _quantiles("Age from publication to event", "streams_item_age_seconds", (24, 8)),
        ],
    ),
    "alerts": (
        "streams: alerts and feeds",
        [
            _stat("Alerts working", "sum(streams_alert_leading)"),
            _stat("Deliveries owed", "sum(streams_alert_pending)", "short", (10, 100)),
            _stat("Receivers left alone", "count(streams_alert_receiver_up == 0) or vector(0)", "short", (1, 2)),
            _stat("Live readers", "sum(streams_feed_clients)"),
            _stat("Events the feeds remember", "max(streams_feed_window_events)"),
            _stat("Unread by the feeds", "max(streams_feed_lag_records)", "short", (100, 1000)),
            _rates("Alerts by rule and severity", "streams_alerts_total", "rule, severity", (12, 8)),
            _rates(
                "Deliveries by receiver and outcome", "streams_alert_deliveries_total", "receiver, outcome", (12, 8)
            ),
            _quantiles("From arrival of an item to its alert", "streams_alert_delay_seconds", (8, 8)),
            _rates("Events judged, by rule and outcome", "streams_alert_events_total", "rule, outcome", (8, 8)),
            Panel(
                "Records alerts have not judged",
                (("sum by (topic) (streams_alert_lag_records)", "{{topic}}"),),
                size=(8, 8),
            ),
            _rates("Requests to the feeds by path and status", "streams_feed_requests_total", "path, status", (12, 8)),
            _rates("Records the feeds read, by outcome", "streams_feed_events_total", "outcome", (12, 8)),
            _quantiles("From an event to its live readers", "streams_feed_delay_seconds", (8, 8)),
            Panel(
                "Events handed to live readers",
                (("sum(rate(streams_feed_deliveries_total[$__rate_interval]))", "deliveries"),),
                "ops",
                (8, 8),
            ),
            Panel(
                "Live readers lost in 5 minutes",
                (
                    ("sum(increase(streams_feed_dropped_clients_total[5m]))", "dropped, too slow"),
                    ("sum(increase(streams_feed_gaps_total[5m]))", "back too late for all"),
                ),
                size=(8, 8),
            ),
        ],
    ),
}


def dashboard(uid: str) -> dict[str, Any]:
    """Return a dashboard as Grafana reads it, its panels laid out in rows of 24 cells."""
    title, panels = DASHBOARDS[uid]
    placed, x, y, high = [], 0, 0, 0
    for number, panel in enumerate(panels, 1):
        width, height = panel.size
        if x + width > 24:
            x, y, high = 0, y + high, 0
        placed.append(_panel(number, panel, {"x": x, "y": y, "w": width, "h": height}))
        x, high = x + width, max(high, height)
    firing = {"name": "Alerts", "datasource": _SOURCE, "enable": True, "iconColor": "red"}
    firing |= {"expr": 'ALERTS{alertstate="firing"}', "titleFormat": "{{alertname}}"}
    choice = {
        "name": "datasource",
        "type": "datasource",
        "query": "prometheus",
        "label": "Prometheus",
        "current": {},
        "hide": 0,
    }
    return {
        "uid": uid,
        "title": title,
        "tags": ["streams"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [choice | {"hide": 0}]},
        "annotations": {"list": [firing]},
        "links": [{"type": "dashboards", "tags": ["streams"], "title": "More"}],
        "panels": placed,
    }


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.steps:
        colours = zip(("green", "yellow", "red"), (None, *panel.steps), strict=True)
        defaults["thresholds"] = {"mode": "absolute", "steps": [{"color": c, "value": value} for c, value in colours]}
    # Bars are totals: they are asked for once, not over time.
    once = {"instant": True} if panel.kind == "bargauge" else {}
    targets = [
        {"refId": chr(65 + index), "datasource": _SOURCE, "expr": expression, "legendFormat": legend, **once}
        for index, (expression, legend) in enumerate(panel.queries)
    ]
    made = {"id": number, "type": panel.kind, "title": panel.title, "datasource": _SOURCE, "gridPos": place}
    made |= {"fieldConfig": {"defaults": defaults, "overrides": []}, "targets": targets}
    if panel.kind != "timeseries":
        made["options"] = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    if panel.kind == "bargauge":
        made["options"] |= {"orientation": "horizontal", "displayMode": "basic"}
    return made


def documents() -> dict[str, str]:
    """Return file name → content of every dashboard."""
    return {f"{uid}.json": json.dumps(dashboard(uid), indent=1, ensure_ascii=False) + "\n" for uid in DASHBOARDS}


if __name__ == "__main__":
    for file, text in documents().items():
        (FOLDER / file).write_text(text, encoding="utf-8")
