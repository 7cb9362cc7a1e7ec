"""Parts of the embedded broker that need no broker: jars, ports, children."""

import hashlib
import re
import socket
import sys
import time
from pathlib import Path

import pytest

from streams.errors import CommandFailed
from streams.kafka import children, jars
from streams.kafka.broker import free_port


def test_every_jar_has_a_checksum_once() -> None:
    sums = jars.checksums()
    assert "kafka_2.13-4.3.0.jar" in sums
    assert "slf4j-simple-1.7.36.jar" in sums
    assert all(name.endswith(".jar") and re.fullmatch("[0-9a-f]{64}", value) for name, value in sums.items())


def test_a_jar_that_was_changed_or_is_missing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sums = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("a.jar", "b.jar", "c.jar")}
    monkeypatch.setattr(jars, "checksums", lambda: sums)
    for name in ("a.jar", "b.jar"):
        (tmp_path / name).write_bytes(name.encode())
    assert jars.wrong(tmp_path) == ["c.jar"]
    (tmp_path / "a.jar").write_bytes(b"something else")
    assert jars.wrong(tmp_path) == ["a.jar", "c.jar"]


def test_jars_that_are_not_what_they_should_be_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forged = tmp_path / "forged.jar"
    forged.write_bytes(b"forged")
    monkeypatch.setattr(jars, "checksums", lambda: {"forged.jar": "0" * 64})
    monkeypatch.setattr(jars, "_resolve", lambda work: [forged])
    said: list[str] = []
    with pytest.raises(CommandFailed, match=r"forged\.jar"):
        jars.classpath(tmp_path / "cache", said.append)
    assert len(said) == 1
    assert list((tmp_path / "cache").rglob("*.jar")) == []


def test_a_taken_port_is_not_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert free_port(taken) != taken


def test_a_child_gets_variables_and_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = "import os; print('first'); print(os.environ['MOOD'])"
    process = children.spawn([sys.executable, "-c", program], log, {"MOOD": "good"})
    assert process.wait(10) == 0
    assert children.last_lines(log, 1) == "  good"
    assert children.last_lines(tmp_path / "none") == ""


def test_a_child_that_does_not_listen_is_ended_by_force(tmp_path: Path) -> None:
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    with children.child([sys.executable, "-c", program], tmp_path / "log") as process:
        while not children.last_lines(tmp_path / "log"):
            time.sleep(0.02)
        assert children.stop(process, 0.2) == -9
