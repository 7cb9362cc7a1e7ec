"""What has broken a reader of strangers' input, and some more of the kind; the long version is `make fuzz`."""

import random
from pathlib import Path

import pytest
from programs import load

FOLDER = Path(__file__).resolve().parent


fuzzing = load(FOLDER / "run.py", "fuzz_run")


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Load the models before anything is timed."""
    fuzzing.wrong("text", b"a\nb")


@pytest.mark.parametrize("name", sorted(fuzzing.TARGETS))
def test_strangers_break_nothing(name: str) -> None:
    rng, seeds = random.Random(1), fuzzing.corpus(name)
    cases = [*seeds, b"", *(fuzzing.mangled(rng, seeds) for _ in range(150))]
    assert {data: problem for data in cases if (problem := fuzzing.wrong(name, data))} == {}


def test_the_fuzzer_sees_what_breaks_and_what_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fuzzing.TARGETS, "raw", (lambda data: 1 / 0, ()))
    assert fuzzing.wrong("raw", b"") == "ZeroDivisionError: division by zero"
    monkeypatch.setitem(fuzzing.TARGETS, "raw", (lambda data: sum(range(10_000_000)), ()))
    assert fuzzing.wrong("raw", b"x").endswith(" ms for 1 bytes")
