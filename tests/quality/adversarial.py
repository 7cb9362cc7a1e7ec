"""Measure what news made to harm brings about, as docs/security.md tells it: `python tests/quality/adversarial.py`."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).parent)]

from tables import table  # noqa: E402
from test_adversarial import enriched, judged, longer_samples  # noqa: E402

from streams import geo, pipeline  # noqa: E402
from streams.settings import Settings  # noqa: E402

ALIKE = str.maketrans("aceiopxyACEHIKMOPTX", "асеіорхуАСЕНІКМОРТХ")
STUFFING = " El Fasher Rapid Support Forces drone strike killed."
Rows = Iterator[tuple[str, str, str]]


def floods(models: pipeline.Models, stories: list[dict[str, Any]]) -> Rows:
    """Yield how many of 300 copies of a story count as news, by the share of their words that are changed."""
    rng, words = random.Random(1), stories[0]["text"].split(" ")
    before = judged(enriched(models, stories))
    for share in (0.02, 0.05, 0.1, 0.2, 0.4):
        flood = []
        for number in range(300):
            changed = [f"w{rng.randrange(10**6)}" if rng.random() < share else word for word in words]
            flood.append(stories[0] | {"id": f"x{number}", "url": None, "text": " ".join(changed)})
        after = judged(enriched(models, [*flood, *stories]))
        news = sum(verdict.status == "new" for verdict in after[:300])
        hurt = sum(a.status != b.status for a, b in zip(before[1:], after[301:], strict=True))
        yield (
            f"300 copies of a story, {share:.0%} of their words changed",
            f"{news} count as news",
            f"{hurt} of {len(stories) - 1}",
        )


def poisoned(models: pipeline.Models, stories: list[dict[str, Any]]) -> Rows:
    """Yield how many stories are taken for copies of one that was made of them."""
    for count in (3, 10, 30, 60):
        made = {"id": "poison", "title": "Live", "text": "\n".join(raw["text"] for raw in stories[:count])}
        verdicts = judged(enriched(models, [made, *stories]))[1:]
        taken = sum(bool(one.duplicate and one.duplicate.of == "poison") for one in verdicts)
        yield f"a story made of {count} others", f"{taken} taken for its copies", f"{taken} of {len(stories)}"


def stuffed(models: pipeline.Models, stories: list[dict[str, Any]]) -> Rows:
    """Yield how many items without a war get one when its words are put behind their text."""
    calm = [raw for raw, item in zip(stories, enriched(models, stories), strict=True) if not item.conflicts]
    for times in (1, 3, 10):
        items = enriched(models, [raw | {"text": raw["text"] + STUFFING * times} for raw in calm])
        sure = sum(any(match.score >= 0.8 for match in item.conflicts) for item in items)
        believed = sum(bool(item.conflicts) for item in items)
        yield (
            f"words of a war {times} times behind items without one",
            f"{believed} of {len(calm)} get it",
            f"{sure} at 0.8",
        )


def alike(models: pipeline.Models) -> Rows:
    """Yield what becomes of names of large places with one, or every, Latin letter replaced by a look-alike."""
    gazetteer = geo.load()
    found = (gazetteer.described(number).place for number in range(4000))
    places = [place for place in found if place.kind == "city" and place.name.isascii() and place.name.isalpha()]
    places = [place for place in places if place.name.translate(ALIKE) != place.name][:300]
    for how in ("one letter", "every letter"):
        raws = []
        for place in places:
            at = next(n for n, char in enumerate(place.name) if char.translate(ALIKE) != char)
            name = place.name.translate(ALIKE)
            name = name if how == "every letter" else place.name[:at] + name[at] + place.name[at + 1 :]
            raws.append({"text": f"Three died when shells hit a market in {name} on Monday, medics said."})
        items = enriched(models, raws)
        wrong = sum(
            any(seen.name != place.name for seen in item.places) for item, place in zip(items, places, strict=True)
        )
        right = sum(
            any(seen.name == place.name for seen in item.places) for item, place in zip(items, places, strict=True)
        )
        yield f"{len(places)} cities, {how} of the name replaced", f"{right} found all the same", f"{wrong} elsewhere"


def main() -> None:
    """Show the table."""
    models, stories = pipeline.load(Settings()), longer_samples()
    rows = [*floods(models, stories), *poisoned(models, stories), *stuffed(models, stories), *alike(models)]
    print("\n".join(table(("attack", "what comes of it", "harm to others"), rows)))


if __name__ == "__main__":
    main()
