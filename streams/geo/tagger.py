"""Keeps the mentions that are places: a linear model over the clues of `streams.geo.context`."""

from collections.abc import Iterable
from pathlib import Path

from streams.errors import ConfigError

Clue = int | str
CLUES = (
    "bias", "kind", "length", "rare", "whole", "part", "before", "before_whole", "behind", "behind_big", "left",
    "right", "left_trait", "right_trait", "name_trait", "person", "place_position", "count", "home", "shouted", "tail",
    "runs",
)  # fmt: skip
LEXICAL = frozenset(("before", "before_whole", "behind", "behind_big", "left", "right", "tail"))
Weights = tuple[dict[Clue, float], ...]
TABLE = Path(__file__).parent / "data" / "tagger.tsv"


def load_weights(path: Path = TABLE) -> Weights:
    """Read the weights: clue, value, weight; ConfigError with file and line where one is none."""
    weights: dict[str, dict[Clue, float]] = {clue: {} for clue in CLUES}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#") or number == 1:
            continue
        try:
            clue, value, weight = line.split("\t")
            weights[clue][value if clue in LEXICAL else int(value)] = float(weight)
        except (KeyError, ValueError) as error:
            raise ConfigError(f"{path}:{number}: not a weight: {error}") from error
    return tuple(weights.values())


def score(weights: Weights, values: Iterable[Clue]) -> float:
    """Return the score of a mention with these clues: above 0, it is more likely a place than not."""
    total = 0.0
    for table, value in zip(weights, values, strict=True):
        total += table.get(value, 0.0)
    return total
