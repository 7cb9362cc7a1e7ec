"""The hand-edited tables next to the compiled file: validated, then merged into the rows of the packages."""

from collections.abc import Iterator
from dataclasses import dataclass
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
            row.population = max(row.population, packaged.population)
            if row.kind == "state":
                row.kind = packaged.kind
        row.add(row.name, NameKind.MAIN)
        for group in cells["aliases"].split("|"):
            for form in forms(group.partition(":")[2]):
                row.add(form, NameKind.SHORT)
        rows.append(row)


@dataclass(frozen=True, slots=True)
class Form:
    """A word that stands for a country in one language in small letters too; `stem`: whatever its ending."""

    country: str
    language: str
    word: str
    kind: NameKind
    stem: bool


def name_strips(rows: list[Row]) -> None:
    """Give a territory called a strip the one-word names of its city: in the news "Gaza" is the Gaza Strip."""
    for strip in [row for row in rows if row.name.endswith(" Strip") and row.country]:
        same = (r for r in rows if r.kind == "city" and r.name == strip.name.removesuffix(" Strip"))
        for city in (r for r in same if r.country == strip.country):
            for name in city.names:
                if not name.endswith(("市", "시")) and " " not in name and "-" not in name:
                    strip.add(name, NameKind.SHORT)


def merge_countries(path: Path, rows: list[Row]) -> Iterator[Form]:
    """Add the names of `countries.tsv` to the countries, and yield stems and words that need no capital."""
    countries = {row.country: row for row in rows if row.kind == "country"}
    for where, cells in read(path):
        row, kind = countries.get(cells["code"]), _COUNTRY_FORMS.get(cells["type"])
        if row is None or kind is None:
            raise ConfigError(f"{where}: unknown country {cells['code']!r} or type {cells['type']!r}")
        for form in forms(cells["forms"]):
            word = form.removesuffix("*")
            if kind in (NameKind.ALTERNATE, NameKind.SHORT):
                english = cells["lang"] == "en" or form.isupper()
                row.add(form, NameKind.SHORT if english else NameKind.ALTERNATE)
            elif " " in form or (form[0].isupper() and word == form):
                row.add(word, kind)
            else:
                yield Form(cells["code"], cells["lang"], word, kind, word != form)


def merge_aliases(path: Path, rows: list[Row]) -> None:
    """Add the spellings of `aliases.tsv` to the places they name."""
    by_id = {row.geonames_id: row for row in rows if row.geonames_id}
    for where, cells in read(path):
        row = by_id.get(int(cells["geonames_id"])) if cells["geonames_id"].isdigit() else None
        if row is None:
            raise ConfigError(f"{where}: no place with the id {cells['geonames_id']!r}")
        for form in forms(cells["aliases"]):
            row.add(form, NameKind.SHORT)


def merge_abbreviations(path: Path, rows: list[Row], iso: dict[str, str]) -> None:
    """Add the abbreviations of states and provinces (`abbreviations.tsv`)."""
    code_of = {code: geonames for geonames, code in iso.items()}
    states = {row.admin1: row for row in rows if row.kind == "admin1"}
    for where, cells in read(path):
        row = states.get(code_of.get(cells["code"], ""))
        if row is None:
            raise ConfigError(f"{where}: no first level division has the code {cells['code']!r}")
        kinds = {"postal": NameKind.POSTAL, "dotted": NameKind.ABBREVIATION, "free": NameKind.SHORT}
        for column, kind in kinds.items():
            for form in forms(cells[column]):
                row.add(form, kind)


def words(path: Path) -> Iterator[tuple[str, str, int, int, int]]:
    """Yield the rows of `words.tsv`: language, word, small and capital occurrences, words counted."""
    for _, cells in read(path):
        yield cells["lang"], cells["word"], *(int(cells[name]) for name in ("small", "capital", "words"))  # type: ignore[misc]


def people(path: Path) -> Iterator[tuple[bool, str]]:
    """Yield the rows of `people.tsv`: whether it is a surname (else a given name), and the name."""
    for _, cells in read(path):
        for form in forms(cells["names"]):
            yield cells["type"] == "surname", form
