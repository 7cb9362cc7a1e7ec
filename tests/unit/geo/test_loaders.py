from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streams.errors import ConfigError
from streams.geo.cues import load_cues, load_institutions
from streams.geo.inflection import load_rules
from streams.geo.tagger import load_weights


@pytest.mark.parametrize(
    ("load", "good", "bad"),
    [
        (load_weights, "clue\tvalue\tweight\nbias\t0\t0.5", "before\tin"),
        (load_weights, "clue\tvalue\tweight", "nosuch\t0\t1"),
        (load_rules, "lang\tside\trules\nru\tend\tа>", "ru\tmiddle\tа>"),
        (load_rules, "lang\tside\trules", "ru\tend\tа"),
        (load_cues, "lang\tclass\twords\nen\tspeech\tsaid", "en\tshouting\tsaid"),
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
