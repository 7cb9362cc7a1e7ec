"""Names in their inflected and prefixed forms: "Бахмутом", "والفاشر", "בעזה", "w Kijowie"."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streams.errors import ConfigError
from streams.geo.hashing import Hashes, spelt

TABLE = Path(__file__).parent / "data" / "inflection.tsv"


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules for the endings of words, or for their beginnings: put `instead` for `letters`.

    One row a rule; letters are hashes (`spelt`), lengths count them.
    """

    at_end: bool
    length: NDArray[np.int32]
    letters: Hashes
    instead_length: NDArray[np.int32]
    instead: Hashes


RulesOf = Mapping[str, Rules]


def load_rules(path: Path = TABLE) -> RulesOf:
    """Read the rules of each language; ConfigError with file and line where one is none."""
    rules: dict[str, tuple[bool, list[tuple[str, str]]]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(("#", "lang\t")):
            continue
        language, side, *cells = line.split("\t")
        at_end, pairs = rules.setdefault(language, (side == "end", []))
        if side not in ("begin", "end") or len(cells) != 1 or at_end != (side == "end"):
            raise ConfigError(f"{path}:{number}: expected language, begin or end (one of them a language), rules")
        for rule in cells[0].split(";"):
            letters, arrow, instead = rule.partition(">")
            if not arrow:
                raise ConfigError(f"{path}:{number}: {rule!r} is not `letters>instead`")
            pairs.append((letters, instead))
    return {language: _arranged(*side) for language, side in rules.items()}


def _arranged(at_end: bool, pairs: list[tuple[str, str]]) -> Rules:
    letters, instead = zip(*pairs, strict=True)
    return Rules(at_end, _lengths(letters), _hashes(letters), _lengths(instead), _hashes(instead))


def _lengths(parts: tuple[str, ...]) -> NDArray[np.int32]:
    return np.array([len(part) for part in parts], np.int32)


def _hashes(parts: tuple[str, ...]) -> Hashes:
    return np.array([spelt(part) for part in parts], np.uint64)
