"""Floors on labelled news, measured with the conflict registry alone (no gazetteer), a little below what it reaches."""

import csv
import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from streams import conflict
from streams.document import Document
from streams.messages import ConflictMatch
from streams.text.fold import fold, fold_name

DATA = Path(os.environ.get("STREAMS_TEST_DATA", Path(__file__).parents[3] / "shared")) / "data"
DONBAS = {13243, 13246, 13247, 13306}
INVASION = datetime(2022, 2, 24, tzinfo=UTC)
FORMS = ("%m/%d/%Y", "%Y-%m-%d")

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not (DATA / "dev").is_dir(), reason=f"no labelled news at {DATA}: set STREAMS_TEST_DATA"),
]


@cache
def registry() -> conflict.Registry:
    return conflict.load(fold_name)


def _published(value: str | None) -> datetime | None:
    for form in FORMS:
        try:
            return datetime.strptime(value or "", form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _answers(name: str) -> Iterator[tuple[dict[str, Any], datetime | None, tuple[ConflictMatch, ...]]]:
    with gzip.open(DATA / "dev" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for item in map(json.loads, lines):
            title, text = (item.get("title") or "").replace("\n", " "), item.get("text") or ""
            body, published = f"{title}\n{text}", _published(item.get("published"))
            language = item["lang"] if item["lang"] != "und" else "en"
            document = Document(title, text, body, fold(body), language, None, published)
            yield item, published, conflict.classify(document, (), (), registry())


def _first(name: str, right: set[int], language: str | None = None) -> float:
    verdicts = [
        bool(found and found[0].ucdp_conflict_id in (DONBAS if right == {13243} and day and day < INVASION else right))
        for item, day, found in _answers(name)
        if language is None or item["lang"] == language
    ]
    return sum(verdicts) / len(verdicts)


@pytest.mark.parametrize("language", ["ar", "en", "fr", "he", "hi"])
def test_short_posts_about_gaza(language: str) -> None:
    assert _first("conflict_fignews_israel_hamas", {234}, language) >= 0.87


@pytest.mark.parametrize(
    ("name", "right", "floor"),
    [
        ("conflict_aljazeera_ar_gaza", {234}, 0.93),
        ("conflict_ruwa_ru_ua", {13243}, 0.92),
        ("conflict_fakes_syria", {299}, 0.95),
    ],
)
def test_the_right_war_comes_first(name: str, right: set[int], floor: float) -> None:
    assert _first(name, right) >= floor


def test_headlines_of_all_wars() -> None:
    with (DATA / "facts" / "UcdpPrioConflict_v25_1.csv").open(encoding="utf-8-sig", newline="") as stream:
        listed = {row["conflict_id"] for row in csv.DictReader(stream, delimiter=";")}
    named = right = wars = count = 0
    for item, _, found in _answers("conflict_ged_headlines"):
        labels = item["labels"]
        count += 1
        named += bool(found)
        if labels["type_of_violence"] == "1" and labels["conflict_id"] in listed:
            wars += 1
            right += labels["conflict_id"] in {str(match.ucdp_conflict_id) for match in found}
    assert named / count >= 0.66
    assert right / wars >= 0.67


def test_peaceful_topics_raise_few_alarms() -> None:
    alarms = [bool(found) for _, _, found in _answers("nonconflict_topics")]
    assert sum(alarms) / len(alarms) <= 0.01


def test_sure_answers_on_headlines_of_all_wars_are_mostly_right() -> None:
    sure = [
        str(found[0].ucdp_conflict_id) == item["labels"]["conflict_id"]
        for item, _, found in _answers("conflict_ged_headlines")
        if found and found[0].score >= 0.8 and item["labels"]["type_of_violence"] == "1"
    ]
    assert len(sure) >= 300
    assert sum(sure) / len(sure) >= 0.82
