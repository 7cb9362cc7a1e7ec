from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streams.errors import ConfigError
from streams.geo.cues import load_cues, load_institutions
from streams.geo.hashing import phrase_hash
from streams.geo.inflection import load_rules
from streams.geo.lexicon import STOP, load_stops, with_stops
from streams.geo.tagger import load_weights
from streams.text.fold import fold_name


@pytest.mark.parametrize(
    ("load", "good", "bad"),
    [
        (load_weights, "clue\tvalue\tweight\nbias\t0\t0.5", "before\tin"),
        (load_weights, "clue\tvalue\tweight", "nosuch\t0\t1"),
        (load_rules, "lang\tside\trules\nru\tend\tа>", "ru\tmiddle\tа>"),
        (load_rules, "lang\tside\trules", "ru\tend\tа"),
        (load_cues, "lang\tclass\twords\nen\tspeech\tsaid", "en\tshouting\tsaid"),
        (lambda path: list(load_stops(path)), "lang\twords\nar\tكيف;كامل", "ar"),
        (load_institutions, "lang\tcountry\tkind\twords\nen\tUS\tagency\tfbi", "en\tUS\tclub\tfbi"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, load: Callable[[Path], Any], good: str, bad: str) -> None:
    path = tmp_path / "table.tsv"
    path.write_text(good + "\n", encoding="utf-8")
    load(path)
    path.write_text(f"{good}\n{bad}\n", encoding="utf-8")
    number = good.count("\n") + 2
    with pytest.raises(ConfigError, match=rf"table\.tsv:{number}"):
        load(path)


def test_stop_words_are_folded() -> None:
    assert [word for _, word in load_stops() if fold_name(word) != word] == []


def test_a_stop_word_keeps_what_else_is_known_of_it() -> None:
    known = np.array([phrase_hash("fr centre") >> 22 << 22 | 5], np.uint64)
    merged = with_stops(known, [("fr", "centre"), ("*", "zone")])
    assert sorted(int(entry) & ((1 << 22) - 1) for entry in merged) == [STOP, STOP | 5]
    assert (merged[1:] > merged[:-1]).all()
