"""Train the tagger: `python -m tools.tagger SILVER.jsonl > streams/geo/data/tagger.tsv`.

SILVER has one object a line: `text` and `ents`, a list of [start, end, label] from a named-entity model whose labels
are those of OntoNotes. No text and no name of a place gets into the weights: values are classes and function words.
"""

import json
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Set

from streams.document import Document
from streams.geo.gazetteer import Gazetteer, load
from streams.geo.kinds import ADMIN1
from streams.geo.mentions import Mention, read_clues
from streams.geo.tagger import CLUES, LEXICAL, clue_key
from streams.text.fold import fold

_PLACES = {"GPE", "LOC", "NORP"}
_HOLDERS = {"ORG", "FAC"}
_EPOCHS, _LEAST, _MOST_IMPORTANT = 6, 15, 1.5
_RATE, _DECAY = 0.3, 0.0025
KIND = CLUES.index("kind")
_SMALL = [str(number) for number in range(160)]  # more than any clue that is a number has
Example = tuple[list[tuple[str, str]], bool]


def _overlap(start: int, end: int, entity: tuple[int, int, str]) -> float:
    inner = min(end, entity[1]) - max(start, entity[0])
    return inner / (max(end, entity[1]) - min(start, entity[0]))


def examples(path: str, gazetteer: Gazetteer) -> Iterator[Example]:
    """Yield the clues of each mention, and whether the silver labels call it a place."""
    with open(path, encoding="utf-8") as stream:
        for item in map(json.loads, stream):
            body = "\n" + item["text"]
            document = Document("", item["text"], body, fold(body), "en")
            reading, clues = read_clues(document, gazetteer)
            mentions, names = reading.mentions(), _names(document)
            known = {m.name for m in mentions if _label(m, item["ents"], frozenset())}
            for m, keys in zip(mentions, clues.tolist(), strict=True):
                right = _label(m, item["ents"], known)
                if right is not None:
                    yield [names[key] for key in keys], right


def _names(document: Document) -> dict[int, tuple[str, str]]:
    """Return the clue and the value that each number may stand for in a document."""
    tokens = {*document.folded.text.split(), *document.body, "^", "$", "#", "=", "-"}
    values = {f"{token}{number}" for token in tokens if token.strip() for number in ("", " 0", " 1", " 2", " 3")}
    return {clue_key(clue, value): (clue, value) for clue in CLUES for value in (values if clue in LEXICAL else _SMALL)}


def _label(m: Mention, entities: list[tuple[int, int, str]], known: Set[int]) -> bool | None:
    """Return whether the labels call a mention a place; None where they do not say.

    A name inside of an organisation's is a place if it is a state or country ("Ohio Housing Agency"), or called a
    place elsewhere in the text.
    """
    start, end = m.start - 1, m.end - 1
    for entity in entities:
        if entity[0] < end and start < entity[1]:
            if entity[2] in _PLACES:
                return _overlap(start, end, entity) >= 0.5
            if entity[2] in _HOLDERS and _overlap(start, end, entity) < 0.9:
                return True if m.kind >= ADMIN1 or m.name in known else None
    return False


def _importance(data: list[Example]) -> list[float]:
    """Return a weight for each example that makes places of every rank as likely as not.

    World news seldom names small towns, local news does: how likely a rank is must come from the text, not from here.
    """
    ranks = [int(found[KIND][1]) // 8 for found, _ in data]
    count = Counter((rank, right) for rank, (_, right) in zip(ranks, data, strict=True))
    return [
        min(_MOST_IMPORTANT, max(1.0, count[rank, not right] / count[rank, right]))
        for rank, (_, right) in zip(ranks, data, strict=True)
    ]


def train(data: list[Example]) -> dict[tuple[str, str], float]:
    """Return the weights of a logistic regression (AdaGrad, L2)."""
    seen = Counter(clue for found, _ in data for clue in found)
    kept = [[clue for clue in found if seen[clue] >= _LEAST] for found, _ in data]
    rows = list(zip(kept, (right for _, right in data), _importance(data), strict=True))
    weights: dict[tuple[str, str], float] = defaultdict(float)
    squares: dict[tuple[str, str], float] = defaultdict(lambda: 1.0)
    order = random.Random(0)
    for _ in range(_EPOCHS):
        order.shuffle(rows)
        for found, right, importance in rows:
            error = right - 1 / (1 + math.exp(-sum(weights[clue] for clue in found)))
            for clue in found:
                gradient = importance * error - _DECAY * weights[clue]
                squares[clue] += gradient * gradient
                weights[clue] += _RATE * gradient / math.sqrt(squares[clue])
    return weights


def main(path: str) -> None:
    """Print the table of weights."""
    data = list(examples(path, load()))
    weights = train(data)
    print("clue\tvalue\tweight")
    for (clue, value), weight in sorted(weights.items(), key=lambda item: (CLUES.index(item[0][0]), str(item[0][1]))):
        if abs(weight) >= 0.05:
            print(clue, value, f"{weight:.2f}", sep="\t")
    print(len(data), sum(right for _, right in data), file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
