"""The hand-edited tables next to the compiled file: validated, then merged into the rows of the packages."""

from collections.abc import Iterator
from pathlib import Path

from streams.errors import ConfigError
from streams.geo.kinds import KINDS, PRECISIONS, NameKind
from tools.gazetteer.rows import Row

_COUNTRY_FORMS = {
    "name": NameKind.ALTERNATE,
    "short": NameKind.SHORT,
    "demonym": NameKind.DEMONYM,
    "government": NameKind.GOVERNMENT,
    "capital_phrase": NameKind.GOVERNMENT,
}
Located = tuple[str, dict[str, str]]


def read(path: Path) -> Iterator[Located]:
    """Yield (file:line, row) of a table with a header line; ConfigError where a line has other columns."""
    header: list[str] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if header is None:
            header = cells
            continue
        if len(cells) > len(header):
            raise ConfigError(f"{path}:{number}: {len(cells)} columns, expected {len(header)}")
        yield f"{path}:{number}", dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=True))


def forms(text: str) -> list[str]:
    """Return the forms of a cell `a;b;c`."""
    return [form.strip() for form in text.split(";") if form.strip()]


def merge_regions(path: Path, rows: list[Row]) -> None:
    """Add the regions of `regions.tsv`; one that has the id of a packaged place takes that place over."""
    by_id = {row.geonames_id: row for row in rows if row.geonames_id}
    for where, cells in read(path):
        if cells["kind"] not in KINDS or cells["precision"] not in PRECISIONS:
            raise ConfigError(f"{where}: unknown kind {cells['kind']!r} or precision {cells['precision']!r}")
        try:
            lat, lon, radius = (float(cells[name]) for name in ("lat", "lon", "radius_km"))
            key = int(cells["geonames_id"] or 0)
        except ValueError as error:
            raise ConfigError(f"{where}: {error}") from error
        countries = forms(cells["countries"].replace(",", ";"))
        row = Row(cells["name"], cells["kind"], lat, lon, geonames_id=key, wikidata=cells["wikidata"])
        row.country = countries[0] if len(countries) == 1 else ""
        row.radius_km, row.precision, row.population = radius, cells["precision"], 3_000_000
        if packaged := by_id.get(key):
            rows.remove(packaged)
            row.admin1, row.names = packaged.admin1, packaged.names
        row.add(row.name, NameKind.MAIN)
        for group in cells["aliases"].split("|"):
            for form in forms(group.partition(":")[2]):
                row.add(form, NameKind.SHORT)
        rows.append(row)


def merge_countries(path: Path, rows: list[Row]) -> Iterator[tuple[str, str, str, NameKind]]:
    """Add the forms of `countries.tsv` to the countries, and yield its stems: (country, language, stem, kind)."""
    countries = {row.country: row for row in rows if row.kind == "country"}
    for where, cells in read(path):
        row, kind = countries.get(cells["code"]), _COUNTRY_FORMS.get(cells["type"])
        if row is None or kind is None:
            raise ConfigError(f"{where}: unknown country {cells['code']!r} or type {cells['type']!r}")
        for form in forms(cells["forms"]):
            if form.endswith("*"):
                yield cells["code"], cells["lang"], form[:-1], kind
            else:
                row.add(form, kind)


def merge_aliases(path: Path, rows: list[Row]) -> None:
    """Add the spellings of `aliases.tsv` to the places they name."""
    by_id = {row.geonames_id: row for row in rows if row.geonames_id}
    for where, cells in read(path):
        row = by_id.get(int(cells["geonames_id"])) if cells["geonames_id"].isdigit() else None
        if row is None:
            raise ConfigError(f"{where}: no place with the id {cells['geonames_id']!r}")
        for form in forms(cells["aliases"]):
            row.add(form, NameKind.SHORT)
