"""News made to harm: floods of near-copies, stories made to swallow others, stuffed key words, look-alike letters."""

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from streams import codec, dedup, pipeline, samples
from streams.errors import PoisonMessage
from streams.messages import Item, Origin, Verdict
from streams.pipeline import Received
from streams.settings import Settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def models() -> pipeline.Models:
    return pipeline.load(Settings())


@pytest.fixture(scope="module")
def stories() -> list[dict[str, Any]]:
    return longer_samples()


def longer_samples() -> list[dict[str, Any]]:
    """Return the longer samples."""
    found = []
    for line in samples.items():
        with suppress(ValueError, PoisonMessage):  # some are broken on purpose
            codec.decode_raw(line)
            found.append(json.loads(line))
    return [raw for raw in found if isinstance(raw, dict) and len(str(raw.get("text") or "")) > 250 and raw.get("id")]


def enriched(models: pipeline.Models, raws: Iterable[dict[str, Any]]) -> list[Item]:
    return [
        pipeline.enrich(
            models, Received(codec.decode_raw(json.dumps(raw).encode()), Origin("news.raw", 0, offset), NOW)
        )
        for offset, raw in enumerate(raws)
    ]


def judged(items: list[Item]) -> list[Verdict]:
    state = dedup.State(dedup.Window())
    return [dedup.admit(state, item).verdict for item in items]


def test_a_flood_of_near_copies_is_one_story_and_leaves_others_alone(
    models: pipeline.Models, stories: list[dict[str, Any]]
) -> None:
    flood = [stories[0] | {"id": f"x{number}", "url": None, "text": f"{stories[0]['text']} Report {number}."}
             for number in range(500)]  # fmt: skip
    before = judged(enriched(models, stories))
    after = judged(enriched(models, [*flood, *stories]))
    assert [verdict.status for verdict in after[:500]].count("new") == 1
    changed = [number for number, (one, other) in enumerate(zip(before, after[500:], strict=True))
               if one.status != other.status]  # fmt: skip
    assert changed == [0], "only the story that was flooded is a copy now"


@pytest.mark.parametrize("count", [3, 10, 60])
def test_a_story_of_many_stories_swallows_none(
    models: pipeline.Models, stories: list[dict[str, Any]], count: int
) -> None:
    text = "\n".join(raw["text"] for raw in stories[:count])
    verdicts = judged(enriched(models, [{"id": "poison", "title": "Live", "text": text}, *stories]))
    assert [one for one in verdicts[1:] if one.duplicate and one.duplicate.of == "poison"] == []


@pytest.mark.parametrize("name", ["Kh\u0430rkiv", "Ky\u0456v", "\u041c\u0430riupol", "G\u0430z\u0430"])
def test_a_name_with_letters_of_another_script_is_no_place(models: pipeline.Models, name: str) -> None:
    raw = {
        "title": f"Shelling in {name} kills three",
        "text": f"Three died when shells hit a market in {name} on Monday.",
    }
    [item] = enriched(models, [raw])
    assert item.places == ()


def test_stuffed_key_words_are_believed(models: pipeline.Models) -> None:
    """A limit, and told so: nobody checks whether what an item says is true (docs/security.md)."""
    text = "Win big with our casino bonus. " + "El Fasher Rapid Support Forces drone strike killed " * 5
    [item] = enriched(models, [{"title": "Best casino bonus", "text": text}])
    assert [match.id for match in item.conflicts] == ["sudan"]
