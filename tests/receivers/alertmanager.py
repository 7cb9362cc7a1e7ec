"""Alerts against a real Prometheus Alertmanager: `make test-receivers`.

It has to be on the machine (Debian: prometheus-alertmanager), so this is not part of the tests that run everywhere.
"""

import asyncio
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from streams.alerts import Receiver, wording
from streams.kafka.broker import free_port
from streams.messages import Alert
from streams.notify.receivers import Reply, Sender

CONFIG = "route: {receiver: nobody, group_wait: 1s}\nreceivers: [{name: nobody}]\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    assert program, "there is no Alertmanager: apt-get install prometheus-alertmanager"
    folder: Path = tmp_path_factory.mktemp("alertmanager")
    (folder / "config.yml").write_text(CONFIG)
    port = free_port()
    command = [program, f"--config.file={folder}/config.yml", f"--storage.path={folder}/data",
               f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def wait_until_ready(url: str, process: subprocess.Popen) -> None:
    for _ in range(200):
        assert process.poll() is None
        try:
            urllib.request.urlopen(f"{url}/-/ready", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("Alertmanager did not start")


def alert(**changes: object) -> Alert:
    now = datetime.now(UTC)
    return replace(
        Alert(
            id="a1", key="k1", rule="escalation", condition="surge", status="firing", severity="critical",
            group={"conflict": "sudan"}, receivers=("on-call",), starts_at=now, ends_at=now + timedelta(hours=1),
            made_at=now, sources=3, reports=(), within=3600, count=9, expected=2.0,
        ),
        **changes,
    )  # fmt: skip


async def _send(url: str, sent: Alert) -> Reply:
    sender = Sender(Receiver("on-call", "alertmanager", url, private=True), wording.load()["en"])
    try:
        return await sender.send(sent, datetime.now(UTC))
    finally:
        await sender.close()


def send(url: str, sent: Alert) -> None:
    reply = asyncio.run(_send(url, sent))
    assert reply.answer == "delivered", reply


def shown(url: str) -> list[dict]:
    with urllib.request.urlopen(f"{url}/api/v2/alerts?active=true", timeout=5) as answer:
        return json.load(answer)


def test_an_alert_is_shown_told_again_and_ended(url: str) -> None:
    send(url, alert())
    send(url, alert(id="a2", severity="critical"))
    (one,) = shown(url)
    assert one["labels"] == {"alertname": "escalation", "severity": "critical", "condition": "surge",
                             "service": "streams", "conflict": "sudan"}  # fmt: skip
    assert one["annotations"]["summary"] == "Critical: escalation: sudan"
    assert one["status"]["state"] == "active"
    now = datetime.now(UTC)
    send(url, alert(id="a3", status="resolved", starts_at=now - timedelta(minutes=5), ends_at=now))
    assert shown(url) == []


def test_two_digests_are_two_alerts_and_end_by_themselves(url: str) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    send(url, alert(key="d1", parts=3, ends_at=soon))
    send(url, alert(key="d2", parts=3, ends_at=soon))
    assert {one["labels"]["digest"] for one in shown(url)} == {"d1", "d2"}
    time.sleep(2.5)
    assert shown(url) == []


def test_what_it_does_not_take_is_a_mistake_of_ours(url: str) -> None:
    assert asyncio.run(_send(url, alert(group={"not a label": "x"}))).answer == "refused"
