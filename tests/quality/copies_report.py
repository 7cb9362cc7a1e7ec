"""Copies of own articles, made by rule in every language, and how many are taken for what they are.

An article is `joined` gold items of one language in a row: four make about 130 words, one is a brief of about 30. Of
each: without its headline, with links to other articles above and below, with its last sentence first, and without its
last sentence. All texts of one article are one cluster.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import comb

import gold_report
from gold_report import Label

from streams import dedup, offline, pipeline, settings
from streams.errors import PoisonMessage
from streams.messages import Origin

RECEIVED = datetime(2026, 11, 23, 12, tzinfo=UTC)
SENTENCE = re.compile(r"(?<=[.!?。！？।۔።။؟])\s*(?=\S)")
Article = tuple[str, str, str, str]  # name, language, title, text
KINDS = ("no headline", "links around", "other order", "shortened")
LINKS = 3


@dataclass(frozen=True, slots=True)
class Copied:
    """One text: which article it is made of, in what way ("" for itself), and the story it was put into."""

    article: str
    language: str
    kind: str
    story: str


def articles(joined: int) -> list[Article]:
    """Return the articles of `joined` items each; what is left of a language makes a shorter one."""
    by_language: dict[str, list[Label]] = {}
    for label in gold_report.labels():
        by_language.setdefault(label["language"], []).append(label)
    return [
        (labels[at]["id"], language, labels[at]["title"], " ".join(one["text"] for one in labels[at : at + joined]))
        for language, labels in by_language.items()
        for at in range(0, len(labels), joined)
    ]


def variants(title: str, text: str, links: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield kind, title and text of what may be published of an article."""
    sentences = SENTENCE.split(text)
    yield "", title, text
    yield "no headline", "", text
    yield "links around", title, "\n".join([*links[:LINKS], text, *links[LINKS : 2 * LINKS]])
    if len(sentences) > 1:
        yield "other order", title, " ".join([sentences[-1], *sentences[:-1]])
        yield "shortened", title, " ".join(sentences[:-1])


def run(joined: int) -> list[Copied]:
    """Judge every article and then its copies, in one stream in which everything is of the same day."""
    config = settings.Settings()
    models, state = pipeline.load(config), offline.new_state(config)
    written, found = articles(joined), list[Copied]()
    for name, language, title, text in written:
        links = [one[2] for one in written if one[1] == language and one[0] > name]
        for kind, head, body in variants(title, text, links):
            raw = json.dumps({"id": f"{name} {kind}", "title": head, "text": body}).encode()
            (item,) = offline.enrich_lines(models, [(Origin("copies", 0, len(found)), RECEIVED, raw)])
            if isinstance(item, PoisonMessage):
                raise item
            found.append(Copied(name, language, kind, dedup.admit(state, item).verdict.story_id))
    return found


def recognised(found: list[Copied]) -> dict[str, dict[str, tuple[int, int]]]:
    """Return by language and `all`: of each kind how many copies share the story of their article, of how many."""
    story = {one.article: one.story for one in found if not one.kind}
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    for one in (one for one in found if one.kind):
        for key in ("all", one.language):
            true, of = counts.setdefault(key, dict.fromkeys(KINDS, (0, 0)))[one.kind]
            counts[key][one.kind] = (true + (one.story == story[one.article]), of + 1)
    return counts


def merged(found: list[Copied]) -> int:
    """Return how many articles share a story with another."""
    stories = Counter(one.story for one in found if not one.kind)
    return sum(count for count in stories.values() if count > 1)


def adjusted_rand(found: list[Copied]) -> float:
    """Return the adjusted Rand index (Hubert and Arabie 1985) of stories and articles over all texts."""
    pairs: list[Counter[object]] = [Counter(one.article for one in found), Counter(one.story for one in found),
             Counter((one.article, one.story) for one in found)]  # fmt: skip
    true, given, both = (sum(comb(n, 2) for n in counts.values()) for counts in pairs)
    chance = true * given / comb(len(found), 2)
    return (both - chance) / ((true + given) / 2 - chance)
