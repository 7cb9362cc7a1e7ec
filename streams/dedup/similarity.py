"""Whether one text is a copy of another, judged from their fingerprints.

A copy shares most shingles with its original and, as templates and look-alike reports do not, the numbers and names.
"""

import struct
from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

from streams.messages import DuplicateKind, Fingerprint

# Shortest texts that are compared, in distinct shingles: shorter ones are titles, of which many are alike.
MIN_EXACT_SHINGLES = 3
MIN_NEAR_SHINGLES = 16
# Least Jaccard index of a near copy; least share of the shorter text in the longer one of a contained copy.
NEAR = 0.55
CONTAINED = 0.75
# A longer text that holds a known one is a copy only up to this ratio of lengths: beyond, most of it is new.
MAX_GROWTH = 2.5
MIN_SAMPLE = 10
# Of the 12 indexed keys of a head, what the least similar copy has to share.
MIN_HITS = 3
# Texts under the same URL that share less than this are two items on one page.
RELATED = 0.1
# Least share of numbers and names that a copy has in common with its original; short texts differ in little else.
SHORT_SHINGLES = 100
SAME_FACTS, SAME_FACTS_SHORT = 0.5, 0.8
MIN_FACTS = 3
# Where samples of numbers and names end (`streams.text.fingerprint.FACTS`).
FACTS = 16


# Why a text is no copy of a head, in the order in which it is asked.
Unlike = Literal["too short", "mostly new", "few shared keys", "too little shared", "other numbers or names"]


@dataclass(frozen=True, slots=True)
class Match:
    """How a text is a copy of a head. `similarity` is the Jaccard index, for `contained` the containment."""

    kind: DuplicateKind
    similarity: float


@dataclass(frozen=True, slots=True)
class Sample:
    """The smallest hashes of a set, ascending: all of them below `limit`."""

    hashes: tuple[int, ...]
    limit: int

    def common(self, other: "Sample") -> tuple[int, int, int]:
        """Return how many hashes this sample, the other and both have below the lower limit (Broder 1997)."""
        limit = min(self.limit, other.limit)
        shared = len(frozenset(self.hashes).intersection(other.hashes))
        return bisect_right(self.hashes, limit), bisect_right(other.hashes, limit), shared


def _sample(hashes: tuple[int, ...], complete: bool, end: int) -> Sample:
    return Sample(hashes, end if complete else hashes[-1])


def _shingles(text: Fingerprint) -> Sample:
    hashes = struct.unpack(f"<{len(text.sketch) // 4}I", text.sketch)
    return _sample(hashes, len(hashes) >= text.shingles, 1 << 32)


def _facts(packed: bytes) -> Sample:
    hashes = struct.unpack(f"<{len(packed) // 2}H", packed)
    return _sample(hashes, len(hashes) < FACTS, 1 << 16)


def overlap(text: Fingerprint, other: Fingerprint) -> tuple[float, float]:
    """Return Jaccard index and containment, the share of the shorter text's shingles that the other text has.

    Both 0 if fewer than `MIN_SAMPLE` of the shorter text's hashes are there to judge by, as when it is far shorter.
    """
    mine, others, shared = _shingles(text).common(_shingles(other))
    shorter = mine if text.shingles <= other.shingles else others
    return (shared / (mine + others - shared), shared / shorter) if shorter >= MIN_SAMPLE else (0.0, 0.0)


def facts_differ(text: Fingerprint, other: Fingerprint) -> bool:
    """Tell whether each text has numbers or names that the other lacks, too many for a copy."""
    kinds = [_facts(a).common(_facts(b)) for a, b in ((text.numbers, other.numbers), (text.names, other.names))]
    if min(text.shingles, other.shingles) < SHORT_SHINGLES:
        known = sum(min(mine, others) for mine, others, _ in kinds)
        shared = sum(both for _, _, both in kinds)
        exchanged = any(mine > both < others for mine, others, both in kinds)
        return exchanged and shared < SAME_FACTS_SHORT * known
    return any(_exchanged(min(mine, others), both) for mine, others, both in kinds)


def _exchanged(least: int, both: int) -> bool:
    """Tell whether too few facts are shared, or not one of at least two."""
    return both < SAME_FACTS * least and (least >= MIN_FACTS or (least > 1 and not both))


def compare(text: Fingerprint, head: Fingerprint, hits: int) -> Match | Unlike:
    """Return in what way a text is a copy of a head, or why it is none.

    `hits` is how many of the head's indexed keys the text has: a copy has most of them, and of a head that is twice
    as long half as many, so a head with fewer than a quarter of that is not looked at further.
    """
    if text.exact == head.exact:
        return Match("exact", 1.0) if text.shingles >= MIN_EXACT_SHINGLES else "too short"
    if min(text.shingles, head.shingles) < MIN_NEAR_SHINGLES:
        return "too short"
    if text.shingles > MAX_GROWTH * head.shingles:
        return "mostly new"
    if hits * max(text.shingles, head.shingles) < MIN_HITS * text.shingles:
        return "few shared keys"
    jaccard, containment = overlap(text, head)
    if max(jaccard / NEAR, containment / CONTAINED) < 1:
        return "too little shared"
    if facts_differ(text, head):
        return "other numbers or names"
    return Match("near", jaccard) if jaccard >= NEAR else Match("contained", containment)


def related(text: Fingerprint, other: Fingerprint) -> bool:
    """Tell whether a text may be another version of one under the same URL: it shares at least a few of the words."""
    mine, others, shared = _shingles(text).common(_shingles(other))
    return text.exact == other.exact or shared >= max(1.0, RELATED * min(mine, others))
