"""What is known of single words: how often news writes them small, and whether persons are called so."""

import numpy as np

from streams.geo.hashing import Hashes, Ints, phrase, spoken

SHARE_BITS, OFTEN_BITS = 7, 4
SHARE = (1 << SHARE_BITS) - 1
GIVEN, SURNAME, STOP = 1 << 11, 1 << 12, 1 << 13

_PAYLOAD = np.uint64(22)


def _find(lexicon: Hashes, hashes: Hashes) -> Ints:
    low = hashes >> _PAYLOAD << _PAYLOAD
    entry = lexicon[np.minimum(lexicon.searchsorted(low), len(lexicon) - 1)]
    return np.where((entry ^ low) >> _PAYLOAD == 0, entry & np.uint64((1 << 22) - 1), 0).astype(np.intp)


def traits(lexicon: Hashes, hashes: Hashes, language: str) -> Ints:
    """Return for each word hash its payload: small share (of 127), log2 of its frequency, GIVEN, SURNAME, STOP bits."""
    native = phrase(spoken(language or "en"), hashes)
    found: Ints = np.bitwise_or.reduce(_find(lexicon, np.concatenate([hashes, native])).reshape(2, -1), axis=0)
    return found
