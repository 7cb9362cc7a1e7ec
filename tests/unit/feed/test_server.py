"""Starting and stopping: what cannot start says why, a file is followed, the settings refuse what is none."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from feed_events import body

from streams import settings
from streams.errors import CommandFailed, ConfigError
from streams.feed import source
from streams.feed.gateway import Gateway
from streams.metrics import FeedMetrics

COMMAND = [sys.executable, "-m", "streams", "feed", "--port", "0", "--events"]


@contextmanager
def running(file: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run the command for the length of a block and yield it with its two addresses, feed and metrics."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("STREAMS_")}
    with subprocess.Popen([*COMMAND, str(file)], stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr
        found = [re.search(r"http://\S+?:\d+", line) for line in (process.stderr.readline() for _ in range(2))]
        try:
            yield process, [address[0] for address in found if address]
        finally:
            process.kill()


def test_a_file_is_served_and_the_command_ends_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(body(1) + b"\n")
    with running(file) as (process, (metrics, feed)):
        for _ in range(100):
            with urllib.request.urlopen(f"{metrics}/metrics") as answer:
                if b"streams_feed_window_events 1.0" in answer.read():
                    break
        with urllib.request.urlopen(f"{feed}/events.json") as answer:
            assert answer.read() == b'{"events":[%b],"next":null}' % body(1)
        with urllib.request.urlopen(f"{metrics}/readyz") as answer:
            assert answer.read() == b"ok\n"
        stream = urllib.request.urlopen(f"{feed}/events")
        assert stream.readline().startswith(b"retry: ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        stream.close()


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [*COMMAND[:5], str(port), "--events", str(tmp_path / "events.jsonl")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert f"127.0.0.1:{port}" in done.stderr


def test_lines_are_events_when_they_are_whole_and_a_shorter_file_ends_it(tmp_path: Path) -> None:
    file, gateway = tmp_path / "events.jsonl", Gateway(settings.Settings(), FeedMetrics())

    async def follow() -> None:
        reading = asyncio.ensure_future(source.file(file, gateway))
        with file.open("ab", buffering=0) as lines:
            for piece in (body(1)[:100], body(1)[100:], b"\n" + body(2)):
                lines.write(piece)
                await asyncio.sleep(0.15)
        assert len(gateway.window) == 1
        file.write_bytes(b"")
        await reading

    file.touch()
    with pytest.raises(CommandFailed, match="shorter"):
        asyncio.run(follow())


@pytest.mark.parametrize(
    ("name", "value"),
    [("URL", "news.example"), ("URL", "ftp://a.example"), ("URL", "https://a.example/?x"), ("HUB", "hub"),
     ("ORIGINS", "a.example"), ("ORIGINS", "https://a.example/path"), ("ORIGINS", "https://a.example,*"), ("ORIGINS", "https://a.example,"),
     ("PORT", "70000"), ("QUEUE", "0"), ("HEARTBEAT", "0")],
)  # fmt: skip
def test_a_setting_that_is_none_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"STREAMS_FEED_{name}="):
        settings.read({f"STREAMS_FEED_{name}": value})


def test_addresses_and_origins_are_read() -> None:
    read = settings.read(
        {"STREAMS_FEED_URL": "https://a.example/feed/", "STREAMS_FEED_ORIGINS": "https://b.example:8443"}
    )
    assert (read.feed_url, read.feed_origins) == ("https://a.example/feed/", "https://b.example:8443")
