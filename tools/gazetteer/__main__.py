"""Build the compiled gazetteer: `python -m tools.gazetteer` (needs the packages of requirements-data.lock)."""

import hashlib
import sys
from pathlib import Path

from streams.geo import arrays
from streams.geo.lexicon import load_stops
from tools.gazetteer import compile, naming, sources, tables

HERE = Path(__file__).parent
DATA = Path(__file__).parents[2] / "streams/geo/data"


def main(target: Path) -> None:
    """Write the compiled gazetteer; the same packages and tables give the same bytes."""
    rows, iso = sources.everything()
    for name, merge in (("regions.tsv", tables.merge_regions), ("aliases.tsv", tables.merge_aliases)):
        if (DATA / name).exists():
            merge(DATA / name, rows)
    tables.name_strips(rows)
    stops = list(load_stops())
    naming.drop_stops(rows, stops)
    naming.show_plainly(rows, DATA / "names.tsv")
    naming.leave_seats(rows)
    naming.inflect_short(rows, DATA / "inflection.tsv")
    found = list(tables.merge_countries(DATA / "countries.tsv", rows))
    tables.merge_abbreviations(DATA / "abbreviations.tsv", rows, iso)
    built = compile.compiled(rows, iso, found)
    built["lexicon"] = compile.lexicon(tables.words(HERE / "words.tsv"), tables.people(HERE / "people.tsv"), stops)
    digest = hashlib.sha256(b"".join(array.tobytes() for array in built.values())).hexdigest()
    arrays.write(target, {"version": digest[:12]}, built)
    for name, array in built.items():
        print(f"{name:12} {array.dtype!s:8} {len(array):>9} {array.nbytes:>10}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "gazetteer.bin")
