"""Measure the whole pipeline on the hand-written gold items; `python tests/quality/gold_report.py` prints Markdown."""

import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streams import offline, pipeline, settings
from streams.errors import PoisonMessage
from streams.messages import ConflictMatch, Item, Origin
from streams.text.fold import fold_name

GOLD = Path(__file__).parent / "gold"
RECEIVED = datetime(2026, 11, 23, 12, tzinfo=UTC)
EARTH_KM = 6371.0
RAW = ("id", "title", "text", "url", "source", "published_at")
Label = dict[str, Any]
Measured = tuple[str, Callable[["Case"], bool | None]]


@dataclass(frozen=True, slots=True)
class Case:
    """A gold item and what the pipeline made of it."""

    gold: Label
    found: Item

    def is_right(self, match: ConflictMatch) -> bool:
        """Return whether this war is one the item is about, or one that is accepted for it."""
        if match.ucdp_conflict_id is None:
            return match.id == self.gold["slug"]
        return match.ucdp_conflict_id in {*self.gold["conflicts"], *self.gold["accept"]}


def labels() -> list[Label]:
    """Return all gold items, by language."""
    return [json.loads(line) for path in sorted(GOLD.glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def run() -> list[Case]:
    """Enrich every gold item, its language not told; PoisonMessage when one of them is refused."""
    models = pipeline.load(settings.Settings())
    return [Case(gold, _enriched(models, number, gold)) for number, gold in enumerate(labels())]


def _enriched(models: pipeline.Models, number: int, gold: Label) -> Item:
    line = json.dumps({key: gold[key] for key in RAW}).encode()
    (found,) = offline.enrich_lines(models, [(Origin("gold", 0, number), RECEIVED, line)])
    if isinstance(found, PoisonMessage):
        raise found
    return found


def war_first(case: Case) -> bool | None:
    """Return whether the best war is right; None for an item about none."""
    if not case.gold["conflicts"]:
        return None
    return any(case.is_right(match) for match in case.found.conflicts[:1])


def abstained(case: Case) -> bool | None:
    """Return whether an item about a war got none; None for the others."""
    return not case.found.conflicts if case.gold["conflicts"] else None


def all_wars(case: Case) -> bool | None:
    """Return whether both wars of a two-war item were found; None for the others."""
    found = {match.ucdp_conflict_id for match in case.found.conflicts}
    return set(case.gold["conflicts"]) <= found if len(case.gold["conflicts"]) > 1 else None


def false_alarm(case: Case) -> bool | None:
    """Return whether an item about no war got one; None for the others."""
    return None if case.gold["conflicts"] else bool(case.found.conflicts)


def focus(case: Case) -> bool | None:
    """Return whether a place in focus lies as near to a labelled one as it should; None where none is labelled."""
    points = [(place.lat, place.lon) for place in case.found.places if place.role == "focus"]
    return _near(case, points) if case.gold["focus"] else None


def place(case: Case) -> bool | None:
    """Return whether any place found lies as near to a labelled one as it should; None where none is labelled."""
    points = [(place.lat, place.lon) for place in case.found.places]
    return _near(case, points) if case.gold["focus"] else None


def _near(case: Case, points: list[tuple[float | None, float | None]]) -> bool:
    return any(
        distance_km(lat, lon, wanted["lat"], wanted["lon"]) <= wanted["km"]
        for lat, lon in points
        for wanted in case.gold["focus"]
        if lat is not None and lon is not None
    )


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the great-circle distance of two points in kilometres (haversine formula)."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def country(case: Case) -> bool | None:
    """Return whether the first country is one of the labelled; None where none is labelled."""
    return bool({c.code for c in case.found.countries[:1]} & {*case.gold["country"]}) if case.gold["country"] else None


def language(case: Case) -> bool | None:
    """Return whether the language is right."""
    return case.found.language == case.gold["language"]


def no_place(case: Case) -> bool | None:
    """Return whether words that name no place became one; None where none is labelled."""
    spans = {fold_name(mention.text) for place in case.found.places for mention in place.mentions}
    return bool(spans & {fold_name(word) for word in case.gold["not_places"]}) if case.gold["not_places"] else None


MEASURES: tuple[Measured, ...] = (
    ("right war first", war_first),
    ("no war given", abstained),
    ("both wars", all_wars),
    ("false alarm", false_alarm),
    ("focus", focus),
    ("place found", place),
    ("country", country),
    ("language", language),
    ("place made of a name", no_place),
)


def share(cases: list[Case], measure: Callable[[Case], bool | None]) -> tuple[int, int]:
    """Return how many cases are true, of how many the measure applies to."""
    values = [value for case in cases if (value := measure(case)) is not None]
    return sum(values), len(values)


def by_language(cases: list[Case]) -> dict[str, list[Case]]:
    """Return the cases of each language and of `all`."""
    groups: dict[str, list[Case]] = {"all": cases}
    for case in cases:
        groups.setdefault(case.gold["language"], []).append(case)
    return groups


def calibration(cases: list[Case]) -> list[tuple[float, int, float, float]]:
    """Return lower end, number of wars given, mean score and share right of each tenth of conflict scores."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for case in cases:
        for match in case.found.conflicts:
            bins.setdefault(min(int(match.score * 10), 9), []).append((match.score, case.is_right(match)))
    return [(tenth / 10, len(rows), *_means(rows)) for tenth, rows in sorted(bins.items())]


def calibration_error(cases: list[Case]) -> float:
    """Return the expected calibration error of conflict scores: the mean gap of score and share right, by tenths."""
    rows = calibration(cases)
    return sum(count * abs(score - right) for _, count, score, right in rows) / sum(count for _, count, _, _ in rows)


def _means(rows: list[tuple[float, bool]]) -> tuple[float, float]:
    return sum(score for score, _ in rows) / len(rows), sum(right for _, right in rows) / len(rows)


def markdown(cases: list[Case]) -> Iterator[str]:
    """Yield the lines of two tables: all measures by language, calibration of conflict scores."""
    yield "| language | items | " + " | ".join(name for name, _ in MEASURES) + " |"
    yield "|---|" + "---:|" * (len(MEASURES) + 1)
    for name, group in by_language(cases).items():
        cells = (_cell(*share(group, measure)) for _, measure in MEASURES)
        yield f"| {name} | {len(group)} | " + " | ".join(cells) + " |"
    yield ""
    yield "| conflict score from | wars given | mean score | share right |"
    yield "|---:|---:|---:|---:|"
    for low, count, score, right in calibration(cases):
        yield f"| {low:.1f} | {count} | {score:.2f} | {right:.2f} |"
    yield ""
    yield f"Expected calibration error: {calibration_error(cases):.3f}"


def _cell(true: int, of: int) -> str:
    return f"{true}/{of} ({true / of:.0%})" if of else "-"


def mistakes(cases: list[Case]) -> Iterator[str]:
    """Yield one line for each thing that is wrong with an item: what was expected and what was found."""
    wrong = {"right war first": False, "focus": False, "country": False, "language": False, "both wars": False}
    wrong |= {"false alarm": True, "place made of a name": True}
    for case in cases:
        for name, measure in MEASURES:
            if name in wrong and measure(case) is wrong[name]:
                yield f"{case.gold['id']} {name}: {_summary(case)} | {case.gold['title']} ({case.gold['note']})"


def _summary(case: Case) -> str:
    wars = [f"{match.id} {match.score:.2f}" for match in case.found.conflicts]
    places = [f"{place.name}/{place.country}" for place in case.found.places if place.role == "focus"]
    return f"{wars} {places} {[country.code for country in case.found.countries[:2]]} {case.found.language}"


def main() -> None:
    """Print the tables; with `--mistakes`, also every mistake."""
    cases = run()
    print("\n".join(markdown(cases)))
    if "--mistakes" in sys.argv[1:]:
        print("", *mistakes(cases), sep="\n")


if __name__ == "__main__":
    main()
