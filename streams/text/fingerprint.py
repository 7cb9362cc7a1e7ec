"""Fingerprints: what is kept of a text to recognise its copies.

A text is a set of shingles (three words in a row; in scripts without spaces, a few characters in a row). Each shingle
has a 64-bit hash, and the `SKETCH` smallest hashes are a uniform sample of the set, the same for a shingle wherever it
stands: two such samples give the Jaccard index and the containment of the whole sets (bottom-k sketch, Broder 1997).
"""

import xxhash

from streams.document import Folded
from streams.messages import Fingerprint
from streams.native import ffi, kernel

SKETCH, KEYS, FACTS = 64, 32, 16
MAX_POINTS = (1 << 16) - 3
# Code points in a shingle of the languages that do not part words by spaces: about as much as three words.
CHARACTERS = {"zh": 6, "ja": 6, "th": 10, "my": 10, "km": 10, "lo": 10}

_UPPER = ffi.from_buffer("uint8_t[]", bytes(chr(cp).isupper() for cp in range(0x1F00)))


def fingerprint(folded: Folded, language: str) -> Fingerprint:
    """Return what dedup compares of one text: the same on every machine and in every process.

    `language` is ISO 639-1. Of texts longer than `MAX_POINTS` code points, the beginning is taken. Names are told by
    their capitals, so there are none in scripts without them, or where folding has dropped characters.
    """
    points, size = ffi.from_buffer("uint32_t[]", folded.points), min(len(folded.text), MAX_POINTS)
    source = ffi.from_buffer("uint32_t[]", folded.source_points) if folded.offsets is None else ffi.NULL
    text = ffi.new("text_source *", (points, source, size, CHARACTERS.get(language, 0), _UPPER, len(_UPPER)))
    found, words = ffi.new("text_print *"), ffi.new("uint64_t[]", size // 2 + 1)
    count = kernel.text_fingerprint(text, found, words)
    if count < 0:
        raise MemoryError
    return Fingerprint(
        exact=xxhash.xxh3_128_digest(ffi.buffer(words, 8 * count)),
        words=count,
        shingles=found.shingles,
        sketch=bytes(ffi.buffer(found.sketch, 4 * found.sketch_size)),
        keys=bytes(ffi.buffer(found.keys, 4 * min(found.sketch_size, KEYS))),
        numbers=bytes(ffi.buffer(found.numbers, 2 * found.number_count)),
        names=bytes(ffi.buffer(found.names, 2 * found.name_count)),
    )
