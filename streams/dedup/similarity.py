"""How much two texts share, estimated from their fingerprints."""

import struct
from bisect import bisect_right
from dataclasses import dataclass

from streams.messages import DuplicateKind, Fingerprint

MIN_EXACT_SHINGLES = 3
MIN_NEAR_SHINGLES = 16
NEAR = 0.55
CONTAINED = 0.75
MAX_GROWTH = 2.5
MIN_SAMPLE = 10
RELATED = 0.1


@dataclass(frozen=True, slots=True)
class Match:
    """How a text is a copy of a head. `similarity` is the Jaccard index, for `contained` the containment."""

    kind: DuplicateKind
    similarity: float
    jaccard: float


@dataclass(frozen=True, slots=True)
class Sketch:
    """A fingerprint made ready for comparison. `hashes` ascend; `limit` is where the sample ends."""

    shingles: int
    hashes: tuple[int, ...]
    members: frozenset[int]
    limit: int


def sketch(fingerprint: Fingerprint) -> Sketch:
    """Unpack the sample of a fingerprint."""
    hashes = struct.unpack(f"<{len(fingerprint.sketch) // 4}I", fingerprint.sketch)
    limit = hashes[-1] if hashes and len(hashes) < fingerprint.shingles else 1 << 32
    return Sketch(fingerprint.shingles, hashes, frozenset(hashes), limit)


def overlap(a: Sketch, b: Sketch) -> tuple[float, float]:
    """Return Jaccard index and containment, the share of the shorter text's shingles that the other text has.

    Both from the hashes below the end of the smaller sample, where both samples are complete (Broder 1997); 0 if
    fewer than `MIN_SAMPLE` of the shorter text's are there to judge by, as when it is far shorter than the other.
    """
    limit = min(a.limit, b.limit)
    first, second = bisect_right(a.hashes, limit), bisect_right(b.hashes, limit)
    shared = len(a.members & b.members)
    shorter = first if a.shingles <= b.shingles else second
    if shorter < MIN_SAMPLE:
        return 0.0, 0.0
    return shared / (first + second - shared), shared / shorter


def compare(text: Fingerprint, head: Fingerprint) -> Match | None:
    """Return in what way a text is a copy of another; None if it is not."""
    if text.exact == head.exact:
        return Match("exact", 1.0, 1.0) if text.shingles >= MIN_EXACT_SHINGLES else None
    if min(text.shingles, head.shingles) < MIN_NEAR_SHINGLES or text.shingles > MAX_GROWTH * head.shingles:
        return None
    jaccard, containment = overlap(sketch(text), sketch(head))
    if jaccard >= NEAR:
        return Match("near", jaccard, jaccard)
    if containment >= CONTAINED:
        return Match("contained", containment, jaccard)
    return None


def related(text: Fingerprint, other: Fingerprint) -> bool:
    """Tell whether a text may be another version of one under the same URL; without a sample, it may."""
    if min(text.shingles, other.shingles) < MIN_NEAR_SHINGLES:
        return True
    return overlap(sketch(text), sketch(other))[1] >= RELATED
