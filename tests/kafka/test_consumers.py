"""The example for Python and aiokafka keeps its table whole through a kill -9."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from aiokafka import AIOKafkaProducer
from processes import Site

ROOT = Path(__file__).resolve().parent.parent.parent
EVENTS = [json.loads(line) for line in (ROOT / "tests" / "compat" / "event-1.jsonl").read_bytes().splitlines()]


async def _publish(site: Site, events: list[dict]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=site.brokers) as producer:
        for event in events:
            await producer.send_and_wait(f"{site.name}.news.enriched", json.dumps(event).encode())


def start(site: Site) -> subprocess.Popen:
    example = ROOT / "docs" / "consumers" / "aiokafka_upsert.py"
    arguments = [str(site.folder / "events.sqlite"), site.brokers, f"{site.name}.news.enriched"]
    return subprocess.Popen([sys.executable, str(example), *arguments])


def rows(site: Site) -> list[tuple]:
    with sqlite3.connect(site.folder / "events.sqlite") as table:
        try:
            found = table.execute("SELECT id, war, place FROM events").fetchall()
        except sqlite3.OperationalError:  # not made yet
            found = []
    table.close()
    return found


def wait_for_rows(site: Site, count: int) -> list[tuple]:
    end = time.monotonic() + 30
    while len(found := rows(site)) < count and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_the_table_misses_nothing_and_holds_nothing_twice(site: Site) -> None:
    half = len(EVENTS) // 2
    asyncio.run(_publish(site, EVENTS[:half]))
    first = start(site)
    wait_for_rows(site, half)
    first.send_signal(signal.SIGKILL)
    first.wait()
    asyncio.run(_publish(site, [*EVENTS[half:], *EVENTS[:5]]))
    second = start(site)
    found = wait_for_rows(site, len(EVENTS))
    second.send_signal(signal.SIGTERM)
    assert second.wait(60) == 0
    expected = {event["id"] for event in EVENTS}
    assert len(found) == len(expected)
    assert {one[0] for one in found} == expected
    wars = {event["id"]: event["conflicts"][0]["id"] if event["conflicts"] else None for event in EVENTS}
    assert all(wars[identity] == war for identity, war, _ in found)
