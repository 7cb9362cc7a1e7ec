"""Count how often news writes the one-word names of the gazetteer small: `python -m … ITEMS.jsonl.gz > words.tsv`."""

import gzip
import json
import sys
from collections import Counter

import numpy as np

from streams.document import Document
from streams.geo.gazetteer import Gazetteer, load
from streams.geo.mentions import inflected
from streams.geo.words import words_of
from streams.text.fold import fold

_LEAST = 3
Counts = dict[str, Counter[tuple[str, bool]]]


def _count(text: str, language: str, gazetteer: Gazetteer, counts: Counts) -> int:
    """Count the words of a text; a capital counts only inside a sentence. Return the number of words."""
    document = Document("", text, text, fold(text), language)
    words = words_of(document)
    _, known = gazetteer.find(words.hashes)
    for _, _, first, last, *_ in inflected(words, ~known, language, gazetteer):
        known[first] |= last == first + 1
    inside = np.concatenate([[False], words.joined[:-1]])
    shown = known & ~words.unspaced & ~words.shouted() & (inside | ~words.capital)
    counter = counts.setdefault(language, Counter())
    for index in np.flatnonzero(shown).tolist():
        word = document.folded.text[words.first[index] : words.last[index]]
        counter[word, bool(words.capital[index])] += 1
    return len(words)


def main(path: str) -> None:
    """Print language, word, small and capital occurrences in ten million words; rare words are left out."""
    counts: Counts = {}
    totals: Counter[str] = Counter()
    gazetteer = load()
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for item in map(json.loads, stream):
            language = "en" if item["lang"] == "pcm" else item["lang"]
            totals[language] += _count(item["text"] or item["title"] or "", language, gazetteer, counts)
    print("lang\tword\tsmall\tcapital\twords")
    for language in sorted(counts):
        counter = counts[language]
        for word in sorted({word for word, _ in counter}):
            small, capital = counter[word, False], counter[word, True]
            if small >= _LEAST and len(word) > 1 and not word.isdigit():
                print(language, word, small, capital, totals[language], sep="\t")


if __name__ == "__main__":
    main(sys.argv[1])
