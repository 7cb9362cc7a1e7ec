"""Fill the tables of `docs/evaluation.md`: `evaluation.py` prints them, `evaluation.py --write` changes the page.

The page is written by hand but for what stands between `<!-- table: NAME -->` and `<!-- end -->`. Tables of the public
sets need `STREAMS_TEST_DATA`; without, they stay as they are.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import calibration
import copies_report
import gold_report
import public_report
import public_tables
import test_geo_gold
from tables import Lines, table

from streams import __version__, pipeline, settings

PAGE = Path(__file__).parents[2] / "docs" / "evaluation.md"
MARKED = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def versions() -> Lines:
    """Yield what was measured."""
    models = pipeline.load(settings.Settings())
    yield f"Pipeline {__version__}, registry `{models.registry.version}`, gazetteer `{models.gazetteer.version}`."


@cache
def own_cases() -> list[gold_report.Case]:
    """Return the own gold with what the pipeline makes of it."""
    return gold_report.run()


def own() -> Lines:
    """Yield the measures on the project's own gold by language, and their calibration."""
    yield from gold_report.markdown(own_cases())


def own_calibration() -> Lines:
    """Yield how well the scores of wars hold on own gold they were not fitted on."""
    yield from calibration.own(own_cases())


def own_confusions() -> Lines:
    """Yield wrong first wars: of which war, given which, and alarms."""
    wrong: Counter[tuple[str, str]] = Counter()
    for case in own_cases():
        first = case.found.conflicts[0].id if case.found.conflicts else "none"
        if case.gold["conflicts"] and gold_report.war_first(case) is False:
            wrong[case.gold["slug"] or "/".join(map(str, case.gold["conflicts"])), first] += 1
        elif not case.gold["conflicts"] and case.found.conflicts:
            wrong["none", first] += 1
    rows = sorted(((*pair, count) for pair, count in wrong.items()), key=lambda row: (-row[2], row))
    yield from table(("labelled (UCDP id or slug)", "given first", "items"), rows)


def own_places() -> Lines:
    """Yield the measures on the project's own gold of places, by language."""
    rows = [
        (language, n["items"], n["mentions"], n["found"] / n["mentions"], n["right"] / n["mentions"],
         n["scene"] / n["items"], n["country"] / n["items"], f"{n['fallen']}/{n['traps']}")
        for language, n in sorted(test_geo_gold.results().items())
    ]  # fmt: skip
    yield from table(("language", "items", "names", "found", "right", "scene", "country", "traps fallen into"), rows)


def own_copies() -> Lines:
    """Yield the copies recognised among own articles and briefs, by kind, and of articles by language."""
    kinds = copies_report.KINDS
    found = {what: copies_report.run(joined) for what, joined in (("articles", 4), ("briefs", 1))}
    by_language = {what: copies_report.recognised(copied) for what, copied in found.items()}
    rows = [
        (what, len(copied), *(_share(*by_language[what]["all"][kind]) for kind in kinds),
         copies_report.merged(copied), copies_report.adjusted_rand(copied))
        for what, copied in found.items()
    ]  # fmt: skip
    yield from table(("made of own gold", "texts", *kinds, "wrongly merged", "adjusted Rand index"), rows)
    yield ""
    rows = [
        (language, *(_share(*counts[kind]) for kind in kinds)) for language, counts in by_language["articles"].items()
    ]
    yield from table(("articles in", *kinds), rows)


def _share(true: int, of: int) -> str:
    return f"{true}/{of}"


OWN: dict[str, Callable[[], Lines]] = {
    "versions": versions,
    "own": own,
    "own-calibration": own_calibration,
    "own-confusions": own_confusions,
    "own-places": own_places,
    "own-copies": own_copies,
}


def tables() -> dict[str, str]:
    """Return the tables by name; those of the public sets only where these are."""
    found = {name: make() for name, make in OWN.items()}
    if public_report.available():
        sets = {measured.name: measured for measured in public_report.run()}
        found |= {name: make(sets) for name, make in public_tables.TABLES.items()}
    return {name: "\n".join(lines) for name, lines in found.items()}


def filled(page: str, found: dict[str, str]) -> str:
    """Return the page with the tables found in their places; KeyError when the page has no place for one."""
    if unplaced := found.keys() - {name for _, name, _ in MARKED.findall(page)}:
        raise KeyError(f"no place for {', '.join(sorted(unplaced))}")
    return MARKED.sub(lambda m: f"{m[1]}{found[m[2]]}\n{m[3]}" if m[2] in found else m[0], page)


def main() -> None:
    """Print all tables, or write them into the page."""
    found = tables()
    if "--write" in sys.argv[1:]:
        PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    else:
        print("\n\n".join(f"{name}\n\n{text}" for name, text in found.items()))


if __name__ == "__main__":
    main()
