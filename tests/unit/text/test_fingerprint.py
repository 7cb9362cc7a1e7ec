"""Fingerprints are stable, bounded and measure what texts share. All texts are made up."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.messages import Fingerprint
from streams.text.fingerprint import CHARACTERS, FACTS, KEYS, MAX_POINTS, SKETCH, fingerprint
from streams.text.fold import fold

TEXT = "Heavy rain washed away 2 bridges near Marund, governor Ilva Karim said on 14 March."


def of(text: str, title: str = "", language: str = "en") -> Fingerprint:
    return fingerprint(fold(f"{title}\n{text}"), language)


def ints(packed: bytes, kind: str) -> list[int]:
    return np.frombuffer(packed, kind).tolist()


def test_it_is_the_same_in_every_process() -> None:
    code = (
        "from streams.text.fingerprint import fingerprint as f; from streams.text.fold import fold; t=input();"
        "p=f(fold(t), 'en'); print(p.exact.hex(), p.sketch.hex(), p.keys.hex(), p.numbers.hex())"
    )
    run = subprocess.run([sys.executable, "-c", code], input=TEXT, capture_output=True, text=True, check=True)
    here = of(TEXT)
    assert run.stdout.split() == [here.exact.hex(), here.sketch.hex(), here.keys.hex(), here.numbers.hex()]


def test_it_counts_words_and_distinct_shingles() -> None:
    printed = of("one two three four five one two three four")
    assert (printed.words, printed.shingles) == (9, 5)  # 7 runs of three words, two of them twice


@pytest.mark.parametrize("other", [TEXT.upper(), TEXT.replace(" ", "\n "), TEXT.replace(",", " –"), f"«{TEXT}»"])
def test_case_space_and_signs_do_not_matter_to_the_exact_hash(other: str) -> None:
    assert of(other).exact == of(TEXT).exact


@pytest.mark.parametrize("other", [TEXT.replace("2", "3"), TEXT[:-1] + " again", TEXT.replace("said on", "on said")])
def test_a_word_more_or_else_changes_the_exact_hash(other: str) -> None:
    assert of(other).exact != of(TEXT).exact


def test_numbers_and_names_are_kept_apart() -> None:
    printed = of(TEXT)
    assert len(ints(printed.numbers, "<u2")) == 2
    assert len(ints(printed.names, "<u2")) == 4  # Marund, Ilva, Karim, March; "Heavy" begins the sentence
    assert of(TEXT.replace("14", "١٤")).numbers == printed.numbers
    assert of(TEXT.replace("Marund", "Tessaly")).numbers == printed.numbers
    assert of(TEXT.replace("Marund", "Tessaly")).names != printed.names


def test_a_sketch_estimates_the_jaccard_index() -> None:
    words = [f"word{n}" for n in range(1200)]
    one, two = of(" ".join(words[:900])), of(" ".join(words[300:]))
    a, b = ints(one.sketch, "<u4"), ints(two.sketch, "<u4")
    smallest = sorted(set(a) | set(b))[:SKETCH]
    assert len(set(smallest) & set(a) & set(b)) / SKETCH == pytest.approx(598 / 1198, abs=0.18)  # 3 standard errors


def test_scripts_without_spaces_are_cut_into_characters() -> None:
    assert of("周一的暴雨冲毁了两座桥梁", language="zh").shingles == 12 - 6 + 1
    assert of("周一的暴雨冲毁了两座桥梁", language="en").shingles == 0


def test_long_texts_are_bounded() -> None:
    printed = of("alpha beta gamma delta " * 100_000 + "omega")
    assert printed.exact == of("alpha beta gamma delta " * 200_000).exact
    assert printed.words <= MAX_POINTS


MASK = (1 << 64) - 1


def polynomial(text: str) -> int:
    return sum((ord(sign) - 32) * pow(0x9E3779B97F4A7C15, n, 1 << 64) for n, sign in enumerate(text)) & MASK


def mixed(value: int) -> int:
    value = (value ^ value >> 32) * 0x94D049BB133111EB & MASK
    return value ^ value >> 29


def plain_shingles(folded: str, language: str) -> list[int]:
    """Shingles as the changelogs of running workers have them: hashes may not change without a new version there."""
    if length := CHARACTERS.get(language):
        letters = "".join(folded.split())
        return [polynomial(letters[n : n + length]) for n in range(len(letters) - length + 1)]
    words = [polynomial(word) * 0xBF58476D1CE4E5B9 & MASK for word in folded.split()]
    words = [word ^ word >> 32 for word in words]
    return [
        (one * 0xA0761D6478BD642F + two * 0xE7037ED1A0B428DB + three) & MASK
        for one, two, three in zip(words, words[1:], words[2:], strict=False)
    ]


@given(st.text("aB1é ىя日本\n", max_size=400), st.sampled_from(["en", "zh", "th"]))
def test_the_sketch_is_the_smallest_hashes(text: str, language: str) -> None:
    printed, folded = of(text, "", language), fold(text).text
    shingles = sorted({mixed(shingle) for shingle in plain_shingles(folded, language)})
    assert printed.shingles == len(shingles)
    assert ints(printed.sketch, "<u4") == [shingle >> 32 for shingle in shingles[:SKETCH]]
    assert ints(printed.keys, "<u4") == [max(shingle & 0xFFFFFFFF, 1) for shingle in shingles[:KEYS]]


@given(st.text(max_size=300), st.text(max_size=60), st.sampled_from(["en", "zh", "th", "ar"]))
def test_any_text_has_a_fingerprint_within_bounds(text: str, title: str, language: str) -> None:
    printed = of(text, title, language)
    sketch, keys = ints(printed.sketch, "<u4"), ints(printed.keys, "<u4")
    assert sketch == sorted(sketch)
    assert len(sketch) == min(SKETCH, printed.shingles)
    assert len(keys) == min(KEYS, printed.shingles)
    assert 0 not in keys
    assert max(len(printed.numbers), len(printed.names)) <= 2 * FACTS
    assert len(printed.exact) == 16
