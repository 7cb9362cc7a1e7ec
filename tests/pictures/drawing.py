"""Draw a dashboard of Grafana as one HTML page without scripts: the panels in their grid, as Grafana shows them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

Points = list[tuple[float, float]]

WIDTH, _CELL, _GAP, _HEAD = 1200, 38, 8, 46
_COLOURS = (
    "#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#fade2a", "#37872d", "#c4162a",
    "#e0b400", "#1f60c4", "#8f3bb8", "#ffb357", "#96d98d", "#ff7383",
)  # fmt: skip
_STEPS = {"green": "#73bf69", "yellow": "#f2cc0c", "red": "#f2495c"}
_STYLE = Path(__file__).with_name("board.css").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a panel: its name in the legend and its points (seconds since 1970, value)."""

    name: str
    points: Points


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch of time that is shown, in seconds since 1970."""

    start: float
    end: float


def page(board: dict[str, Any], panels: Sequence[tuple[dict[str, Any], list[Line]]], span: Span) -> tuple[str, int]:
    """Return the page of a dashboard and its height in pixels."""
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel, _ in panels)
    drawn = "".join(_panel(panel, lines, span) for panel, lines in panels)
    times = f"{_clock(span.start)} to {_clock(span.end)}"
    head = f"<h1>{escape(board['title'])}<span>{times}</span></h1>"
    text = f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style>{head}<main>{drawn}</main>'
    return text, _HEAD + rows * _CELL + _GAP


def _panel(panel: dict[str, Any], lines: list[Line], span: Span) -> str:
    place = panel["gridPos"]
    column = (WIDTH - _GAP) / 24
    x, y = _GAP + place["x"] * column, place["y"] * _CELL
    width, height = place["w"] * column - _GAP, place["h"] * _CELL - _GAP
    inside = _KINDS[panel["type"]](panel["fieldConfig"]["defaults"], lines, span, (width - 2, height - 28))
    where = f"left:{x:.1f}px;top:{y}px;width:{width:.1f}px;height:{height}px"
    return f'<section style="{where}"><h2>{escape(panel["title"])}</h2>{inside}</section>'


def _series(defaults: dict[str, Any], lines: list[Line], span: Span, size: tuple[float, float]) -> str:
    """Return curves over axes, and a legend that names the largest."""
    width, height = size[0], size[1] - 40
    left, bottom = 62, 18
    top = max((value for line in lines for _, value in line.points), default=1.0)
    unit = defaults["unit"]
    size, _ = _unit(unit, top)
    ticks = [size * tick for tick in scale(top / size)]
    across = _Axis(span.start, span.end, left, width - 10)
    up = _Axis(0, ticks[-1], height - bottom, 6)
    grid = "".join(
        f'<path d="M{left} {up(tick):.1f}H{width - 10:.1f}" stroke="#2c2f36"/>'
        f'<text x="{left - 6}" y="{up(tick) + 4:.1f}" text-anchor="end">{label(tick, unit, ticks[-1])}</text>'
        for tick in ticks
    )
    times = "".join(
        f'<text x="{across(moment):.1f}" y="{height - 3:.1f}" text-anchor="middle">{_clock(moment)}</text>'
        for moment in _minutes(span, 1 + (width < 350))
    )
    ordered = sorted(lines, key=lambda line: -max((value for _, value in line.points), default=0))
    curves = "".join(_curve(line, _COLOURS[n % len(_COLOURS)], across, up) for n, line in enumerate(ordered))
    drawing = f'<svg width="{width:.0f}" height="{height:.0f}">{grid}{times}{curves}</svg>'
    return drawing + _legend([line.name for line in ordered], width)


def _legend(names: list[str], width: float) -> str:
    """Return as many names as two lines hold, and how many more there are."""
    room = 2 * (width - 70)
    shown = [
        name for name, end in zip(names, accumulate(29 + 6 * len(name) for name in names), strict=True) if end < room
    ]
    items = [f'<li style="--own:{_COLOURS[n % len(_COLOURS)]}">{escape(name)}' for n, name in enumerate(shown)]
    more = f'<li class="more">and {len(names) - len(shown)} more' if len(names) > len(shown) else ""
    return f"<ul>{''.join(items)}{more}</ul>"


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        return self.first + (value - self.low) / ((self.high - self.low) or 1) * (self.last - self.first)


def _curve(line: Line, colour: str, across: _Axis, up: _Axis) -> str:
    drawn = ""
    for piece in pieces(line.points):
        path = "L".join(f"{across(moment):.1f} {up(value):.1f}" for moment, value in piece)
        area = f"M{across(piece[0][0]):.1f} {up.first}L{path}L{across(piece[-1][0]):.1f} {up.first}Z"
        drawn += f'<path d="{area}" fill="{colour}" fill-opacity=".08"/>'
        drawn += f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-linejoin="round"/>'
    return drawn


def pieces(points: Points) -> list[Points]:
    """Return the stretches of points that follow each other: where a value is missing, a curve has a gap."""
    step = min((after[0] - before[0] for before, after in pairwise(points)), default=0)
    found: list[Points] = []
    for point in points:
        if found and point[0] - found[-1][-1][0] < 1.5 * step:
            found[-1].append(point)
        else:
            found.append([point])
    return found


def _stat(defaults: dict[str, Any], lines: list[Line], span: Span, size: tuple[float, float]) -> str:
    """Return the last value in the colour of its threshold, over a small curve."""
    points = lines[0].points
    value = points[-1][1]
    steps = defaults.get("thresholds", {}).get("steps", [{"color": "green", "value": None}])
    colour = next(_STEPS[step["color"]] for step in reversed(steps) if step["value"] is None or value >= step["value"])
    across = _Axis(span.start, span.end, 0, size[0])
    up = _Axis(0, max(each for _, each in points) or 1, 30, 3)
    spark = f'<svg class="spark" width="{size[0]:.0f}" height="30">{_curve(lines[0], colour, across, up)}</svg>'
    return f'{spark}<div class="value" style="color:{colour}">{label(value, defaults["unit"], value)}</div>'


def _bars(defaults: dict[str, Any], lines: list[Line], span: Span, size: tuple[float, float]) -> str:
    """Return a bar for each series, the largest first."""
    shown = sorted(((line.points[-1][1], line.name) for line in lines), reverse=True)
    rows = "".join(
        f'<tr><th>{escape(name)}<td><meter-bar style="width:{100 * value / shown[0][0]:.1f}%"></meter-bar>'
        f"<td>{label(value, defaults['unit'], value)}"
        for value, name in shown[: int(size[1] // 24)]
    )
    return f"<table>{rows}</table>"


_KINDS = {"timeseries": _series, "stat": _stat, "bargauge": _bars}


def scale(top: float, most: int = 4) -> list[float]:
    """Return round numbers from 0 to at least `top`, at most so many above 0."""
    rough = (top or 1) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    return [step * number for number in range(math.ceil((top or 1) / step - 0.001) + 1)]


def label(value: float, unit: str, top: float) -> str:
    """Return a number with its unit, the unit chosen as for `top`, as Grafana writes them."""
    size, name = _unit(unit, top)
    return f"{_plain(value / size)}{name}"


def _unit(unit: str, top: float) -> tuple[float, str]:
    """Return the size and the name of the largest unit that is not larger than `top`, nought being one of the whole."""
    return next((each for each in _UNITS[unit] if abs(top or 1) >= each[0]), _UNITS[unit][-1])


_UNITS: dict[str, tuple[tuple[float, str], ...]] = {
    "percentunit": ((0.01, "%"),),
    "short": ((1e6, " Mil"), (1e3, " K"), (1, "")),
    "ops": ((1e3, "K ops/s"), (1, " ops/s")),
    "s": ((3600, " hours"), (60, " min"), (1, " s"), (1e-3, " ms"), (1e-6, " µs")),
    "bytes": ((2**30, " GiB"), (2**20, " MiB"), (2**10, " KiB"), (1, " B")),
}


def _plain(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _minutes(span: Span, every: int) -> Iterable[float]:
    first = math.ceil((span.start + 15) / 60) * 60
    return (moment for moment in range(first, int(span.end - 15), 60 * every))


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%H:%M")
