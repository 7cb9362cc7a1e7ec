"""The measurement itself: it counts what arrives, and its exit code tells whether that is all, in time."""

from pathlib import Path

import pytest
from feed_events import body

from streams.errors import ConfigError
from streams.feed import bench
from streams.settings import Settings


def test_every_delivery_is_counted(tmp_path: Path) -> None:
    file, said = tmp_path / "events.jsonl", []
    file.write_bytes(body(1) + b"\n")
    load = bench.Load(clients=20, rate=20, seconds=1)
    assert bench.run(Settings(), file, load, said.append) == 0
    assert said[0] == "20 readers, 20 events/s for 1 s: 400 of 400 delivered, 0 connections lost"
    assert len(load.delays) == 400
    assert all(0 < delay < 5 for delay in load.delays)


def test_a_file_without_events_is_said(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").touch()
    with pytest.raises(ConfigError, match="no events"):
        bench.run(Settings(), tmp_path / "none.jsonl", bench.Load(1, 1, 1), print)
