"""No mebibyte takes a reader of strangers' input long: what was slow once, and the like."""

import sys
from pathlib import Path

import pytest
from programs import load

from streams import codec, pipeline, topics
from streams.messages import Verdict

FOLDER = Path(__file__).resolve().parent
MOST, NOISE = 0.05, 2.0  # seconds on the machine of `slowness`; what other programs on a machine may add
READERS = ("raw", "html", "url", "clean", "language", "fold", "fingerprint", "text", "query", "rules", "terminal")
# Of the hundreds of inputs for the whole of `enrich`, those whose parts are the slowest.
WORST = (
    "html: depth of 550, paragraphs", "html: reopened fonts", "html: <p>x", "html: li", "html: short attributes",
    "html: slashed attributes", "html: nested shares", "html: nested quotes", "html: hidden", "html: tails",
    "html: closed comments", "html: declared lists", "html: no entities", "html: breaks alone",
    "text: terms and towns", "text: terms", "text: towns of lines", "text: ethiopic", "text: nukta", "text: tags",
    "text: many marks", "text: entities", "text: long cut", "text: pairs", "text: arabic", "text: han places",
    "title: terms and towns", "title: many marks", "title: towns of lines", "title: hyphens",
)  # fmt: skip


bombs = load(FOLDER / "bombs.py")


def slow(target: str, names: tuple[str, ...] = ()) -> dict[str, str]:
    """Return which inputs take a target too long, three times over."""
    from targets import SECONDS, TARGETS

    found = {}
    for name, data in bombs.bombs(target).items():
        if names and name not in names:
            continue
        assert len(data) <= bombs.MIB
        most = SECONDS.get(target, MOST) * NOISE
        for _ in range(3):
            took = bombs.seconds(*TARGETS[target], data)
            if took <= most or took <= most * bombs.slowness():
                break
        else:
            found[name] = f"{took * 1000:.0f} ms"
    return found


@pytest.mark.parametrize("target", READERS)
def test_no_mebibyte_takes_a_reader_long(target: str) -> None:
    assert len(bombs.bombs(target)) >= 20
    assert slow(target) == {}


def test_no_mebibyte_takes_an_item_long() -> None:
    assert set(WORST) <= set(bombs.bombs("enrich"))
    assert slow("enrich", WORST) == {}


@pytest.mark.parametrize("name", ["text: nukta", "text: emoji", "text: terms and towns", "html: li", "title: hyphens"])
def test_what_comes_of_a_mebibyte_fits_into_a_record(name: str) -> None:
    from targets import NOW, _enriched

    item = _enriched(codec.decode_raw(bombs.bombs("enrich")[name]))
    event = pipeline.event(item, Verdict("new", item.item_id), NOW)
    assert max(len(codec.encode_item(item)), len(codec.encode_event(event))) < topics.RECORD_BYTES / 4


def test_what_is_slow_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = sys.modules["targets"]
    monkeypatch.setitem(targets.TARGETS, "url", (lambda data: sum(range(20_000_000)), ()))
    monkeypatch.setattr(bombs, "bombs", lambda target: {"long": b"x"})
    assert list(slow("url")) == ["long"]
