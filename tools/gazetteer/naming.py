"""The names places are shown and found by: as English news writes them; a bare name is the town, not its province."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from streams.errors import ConfigError
from streams.geo.kinds import NameKind
from streams.text.fold import fold_name
from tools.gazetteer.rows import Row
from tools.gazetteer.tables import read

# Countries that do not write in Latin letters: GeoNames spells their places in a scholarly transliteration.
_TRANSLITERATED = frozenset(
    "AE AF AM BD BG BH BT BY CN CY DJ EG ER ET GE GR IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK LY MK MM MN MR MV NP"  # noqa: SIM905
    " OM PK PS QA RU SA SD SY TH TJ TW UA YE".split()
)
_UNITS = ("Oblast", "Governorate", "Province", "Region", "District", "Prefecture", "State", "Division", "Territory")
_DIVISION = re.compile(rf"([A-Z][A-Za-z' -]+) (?:{'|'.join(_UNITS)})")
_SYLLABIC = {"ko": "[가-힣]", "am": "[ሀ-፼]", "ti": "[ሀ-፼]"}
_LEAST_INFLECTED = 50_000
_UNSPACED = ("zh", "ja", "th", "my", "km", "lo")
_LEAST_SEAT, _MOST_SEATS = 20_000, 3


def plain(name: str) -> str:
    """Return a transliterated name without the marks above, below and between its letters: "Khān Yūnis", "Ḩalab"."""
    spelt = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in spelt if not unicodedata.combining(sign) and sign not in "‘’ʻʼ`'")


def show_plainly(rows: list[Row], path: Path) -> None:
    """Name places as English news does: by `names.tsv`, else without marks, a division by its English name."""
    by_id = {row.geonames_id: row for row in rows if row.geonames_id}
    for row in rows:
        if row.country in _TRANSLITERATED and not row.radius_km:
            row.name = _division(row) if row.kind == "admin1" else plain(row.name)
    for where, cells in read(path):
        named = by_id.get(int(cells["geonames_id"])) if cells["geonames_id"].isdigit() else None
        if named is None:
            raise ConfigError(f"{where}: no place with the id {cells['geonames_id']!r}")
        named.name = cells["name"]


def _division(row: Row) -> str:
    """Return the English name of a division, without its class where it is known by the bare name too."""
    if _DIVISION.fullmatch(row.name):
        return row.name
    for name in sorted(row.names):
        if found := _DIVISION.fullmatch(name):
            return found[1] if found[1] in row.names else name
    return plain(row.name)


def leave_seats(rows: list[Row]) -> None:
    """Take from first level divisions the names of their seat; with a word like "province" they stay theirs."""
    towns: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: -row.population):
        if row.kind == "city" and row.population >= _LEAST_SEAT:
            towns[row.admin1].append(row)
    for division in (row for row in rows if row.kind == "admin1" and row.admin1):
        own = {fold_name(name) for name in division.names}
        for seat in towns[division.admin1][:_MOST_SEATS]:
            if not own.isdisjoint((fold_name(_main(seat)), fold_name(seat.name))):
                _leave(division, seat)


def drop_stops(rows: list[Row], stops: Iterable[tuple[str, str]]) -> None:
    """Take the stop names of scripts without spaces from all places: no word ends there that could be one."""
    known = {fold_name(name) for language, name in stops if language in _UNSPACED}
    for row in rows:
        for name in [name for name in row.names if fold_name(name) in known]:
            del row.names[name]


def inflect_short(rows: list[Row], path: Path) -> None:
    """Add names of two syllable signs with the endings of `inflection.tsv`, too short to be undone in the text."""
    rules = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line[:2] in _SYLLABIC]
    for row in rows:
        if row.kind != "country" and row.population < _LEAST_INFLECTED:
            continue
        for name in [name for name in row.names if len(name) == 2]:
            for language, side, cell in rules:
                if re.match(_SYLLABIC[language], name):
                    _inflect(row, name, side, cell)


def _inflect(row: Row, name: str, side: str, cell: str) -> None:
    for rule in cell.split(";"):
        letters, _, instead = rule.partition(">")
        if not instead:
            row.add(name + letters if side == "end" else letters + name, NameKind.INFLECTED)


def _main(row: Row) -> str:
    return next((name for name, kind in row.names.items() if kind == NameKind.MAIN), row.name)


def _leave(division: Row, seat: Row) -> None:
    taken = {fold_name(name) for name in seat.names}
    bare = [name for name in division.names if fold_name(name) in taken]
    for name in bare:
        del division.names[name]
    for name in bare:
        for unit in ("province", "region", "governorate", "oblast"):
            if name.isascii():
                division.add(f"{name} {unit}", NameKind.SHORT)
    if division.name in bare:
        division.name = next((name for name in sorted(division.names) if _DIVISION.fullmatch(name)), division.name)
