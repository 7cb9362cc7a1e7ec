"""What is known of single words: how often news writes them small, and whether persons are called so.

An entry of the lexicon is 42 bits of a word's hash, alone or behind that of a language, and 22 of payload: the share of
small writing (of 127), log2 of its frequency, and the bits below.
"""

SHARE_BITS, OFTEN_BITS = 7, 4
SHARE = (1 << SHARE_BITS) - 1
GIVEN, SURNAME, STOP = 1 << 11, 1 << 12, 1 << 13
