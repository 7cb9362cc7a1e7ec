"""The embedded broker and the topics on it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import Site

from streams.errors import CommandFailed
from streams.kafka import admin, client, produce
from streams.kafka.broker import Broker, embedded_broker, free_port
from streams.settings import Settings, read


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def test_topics_are_made_once(site: Site) -> None:
    again = site.run("topics", "create")
    lines = [line.split() for line in again.stdout.decode().splitlines()]
    assert again.returncode == 0
    assert {state for _, state in lines} == {"exists"}
    assert [f"{site.name}.news.raw", "exists"] in lines
    assert site.run("topics", "check").returncode == 0


def test_missing_topics_are_a_problem_with_a_remedy(site: Site) -> None:
    site.more["STREAMS_TOPIC_PREFIX"] = "nobody."
    checked = site.run("topics", "check")
    assert checked.returncode == 1
    assert b"nobody.news.raw" in checked.stdout
    assert b"run `streams topics create`" in checked.stdout


def test_other_numbers_of_partitions_are_a_problem(site: Site) -> None:
    site.more["STREAMS_PARTITIONS"] = "3"
    created = site.run("topics", "create")
    assert created.returncode == 1
    assert b"4 partitions, not 3: set STREAMS_PARTITIONS=4" in created.stdout


def test_what_was_written_survives_a_killed_broker(cache: Path, tmp_path: Path) -> None:
    port = free_port()
    with embedded_broker(cache, port, tmp_path / "data") as broker:
        site = Site(broker.address, tmp_path)
        assert site.run("topics", "create").returncode == 0
        shown = site.run("top", "--once")
        assert shown.returncode == 0, shown.stderr  # on brokers that never had a group
        origins = site.oracle.send([b"one", b"two"], key=b"same")
        broker.process.kill()
    with embedded_broker(cache, port, tmp_path / "data"):
        assert [record.value for record in site.oracle.read("news.raw")] == [b"one", b"two"]
        assert [offset for _, offset in origins] == [0, 1]


def test_a_broker_that_dies_is_not_waited_for(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(produce, "_PATIENCE", 1.0)

    async def send(settings: Settings, broker: Broker) -> None:
        async with client.producer(settings) as producer:
            box = produce.Outbox(producer)
            await box.send("news.raw", b"first", None)
            await box.flush()
            broker.process.kill()
            await box.send("news.raw", b"second", None)
            await box.flush()

    with embedded_broker(cache) as broker:
        settings = read({"STREAMS_BROKERS": broker.address})
        client.run(admin.create(settings))
        begun = time.monotonic()
        with pytest.raises(CommandFailed, match="1 of 2 records so far"):
            client.run(send(settings, broker))
        assert time.monotonic() - begun < 10


def test_a_taken_port_is_said(cache: Path, broker) -> None:
    port = int(broker.address.rpartition(":")[2])
    with pytest.raises(CommandFailed, match=f"port {port} is taken"), embedded_broker(cache, port):
        pass


def test_a_folder_another_broker_works_in_is_left_alone(cache: Path, tmp_path: Path) -> None:
    with embedded_broker(cache, data=tmp_path) as first:
        with (
            pytest.raises(CommandFailed, match="choose another folder with --data"),
            embedded_broker(cache, data=tmp_path),
        ):
            pass
        assert first.process.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc; only Linux ends child with parent")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)], ids=["int", "term", "kill"]
)
def test_nothing_is_left_of_a_broker_in_the_foreground(tmp_path: Path, cache: Path, number: int, code: int) -> None:
    site = Site("localhost:1", tmp_path, more={"STREAMS_CACHE_DIR": str(cache)})
    command = [sys.executable, "-m", "streams", "broker", "--port", str(free_port()), "--data", str(tmp_path / "data")]
    with subprocess.Popen(command, env=site.environment, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert b"Kafka listens on" in process.stderr.readline()
        child = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
        assert alive(child)
        process.send_signal(number)
        assert process.wait(60) == code
        assert process.stderr.read().strip() == b""
    end = time.monotonic() + 5
    while alive(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(child)
