"""The renderer of the dashboards: axes, labels, gaps, and that no panel may be empty."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "pictures"))

import boards
import drawing

PANEL = {
    "type": "timeseries", "title": "Lag <now>", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 7},
    "fieldConfig": {"defaults": {"unit": "s"}},
    "targets": [{"expr": "rate(x[$__rate_interval]) and y[$__range]", "legendFormat": "{{topic}} now"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("top", "ticks"), [(0, [0, 0.25, 0.5, 0.75, 1]), (7.3, [0, 2, 4, 6, 8]), (100, [0, 25, 50, 75, 100])]
)
def test_axes_have_round_numbers(top: float, ticks: list[float]) -> None:
    assert drawing.scale(top) == ticks


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(0, "s", "0 s"), (0.0123, "s", "12.3 ms"), (90, "s", "1.5 min"), (0.0051, "percentunit", "0.51%"),
     (1234, "short", "1.23 K"), (3 * 2**20, "bytes", "3 MiB"), (12.34, "ops", "12.3 ops/s")],
)  # fmt: skip
def test_values_have_the_unit_that_fits(value: float, unit: str, said: str) -> None:
    assert drawing.label(value, unit, value) == said


def test_a_curve_has_a_gap_where_values_are_missing() -> None:
    points = [(0.0, 1.0), (2.0, 1.0), (8.0, 1.0), (10.0, 1.0)]
    assert drawing.pieces(points) == [points[:2], points[2:]]


def test_a_panel_is_drawn_with_what_prometheus_says(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def get(self: boards.Prometheus, path: str, **query: object) -> dict[str, object]:
        asked.append(query["query"])
        return {"result": [{"metric": {"topic": "a&b"}, "values": [[100, "1"], [102, "NaN"], [104, "3"]]}]}

    monkeypatch.setattr(boards.Prometheus, "get", get)
    span = drawing.Span(100, 160)
    lines = boards.Prometheus("http://127.0.0.1:1").panel(PANEL, span)
    assert lines == [drawing.Line("a&b now", [(100.0, 1.0), (104.0, 3.0)])]
    assert asked == ["rate(x[20s]) and y[60s]"]
    text, height = drawing.page({"title": "Board"}, [(PANEL, lines)], span)
    assert height == 320
    assert "Lag &lt;now&gt;" in text
    assert "a&amp;b now" in text


def test_a_panel_without_anything_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards.Prometheus, "get", lambda self, path, **query: {"result": []})
    with pytest.raises(AssertionError, match="nothing to show in 'Lag <now>'"):
        boards.Prometheus("http://127.0.0.1:1").panel(PANEL, drawing.Span(0, 60))
