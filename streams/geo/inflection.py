"""Names in their inflected and prefixed forms: "Бахмутом", "والفاشر", "בעזה", "w Kijowie"."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streams.errors import ConfigError
from streams.geo.hashing import Hashes, Ints, TextHash, spelt
from streams.geo.words import Words

TABLE = Path(__file__).parent / "data" / "inflection.tsv"
_LEAST = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """Put `instead` for the `length` letters whose hash is `letters`, at the end or the beginning of a word."""

    at_end: bool
    length: int
    letters: int
    instead: int
    instead_length: int


Rules = Mapping[str, tuple[Rule, ...]]


def load_rules(path: Path = TABLE) -> Rules:
    """Read the rules of each language; ConfigError with file and line where one is none."""
    rules: dict[str, list[Rule]] = defaultdict(list)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(("#", "lang\t")):
            continue
        language, side, *cells = line.split("\t")
        if side not in ("begin", "end") or len(cells) != 1:
            raise ConfigError(f"{path}:{number}: expected language, begin or end, rules")
        for rule in cells[0].split(";"):
            letters, arrow, instead = rule.partition(">")
            if not arrow:
                raise ConfigError(f"{path}:{number}: {rule!r} is not `letters>instead`")
            rules[language].append(Rule(side == "end", len(letters), spelt(letters), spelt(instead), len(instead)))
    return {language: tuple(found) for language, found in rules.items()}


def variants(words: Words, among: Ints, rules: tuple[Rule, ...]) -> tuple[Ints, Hashes]:
    """Return (word, hash) of every base form the rules give to some words; a base has at least three letters."""
    first, last = words.first[among], words.last[among]
    found: list[tuple[Ints, Hashes]] = []
    edges: dict[tuple[bool, int], NDArray[np.uint64]] = {}
    for rule in rules:
        edge = (rule.at_end, rule.length)
        if edge not in edges:
            edges[edge] = _edge(words.sums, first, last, *edge)
        hit = np.flatnonzero((edges[edge] == np.uint64(rule.letters)) & (last - first - rule.length >= _LEAST))
        if len(hit):
            found.append((among[hit], _base(words.sums, first[hit], last[hit], rule)))
    if not found:
        return np.zeros(0, np.intp), np.zeros(0, np.uint64)
    index, hashes = zip(*found, strict=True)
    return np.concatenate(index), np.concatenate(hashes)


def _edge(sums: TextHash, first: Ints, last: Ints, at_end: bool, length: int) -> Hashes:
    if at_end:
        return sums.spelt(np.maximum(last - length, 0), last)
    return sums.spelt(first, np.minimum(first + length, len(sums.sums) - 1))


def _base(sums: TextHash, first: Ints, last: Ints, rule: Rule) -> Hashes:
    instead = np.uint64(rule.instead)
    if rule.at_end:
        return sums.joined(first, last - rule.length, instead)
    return sums.preceded(first + rule.length, last, instead, rule.instead_length)
