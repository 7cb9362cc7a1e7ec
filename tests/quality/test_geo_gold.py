"""Places of 176 short items in 22 languages, written for this test: what is found, where it is put, what is the scene.

Gold per item: the places it names (surface form, name, id or region key, point), any of the places that may count as
its scene, the country it is about (several where a reader might choose), words that name no place (people, firms, seats
of government) and places that are not the scene (datelines, capitals of speakers). A place is right within 161 km of
its point (the usual measure of geoparsing, 100 miles), an area within its radius if that is larger, a country by its
code.
"""

import json
import math
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from streams import geo
from streams.document import Document
from streams.messages import Place
from streams.text.fold import fold

Item = dict[str, Any]
GOLD = Path(__file__).with_name("geo_gold.jsonl")
RIGHT_KM = 161
ALL = "all"
# Floors lie a little below what is reached (right 95 %, scene 98 %, country 97 %), so that a change that costs more
# than a few items shows; a language with few items has a wide one.
FLOORS = {"found": 0.94, "right": 0.92, "scene": 0.95, "first": 0.89, "country": 0.92}
LANGUAGE_FLOOR = 0.75
LEAST_MENTIONS = 20
MOST_FALLEN = 0.3
COLUMNS = ("mentions", "found", "right", "items", "scene", "first", "country", "traps", "fallen")


@cache
def gold() -> list[Item]:
    return [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]


def document(item: Item) -> Document:
    body = f"{item['title']}\n{item['text']}"
    return Document(item["title"], item["text"], body, fold(body), item["language"])


def distance_km(place: Place, truth: Item) -> float:
    """Great-circle distance (haversine, sphere of 6371 km)."""
    if place.lat is None or place.lon is None:
        return math.inf
    lat1, lon1, lat2, lon2 = map(math.radians, (place.lat, place.lon, truth["lat"], truth["lon"]))
    chord = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(chord))


def same(place: Place, truth: Item) -> bool:
    if truth["kind"] == "country":
        return place.kind == "country" and place.country == truth["country"]
    if place.kind == "country":
        return False
    return distance_km(place, truth) <= max(RIGHT_KM, truth.get("radius_km", 0))


def spans(place: Place, shift: int) -> list[tuple[int, int]]:
    moved = ((span, shift if span.field == "text" else 0) for span in place.mentions)
    return [(span.start + offset, span.end + offset) for span, offset in moved]


def covering(places: tuple[Place, ...], words: str, doc: Document) -> list[Place]:
    """Return the places with a mention that overlaps any occurrence of the words."""
    starts = [at for at in range(len(doc.body)) if doc.body.startswith(words, at)]
    shift = len(doc.title) + 1
    return [
        place
        for place in places
        if any(a < at + len(words) and at < b for a, b in spans(place, shift) for at in starts)
    ]


def judge(item: Item, found: geo.Geography, doc: Document) -> Counter[str]:
    focus = [place for place in found.places if place.role == "focus"]
    hits = [covering(found.places, truth["text"], doc) for truth in item["mentions"]]
    traps = [covering(found.places, words, doc) for words in item.get("not_places", ())]
    traps = [[place for place in hit if place.kind != "country"] for hit in traps]
    traps += [covering(tuple(focus), words, doc) for words in item.get("not_focus", ())]
    return Counter(
        mentions=len(hits),
        found=sum(map(bool, hits)),
        right=sum(any(same(place, truth) for place in hit) for hit, truth in zip(hits, item["mentions"], strict=True)),
        items=1,
        scene=any(same(place, truth) for place in focus for truth in item["focus"]),
        first=any(same(found.places[0], truth) for truth in item["focus"]) if found.places else 0,
        country=bool(found.countries) and found.countries[0].code in item["countries"],
        traps=len(traps),
        fallen=sum(map(bool, traps)),
    )


@cache
def results() -> dict[str, Counter[str]]:
    """Return counts per language and over all items."""
    gazetteer = geo.load()
    table: dict[str, Counter[str]] = {}
    for item in gold():
        doc = document(item)
        counts = judge(item, geo.resolve(doc, gazetteer), doc)
        for key in (item["language"], ALL):
            table.setdefault(key, Counter()).update(counts)
    return table


def test_gold_points_at_its_own_words() -> None:
    for item in gold():
        body = document(item).body
        for words in (*(m["text"] for m in item["mentions"]), *item.get("not_places", ()), *item.get("not_focus", ())):
            assert words in body, (item["id"], words)


@pytest.mark.parametrize("measure", list(FLOORS))
def test_floor(measure: str) -> None:
    counts = results()[ALL]
    of = "mentions" if measure in {"found", "right"} else "items"
    assert counts[measure] >= FLOORS[measure] * counts[of]


@pytest.mark.parametrize("language", sorted({item["language"] for item in gold()}))
def test_no_language_is_left_behind(language: str) -> None:
    counts = results()[language]
    share = LANGUAGE_FLOOR if counts["mentions"] >= LEAST_MENTIONS else LANGUAGE_FLOOR - 0.15
    assert counts["right"] >= share * counts["mentions"]


def test_few_traps_catch() -> None:
    counts = results()[ALL]
    assert counts["fallen"] <= MOST_FALLEN * counts["traps"]


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n" + " ".join(f"{name:>8}" for name in ("", *COLUMNS)))
        for language, counts in results().items():
            print(" ".join(f"{cell:>8}" for cell in (language, *(counts[name] for name in COLUMNS))))
    assert sum(counts["items"] for counts in results().values()) == 2 * len(gold())
