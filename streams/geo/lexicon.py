"""What is known of single words: how often news writes them small, and whether persons are called so.

An entry of the lexicon is 42 bits of a word's hash, alone or behind that of a language, and 22 of payload: the share of
small writing (of 127), log2 of its frequency, and the bits below.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from streams.errors import ConfigError
from streams.geo.hashing import Hashes, phrase_hash

STOPS = Path(__file__).parent / "data" / "stopnames.tsv"
SHARE_BITS, OFTEN_BITS = 7, 4
SHARE = (1 << SHARE_BITS) - 1
GIVEN, SURNAME, STOP = 1 << 11, 1 << 12, 1 << 13
_PAYLOAD_BITS = 22
_SHIFT, _PAYLOAD = np.uint64(_PAYLOAD_BITS), np.uint64((1 << _PAYLOAD_BITS) - 1)


def load_stops(path: Path = STOPS) -> Iterator[tuple[str, str]]:
    """Yield language (`*`: any) and folded form of the words never taken for a place; ConfigError with the line."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(("#", "lang\t")):
            continue
        language, tab, words = line.partition("\t")
        if not tab or not language or not all(words.split(";")):
            raise ConfigError(f"{path}:{number}: expected language, words parted by semicolons")
        yield from ((language, word) for word in words.split(";"))


def with_stops(lexicon: Hashes, stops: Iterable[tuple[str, str]]) -> Hashes:
    """Return a lexicon with the STOP bit on further words."""
    keys = [phrase_hash(word if language == "*" else f"{language} {word}") >> _PAYLOAD_BITS for language, word in stops]
    every = np.concatenate([lexicon >> _SHIFT, np.array(keys, np.uint64)])
    payloads = np.concatenate([lexicon & _PAYLOAD, np.full(len(keys), STOP, np.uint64)])
    known, index = np.unique(every, return_inverse=True)
    merged = np.zeros(len(known), np.uint64)
    np.bitwise_or.at(merged, index, payloads)
    result: Hashes = known << _SHIFT | merged
    return result
