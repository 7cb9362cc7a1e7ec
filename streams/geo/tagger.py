"""The weights by which names are kept as places or dropped: a linear model over clues that the kernel finds."""

from collections.abc import Iterator
from pathlib import Path

from streams.errors import ConfigError
from streams.geo.hashing import phrase, phrase_hash

CLUES = (
    "bias", "kind", "length", "rare", "whole", "part", "before", "before_whole", "behind", "behind_big", "left",
    "right", "left_trait", "right_trait", "name_trait", "person", "place_position", "count", "home", "shouted", "tail",
    "runs",
)  # fmt: skip
TITLES = (
    "mr mrs ms dr sen rep gov prof president minister judge sgt lt capt col gen sheriff coach mayor rev sir lord lady "  # noqa: SIM905
    "king queen prince princess officer detective chief director secretary senator spokesman spokeswoman chairman "
    "deputy justice sheikh imam general colonel captain major pope premier chancellor congressman ambassador".split()
)
LEXICAL = frozenset(("before", "before_whole", "behind", "behind_big", "left", "right", "tail"))
TABLE = Path(__file__).parent / "data" / "tagger.tsv"


def clue_key(clue: str, value: str) -> int:
    """Return the number of a clue with a value; KeyError or ValueError where it is none.

    A value is a number, or a word or sign with, for some clues, a number behind.
    """
    if clue in LEXICAL:
        token, _, number = value.partition(" ")
        hashed = phrase_hash(token)
        hashed = phrase(hashed, int(number) + 1) if number else hashed
    else:
        hashed = int(value)
    return phrase(_NUMBERS[clue], hashed)


_NUMBERS = {clue: number for number, clue in enumerate(CLUES, 1)}


def load_weights(path: Path = TABLE) -> dict[int, float]:
    """Read the weights by the number of their clue and value; ConfigError with file and line where one is none."""
    return {clue_key(clue, value): weight for clue, value, weight in rows(path)}


def rows(path: Path) -> Iterator[tuple[str, str, float]]:
    """Yield the clue, value and weight of each line; ConfigError with file and line where one is none."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#") or number == 1:
            continue
        try:
            clue, value, weight = line.split("\t")
            clue_key(clue, value)
            yield clue, value, float(weight)
        except (KeyError, ValueError) as error:
            raise ConfigError(f"{path}:{number}: not a weight: {error}") from error
