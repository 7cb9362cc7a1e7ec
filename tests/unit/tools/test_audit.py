"""Advisories from a file: which versions they are about, and what the command says."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tools.audit import LOCK, affects, offline, pinned


def advisory(*events: dict[str, str], name: str = "Some_Package", **more: Any) -> dict[str, Any]:
    package = {"ecosystem": "PyPI", "name": name}
    return {"id": "MADE-UP-1", "summary": "It explodes.", "affected": [
        {"package": package, "ranges": [{"type": "ECOSYSTEM", "events": list(events)}], **more}]}  # fmt: skip


@pytest.mark.parametrize(
    ("version", "events", "hit"),
    [
        ("1.5", [{"introduced": "0"}, {"fixed": "1.6"}], True),
        ("1.6", [{"introduced": "0"}, {"fixed": "1.6"}], False),
        ("1.10", [{"introduced": "1.9"}], True),
        ("2.1", [{"introduced": "1"}, {"last_affected": "2.1"}], True),
        ("2.2", [{"introduced": "1"}, {"last_affected": "2.1"}], False),
        ("3.0", [{"introduced": "1"}, {"fixed": "2"}, {"introduced": "3"}, {"fixed": "3.1"}], True),
    ],
)
def test_which_versions_an_advisory_is_about(version: str, events: list[dict[str, str]], hit: bool) -> None:
    assert affects(advisory(*events), "some-package", version) is hit
    assert not affects(advisory(*events), "another", version)
    assert not affects(advisory(*events) | {"withdrawn": "2026-01-01T00:00:00Z"}, "some-package", version)


def test_a_listed_version_counts() -> None:
    assert affects(advisory(versions=["1.0rc1"]), "some-package", "1.0rc1")


def test_the_lock_of_the_image_is_read() -> None:
    found = pinned(LOCK.read_text("utf-8"))
    assert len(found) > 30
    assert {"aiokafka", "msgspec", "faust-streaming"} <= found.keys()


def test_what_is_vulnerable_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock, file, archive = tmp_path / "lock", tmp_path / "all.json", tmp_path / "all.zip"
    lock.write_text("some-package==1.5 ; python_version >= '3.11' \\\n    --hash=sha256:00\nother==2\n")
    file.write_text(json.dumps({"vulns": [advisory({"introduced": "0"}, {"fixed": "1.6"})]}))
    assert offline(lock, file) == 1
    assert capsys.readouterr().out == (
        "some-package 1.5: MADE-UP-1 It explodes.\n2 packages, 1 advisories, 1 that apply\n"
    )
    with zipfile.ZipFile(archive, "w") as into:
        into.writestr("MADE-UP-1.json", json.dumps(advisory({"introduced": "2"})))
    assert offline(lock, archive) == 0
    file.write_text("[1]")
    assert offline(lock, file) == 2
    assert offline(lock, tmp_path / "none") == 2
