"""Count how often news writes the one-word names of the gazetteer small: `python -m … ITEMS.jsonl.gz > words.tsv`."""

import gzip
import json
import sys
from collections import Counter

import numpy as np

from streams.document import Document
from streams.geo.gazetteer import Gazetteer, load
from streams.geo.mentions import read_clues
from streams.geo.words import CAPITAL, JOINED, UNSPACED
from streams.text.fold import fold

_LEAST = 3
Counts = dict[str, Counter[tuple[str, bool]]]


def _count(text: str, language: str, gazetteer: Gazetteer, counts: Counts) -> int:
    """Count the words of a text; a capital counts only inside a sentence. Return the number of words."""
    document = Document("", text, text, fold(text), language)
    reading, _ = read_clues(document, gazetteer)
    words = reading.words
    first, last = gazetteer.find(words["hash"])
    known = first < last
    single = reading.names[reading.names["last"] == reading.names["first"] + 1]
    known[single["first"]] = True
    capital, joined = words["flags"] & CAPITAL > 0, words["flags"] & JOINED > 0
    inside = np.concatenate([[False], joined[:-1]])
    shown = known & (words["flags"] & UNSPACED == 0) & (inside | ~capital)
    counter = counts.setdefault(language, Counter())
    for index in np.flatnonzero(shown).tolist():
        word, written = (
            document.folded.text[words["first"][index] : words["last"][index]],
            document.body[words["start"][index] : words["end"][index]],
        )
        if len(written) == 1 or not written.isupper():
            counter[word, bool(capital[index])] += 1
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
