"""Measure the pipeline on the public labelled sets of `STREAMS_TEST_DATA`, with the scorer that lies beside them."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from programs import load

DATA = Path(os.environ.get("STREAMS_TEST_DATA", Path(__file__).parents[3] / "shared"))
READ = Path(__file__).parent / "alarms_read.tsv"
NEAR_KM = 161.0
LEAST_TEXT = 40  # code points from which on the language of an item must be told
Record = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """One set: its gold items, each with its event, and what the scorer says of them."""

    path: Path
    judge: ModuleType
    events: list[Record]

    @property
    def name(self) -> str:
        """The name of the set, its task first."""
        return self.path.name.partition(".")[0]

    @cached_property
    def score(self) -> Record:
        """The score of the set: metrics, groups by language and topic, common mistakes."""
        found: Record = self.judge.score_file(self.path, self.judge.task_of(self.path), self.events, None, None)
        return found

    @cached_property
    def rows(self) -> list[tuple[Record, Record | None]]:
        """The gold items, each with its event; None where there is none."""
        rows: list[tuple[Record, Record | None]] = self.judge.join(self.judge.gold_items(self.path), self.events)[0]
        return rows

    def languages(self) -> Iterator[tuple[str, str]]:
        """Yield true and found language of the items that are long enough."""
        for item, event in self.rows:
            size = len(f"{item.get('title') or ''} {item.get('text') or ''}".strip())
            if event and size >= LEAST_TEXT and len(item.get("lang") or "") == 2:
                yield item["lang"], event["language"]

    def rand_without_grey(self) -> tuple[float, int]:
        """Return the adjusted Rand index of stories over the documents in no doubtful pair, and how many these are.

        True clusters are the connected components of the pairs labelled duplicate, however far apart in time.
        """
        labels = self.judge.read_jsonl(self.path.with_name(self.path.name.replace("_docs", "_pairs")), "silver")
        doubtful = {str(pair[side]) for pair in labels if pair["silver"] == "grey" for side in "ab"}
        story = {name: one for name, one in self.judge.stories(self.rows).items() if name not in doubtful}
        edges = [(str(p["a"]), str(p["b"])) for p in labels if p["silver"] == "duplicate"]
        gold = self.judge.components(story, [edge for edge in edges if story.keys() >= {*edge}])
        return self.judge.adjusted_rand(gold, story), len(story)

    def place_losses(self) -> Counter[str]:
        """Return how the located names end: right, not found, or at another place of a level, over 161 km off."""
        ends: Counter[str] = Counter()
        for item, event in self.rows:
            wanted = [name for name in item["labels"]["toponyms"] if name["lat"] is not None]
            mentions = self.judge.predicted_mentions(item, event)[0] if event else []
            spans = [span for span, _ in mentions]
            pairs = self.judge.match_spans([(name["start"], name["end"]) for name in wanted], spans)
            places = [mentions[pairs[i]][1] if i in pairs else None for i in range(len(wanted))]
            ends.update(self._end(name, place) for name, place in zip(wanted, places, strict=True))
        return ends

    def _end(self, name: Record, place: Record | None) -> str:
        if place is None:
            return "not found"
        if (self.judge.error_km(name, place) or 0.0) <= NEAR_KM:
            return "right"
        level = "a name below countries" if self.judge.is_subnational(name) else "a country or more"
        return f"{level}, put too far off"

    def countries(self) -> tuple[Counter[str], Counter[str]]:
        """Return countries by how many documents lack them, and by how many have them wrongly."""
        lost: Counter[str] = Counter()
        false: Counter[str] = Counter()
        for item, event in self.rows:
            labels = item["labels"]
            named = {labels.get("handCodedCountryCode"), *map(self.judge.iso2, labels.get("places", ()))} - {None, ""}
            found = {country["code"] for country in (event or {}).get("countries", ())}
            lost.update(named - found)
            false.update(found - named if named else ())
        return lost, false


def available() -> bool:
    """Return whether the sets and their scorer are there."""
    return (DATA / "eval" / "score.py").is_file()


def run(only: str = "") -> list[Measured]:
    """Enrich the items of every set whose name begins so, and return the sets by name."""
    judge = load(DATA / "eval" / "score.py")
    paths = sorted((DATA / "data" / "dev").glob(f"{only}*.jsonl*"))
    return [Measured(path, judge, _enriched(judge, path)) for path in paths if judge.task_of(path)]


def _enriched(judge: ModuleType, path: Path) -> list[Record]:
    raw = judge.raw_lines(judge.gold_items(path))
    done = subprocess.run([sys.executable, "-m", "streams", "enrich"], input=raw, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def language_mistakes(sets: list[Measured]) -> tuple[float, int, Counter[tuple[str, str]]]:
    """Return the share of right languages over all sets, of how many items, and which was taken for which."""
    pairs = [pair for one in sets for pair in one.languages()]
    wrong = Counter(pair for pair in pairs if pair[0] != pair[1])
    return 1 - wrong.total() / len(pairs), len(pairs), wrong


def alarms(measured: Measured) -> list[tuple[str, str, str, str]]:
    """Return (verdict after reading, language, war, id) of each item of a peaceful set that got a war.

    The verdict is `label` where the label is wrong, `argued`, `false`, or `not read`.
    """
    lines = (line.split("\t") for line in READ.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    verdicts = {name: verdict for name, verdict, _ in lines}
    return sorted(
        (verdicts.get(str(item["id"]), "not read"), item["lang"], event["conflicts"][0]["id"], str(item["id"]))
        for item, event in measured.rows
        if event and event["conflicts"]
    )
