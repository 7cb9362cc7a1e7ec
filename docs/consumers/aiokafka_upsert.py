"""Keep a table of events: one row an event, nothing lost, nothing twice. Needs aiokafka and streams_client.py.

    python aiokafka_upsert.py events.sqlite [localhost:9092] [news.enriched]

The offset is committed after the rows are: a crash in between reads some events again, and the same id is the same row.
"""

import asyncio
import signal
import sqlite3
import sys

from aiokafka import AIOKafkaConsumer
from streams_client import parse_event

TABLE = """CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, story_id TEXT, status TEXT, published_at TEXT, war TEXT, war_score REAL,
    place TEXT, precision TEXT, lat REAL, lon REAL, title TEXT, url TEXT)"""
UPSERT = "INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def row(value: bytes) -> tuple:
    event = parse_event(value)
    war, place = next(iter(event.conflicts), None), event.focus
    return (
        event.id, event.story_id, event.status, event.published_at and event.published_at.isoformat(),
        war and war.id, war and war.score,
        place and place.name, place and place.precision, place and place.lat, place and place.lon,
        event.title, event.url,
    )  # fmt: skip


async def main(database: str, brokers: str = "localhost:9092", topic: str = "news.enriched") -> None:
    asked = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, asked.set)
    table = sqlite3.connect(database)
    table.execute(TABLE)
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=brokers, group_id=f"{topic}-table", enable_auto_commit=False,
        auto_offset_reset="earliest", isolation_level="read_committed",
    )  # fmt: skip
    async with consumer:
        while not asked.is_set():
            batches = await consumer.getmany(timeout_ms=500, max_records=500)
            rows = [row(record.value) for records in batches.values() for record in records]
            if rows:
                with table:
                    table.executemany(UPSERT, rows)
                await consumer.commit()
    table.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
