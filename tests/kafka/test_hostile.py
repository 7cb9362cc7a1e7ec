"""What a client that is no library of ours may put into news.raw: it ends as a dead letter, and the worker goes on."""

import json
import re
from pathlib import Path

import raw_batches
from processes import Site

GIB = 1 << 30


def _text(number: int) -> bytes:
    return json.dumps({"id": f"item-{number}", "text": f"Shells hit {number * 7919} villages near the river."}).encode()


def test_batches_that_no_library_makes_end_as_events_or_dead_letters(site: Site) -> None:
    worker = site.worker()
    worker.wait_ready()
    before = _memory(worker.process.pid)
    raw_batches.send(
        site,
        raw_batches.named(_text(0), b"\xff\xfe"),
        raw_batches.named(b"no item", b"\xff\xfe"),
        raw_batches.growing(GIB),
        raw_batches.named(_text(1), b"fine"),
    )
    outcomes = site.oracle.outcomes(4)
    site.wait_committed()
    letters = sorted(site.oracle.read("news.dead-letters"), key=lambda letter: dict(letter.headers)["dlq-offset"])
    assert {one.item_id for many in outcomes.values() for one in many if one.status == "new"} == {"item-0", "item-1"}
    assert [dict(letter.headers)["dlq-offset"] for letter in letters] == [b"1", b"2"]
    assert dict(letters[0].headers)["??"] == b"x"
    assert dict(letters[1].headers)["streams-batch"] == b"too large when unpacked"
    assert _memory(worker.process.pid) - before < 300
    assert worker.end() == 0
    listed = site.run("dead-letters", "list")
    assert (listed.returncode, listed.stdout.count(b"\n")) == (0, 2)


def _memory(pid: int) -> int:
    """Return the most MiB a process has had."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) >> 10
