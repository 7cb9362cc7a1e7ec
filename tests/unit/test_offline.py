"""`streams enrich`: one event per item in input order, the same with many processes, dead letters apart."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from streams import offline, settings
from streams.samples import items

CLOCK = datetime(2026, 11, 23, 12, tzinfo=UTC)


def enrich(capfdbinary: pytest.CaptureFixture[bytes], path: Path, **options: object) -> tuple[int, list[bytes], bytes]:
    defaults: dict[str, object] = {"dead_letters": None, "jobs": 1, "strict": False, "clock": CLOCK}
    status = offline.run(settings.Settings(), [str(path)], **(defaults | options))  # type: ignore[arg-type]
    out, err = capfdbinary.readouterr()
    return status, out.splitlines(), err


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("samples") / "items.jsonl"
    path.write_bytes(b"\n".join(items()) + b"\n\n")
    return path


def test_every_line_is_an_event_or_a_dead_letter(
    samples: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    status, events, summary = enrich(capfdbinary, samples, dead_letters=str(tmp_path / "dead.jsonl"))
    dead = [orjson.loads(line) for line in (tmp_path / "dead.jsonl").read_bytes().splitlines()]
    lines = [orjson.loads(event)["provenance"]["origin"]["offset"] for event in events]
    assert status == 0
    assert lines == sorted(lines)
    assert sorted(lines + [int(letter["headers"]["dlq-offset"]) for letter in dead]) == list(range(len(items())))
    assert f"{len(items())} items".encode() in summary


def test_many_processes_give_the_same_output(samples: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert enrich(capfdbinary, samples, jobs=3)[1] == enrich(capfdbinary, samples)[1]


def test_strict_fails_on_poison_only(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_bytes(b'{"title": "Fighting resumes near the bridge"}\n')
    bad.write_bytes(b'{"title": "Fighting resumes near the bridge"}\nnot json\n')
    assert enrich(capfdbinary, good, strict=True)[0] == 0
    assert enrich(capfdbinary, bad)[0] == 0
    assert enrich(capfdbinary, bad, strict=True)[0] == 1


def test_an_event_comes_out_before_the_input_ends() -> None:
    with subprocess.Popen([sys.executable, "-m", "streams", "enrich"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        process.stdin.write(b'{"id": "first", "title": "Fighting resumes near the bridge"}\n')
        process.stdin.flush()
        assert orjson.loads(process.stdout.readline())["item_id"] == "first"
        process.stdin.close()
        assert process.wait(30) == 0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(offline.ConfigError, match=r"none\.jsonl: No such file"):
        list(offline.lines([str(tmp_path / "none.jsonl")]))


def test_a_file_that_cannot_be_written_is_named(samples: Path, tmp_path: Path) -> None:
    with pytest.raises(offline.ConfigError, match=r"none/dead\.jsonl: No such file"):
        offline.run(
            settings.Settings(), [str(samples)], dead_letters=str(tmp_path / "none/dead.jsonl"), jobs=1, strict=False,
            clock=CLOCK,
        )  # fmt: skip
