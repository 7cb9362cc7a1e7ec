"""Names in their inflected and prefixed forms: "Бахмутом", "والفاشر", "בעזה", "w Kijowie"."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streams.errors import ConfigError
from streams.geo.hashing import Hashes, Ints, spelt
from streams.geo.words import Words

TABLE = Path(__file__).parent / "data" / "inflection.tsv"
_LEAST = 3
_NONE = np.uint64(0x5DEECE66D1CE4E5B)  # the hash of no letters that a rule is for


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules for one side of words: put `instead` for the letters with the hash `letters`.

    One row a rule; `sizes` are the lengths that occur, `size` says which of them is a rule's; `length` and
    `instead_length` count letters.
    """

    at_end: bool
    sizes: Ints
    size: Ints
    length: Ints
    letters: Hashes
    instead: Hashes
    instead_length: Ints


RulesOf = Mapping[str, tuple[Rules, ...]]


def load_rules(path: Path = TABLE) -> RulesOf:
    """Read the rules of each language; ConfigError with file and line where one is none."""
    rules: dict[str, dict[bool, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
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
            rules[language][side == "end"].append((letters, instead))
    return {language: tuple(_arranged(*side) for side in sides.items()) for language, sides in rules.items()}


def _arranged(at_end: bool, pairs: list[tuple[str, str]]) -> Rules:
    (length, letters), (instead_length, instead) = (
        (np.array([len(part) for part in parts], np.intp), np.array([spelt(part) for part in parts], np.uint64))
        for parts in zip(*pairs, strict=True)
    )
    sizes, size = np.unique(length, return_inverse=True)
    return Rules(at_end, sizes, size, length, letters, instead, instead_length)


def variants(words: Words, among: Ints, rules: tuple[Rules, ...]) -> tuple[Ints, Hashes]:
    """Return (word, hash) of every base form the rules give to some words; a base has at least three letters."""
    found = [_variants(words, among, side) for side in rules]
    return np.concatenate([index for index, _ in found]), np.concatenate([hashes for _, hashes in found])


def _variants(words: Words, among: Ints, rules: Rules) -> tuple[Ints, Hashes]:
    sums, first, last = words.sums, words.first[among], words.last[among]
    sizes = rules.sizes[:, None]
    if rules.at_end:
        edges = sums.spelt(np.maximum(last - sizes, 0), last)
    else:
        edges = sums.spelt(first, np.minimum(first + sizes, len(sums.sums) - 1))
    edges[last - first - sizes < _LEAST] = _NONE
    row, word = np.nonzero(edges[rules.size] == rules.letters[:, None])
    first, last, length, instead = first[word], last[word], rules.length[row], rules.instead[row]
    if rules.at_end:
        return among[word], sums.joined(first, last - length, instead)
    return among[word], sums.preceded(first + length, last, instead, rules.instead_length[row])
