"""A rolling upgrade: workers of an older commit and of this one share the work and know what the other remembers."""

import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from oracle import Oracle
from processes import Site, Worker

from streams import samples
from streams.dedup.record import STATE_VERSION
from streams.kafka.broker import free_port
from streams.messages import ITEM_VERSION

ROOT = Path(__file__).resolve().parent.parent.parent
# The subject of the older commit, to be moved on with each release; it must write what this one reads.
OLDER = "Stop at items of another version, and take the epoch for a missing date"


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of the older commit, and return a folder to import it from."""
    folder = tmp_path_factory.mktemp("older")
    found = ["git", "log", "-1", "--format=%H", "--fixed-strings", f"--grep={OLDER}"]
    commit = subprocess.run(found, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    if not commit:
        pytest.skip("the history of this clone does not reach back to the older commit: git fetch --unshallow")
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder / "source", filter="data")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*build, "--no-build-isolation", "--wheel-dir", folder, folder / "source"], check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "installed")
    return folder / "installed"


def start(site: Site, older: Path) -> Worker:
    """Start a worker of the older commit, which is not in the folder the tests run in."""
    port, log = free_port(), site.folder / f"older-{len(site.workers)}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streams", "worker", "--metrics-port", str(port)],
            stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=older,
            env=site.environment | {"PYTHONPATH": str(older)}, start_new_session=True,
        )  # fmt: skip
    site.workers.append(Worker(process, log, port))
    return site.workers[-1]


def test_it_is_really_older(older: Path) -> None:
    asked = "import streams, inspect; print(inspect.getfile(streams))"
    done = subprocess.run([sys.executable, "-c", asked], cwd=older, capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(older)})  # fmt: skip
    assert done.stdout.startswith(str(older))
    assert not (older / "streams" / "tokens.py").exists()


def test_a_rolling_upgrade_loses_nothing_and_forgets_nothing(site: Site, older: Path) -> None:
    items = [line for line in samples.items() if b'"' in line]
    old = start(site, older)
    old.wait_ready()
    site.oracle.send(items[:150])
    before = site.oracle.outcomes(150)
    new = site.worker()
    new.wait_ready()
    site.oracle.send(items[150:])
    count = len(items)
    site.oracle.outcomes(count)
    assert old.end() == 0
    site.oracle.send(items)
    outcomes = site.oracle.outcomes(2 * count)
    site.wait_committed()
    assert new.end() == 0
    assert len(outcomes) == 2 * count
    assert {len({(one.status, one.id) for one in many}) for many in outcomes.values()} == {1}
    # What came first as an event was remembered by whichever worker had it: its second coming is a copy of it.
    first = {one.id for many in before.values() for one in many if one.status != "dead-letter"}
    again = [many[0].status for origin, many in outcomes.items() if origin not in before and many[0].id in first]
    assert again.count("duplicate") >= len(first) * 0.95
    assert set(again) <= {"duplicate", "revision"}


def test_a_worker_stops_at_what_a_newer_one_wrote(site: Site) -> None:
    site.oracle.send([json.dumps({"text": "Two villages near the river were shelled overnight."}).encode()])
    worker = site.worker()
    site.oracle.outcomes(1)
    site.wait_committed()
    assert worker.end() == 0
    [item] = site.oracle.read("news.items")
    newer = item.value.replace(b"\xa7version" + bytes([ITEM_VERSION]), b"\xa7version" + bytes([ITEM_VERSION + 1]))
    assert newer != item.value
    site.oracle.append("news.items", newer, item.key)
    worker = site.worker()
    assert worker.process.wait(60) == 70
    assert f"an item of version {ITEM_VERSION + 1} between the stages" in worker.log.read_text()


def test_a_worker_stops_at_a_memory_that_a_newer_one_wrote(site: Site) -> None:
    site.oracle.send([json.dumps({"text": "Two villages near the river were shelled overnight."}).encode()])
    worker = site.worker()
    site.oracle.outcomes(1)
    site.wait_committed()
    assert worker.end() == 0
    changelog = f"{site.name}-dedup-changelog"
    plain = Oracle(site.brokers, "")
    [remembered] = plain.read(changelog)
    assert remembered.value[0] == STATE_VERSION
    plain.append(changelog, bytes([STATE_VERSION + 1]) + remembered.value[1:], remembered.key)
    worker = site.worker()
    assert worker.process.wait(60) == 70
    assert f"dedup state of version {STATE_VERSION + 1}, this worker reads {STATE_VERSION}" in worker.log.read_text()
