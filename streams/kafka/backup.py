"""The topics and dedup's memory as files, and back to another cluster, where a worker goes on as the old one would.

One file a topic, ROLE.jsonl.gz: a line about the topic, then a line a record (partition, offset, time in milliseconds,
key, value and headers, bytes in base64).
"""

import gzip
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from msgspec.structs import replace

from streams import codec, topics
from streams.dedup import moved
from streams.errors import CommandFailed
from streams.kafka import client, reading
from streams.settings import Settings

Say = Callable[[str], None]
Row = dict[str, Any]
_AT_ONCE = 2000


def dump(settings: Settings, folder: Path, say: Say) -> int:
    """Write every topic of the settings, but for routed ones, to files in a folder, up to what is there now."""
    folder.mkdir(parents=True, exist_ok=True)
    return client.run(_dump(settings, folder, say))


async def _dump(settings: Settings, folder: Path, say: Say) -> int:
    async with client.consumer(settings, group_id=settings.app_id) as consumer:
        for role, topic in asdict(topics.names(settings)).items():
            count = await _dump_topic(consumer, topic, folder / f"{role}.jsonl.gz")
            say(f"{topic}: {count} records")
    return 0


async def _dump_topic(consumer: client.Consumer, topic: str, file: Path) -> int:
    parts = await reading.assign(consumer, [topic])
    ends, count = await consumer.end_offsets(parts), 0
    committed = {part.partition: await consumer.committed(part) for part in parts}
    await reading.seek(consumer, await consumer.beginning_offsets(parts))
    with gzip.open(file, "wt", encoding="ascii", compresslevel=4) as lines:
        lines.write(json.dumps({"topic": topic, "partitions": len(parts), "committed": committed}) + "\n")
        async for record in reading.until(consumer, ends):
            lines.write(json.dumps(_row(record)) + "\n")
            count += 1
    return count


def _row(record: reading.Record) -> Row:
    return {
        "p": record.partition, "o": record.offset, "t": record.timestamp, "k": _text(record.key),
        "v": _text(record.value), "h": [[name, _text(value)] for name, value in record.headers],
    }  # fmt: skip


def _text(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)


def restore(settings: Settings, folder: Path, say: Say) -> int:
    """Write the files of a folder to topics that are empty, and commit for the workers what they had committed."""
    files = {role: folder / f"{role}.jsonl.gz" for role in asdict(topics.names(settings))}
    if missing := [str(file) for file in files.values() if not file.exists()]:
        raise CommandFailed(f"not there: {', '.join(missing)}; `streams backup` makes them")
    return client.run(_restore(settings, files, say))


async def _restore(settings: Settings, files: dict[str, Path], say: Say) -> int:
    names = asdict(topics.names(settings))
    async with client.consumer(settings, group_id=settings.app_id) as consumer, client.producer(settings) as producer:
        await _check(consumer, files, names)
        for role, file in files.items():
            count, commits = await _restore_topic(producer, role, names[role], file)
            if commits:
                await consumer.commit(commits)
            say(f"{names[role]}: {count} records")
    return 0


async def _restore_topic(producer: AIOKafkaProducer, role: str, topic: str, file: Path) -> tuple[int, reading.Offsets]:
    """Send the records of a file to the partitions they were in; return how many, and what is to be committed."""
    lines = _lines(file)
    committed = {int(number): at for number, at in next(lines)["committed"].items() if at}
    commits, count = {TopicPartition(topic, number): 0 for number in committed}, 0
    while rows := list(islice(lines, _AT_ONCE)):
        sent = [(row, await _send(producer, role, topic, row)) for row in rows]
        for row, future in sent:
            record, part, count = await future, TopicPartition(topic, row["p"]), count + 1
            if row["o"] < committed.get(row["p"], 0):
                commits[part] = record.offset + 1
    return count, commits


async def _send(producer: AIOKafkaProducer, role: str, topic: str, row: Row) -> Any:
    key, value = _moved(role, _bytes(row["k"]), _bytes(row["v"]))
    headers = [(name, _bytes(text) or b"") for name, text in row["h"]]
    return await producer.send(topic, value, key, row["p"], row["t"], headers)


async def _check(consumer: client.Consumer, files: dict[str, Path], names: dict[str, str]) -> None:
    """Refuse a cluster whose topics hold something or have other partitions."""
    parts = await reading.assign(consumer, names.values())
    full = sorted({part.topic for part, end in (await consumer.end_offsets(parts)).items() if end})
    if full:
        raise CommandFailed(f"not empty: {', '.join(full)}; restore to a cluster that has nothing of streams yet")
    for role, file in files.items():
        here, there = sum(part.topic == names[role] for part in parts), next(_lines(file))["partitions"]
        if here != there:
            raise CommandFailed(f"{names[role]} has {here} partitions, the backup {there}: make it with as many")


def _lines(file: Path) -> Iterator[Row]:
    try:
        with gzip.open(file, "rt", encoding="ascii") as lines:
            yield from map(json.loads, lines)
    except (OSError, EOFError, ValueError) as error:
        raise CommandFailed(f"{file}: cannot be read: {error}") from error


def _moved(role: str, key: bytes | None, value: bytes | None) -> tuple[bytes | None, bytes | None]:
    """Return a record for another cluster, where other items have the offsets of the old ones.

    An item that is remembered by its old offset would make the workers take a new one for it, delivered again.
    """
    if role == "changelog" and key:
        return moved(key, value)
    if role == "items" and value:
        item = codec.decode_item(value)
        origin = item.provenance.origin
        there = replace(origin, topic=f"{origin.topic} of the backup")
        return key, codec.encode_item(replace(item, provenance=replace(item.provenance, origin=there)))
    return key, value
