"""Batches of records as no library makes them, sent as they are to the first partition of news.raw."""

import asyncio
import struct

import cramjam
from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c, encode_varint
from processes import Site

_PIECE = 1 << 24


def _number(value: int) -> bytes:
    made = bytearray()
    encode_varint(value, made.append)
    return bytes(made)


def _batch(attributes: int, records: bytes) -> bytes:
    """Return a batch of one record (https://kafka.apache.org/documentation/#recordbatch)."""
    summed = struct.pack(">hiqqqhii", attributes, 0, 1, 1, -1, -1, -1, 1) + records
    return struct.pack(">qiibI", 0, 9 + len(summed), -1, 2, calc_crc32c(summed)) + summed


def _record(value: bytes, headers: bytes, missing: int = 0) -> tuple[bytes, bytes]:
    """Return what comes before and after so many bytes that follow a value."""
    begin = b"\0\0\0" + _number(-1) + _number(len(value) + missing) + value
    return _number(len(begin) + missing + len(headers)) + begin, headers


def named(value: bytes, name: bytes) -> bytes:
    """Return a batch of one record with a header of any name."""
    return _batch(0, b"".join(_record(value, _number(1) + _number(len(name)) + name + _number(1) + b"x")))


def growing(size: int) -> bytes:
    """Return a batch of one record, compressed from so many bytes (a multiple of 16 MiB)."""
    begin, end = _record(b"", _number(0), size)
    packed = cramjam.zstd.Compressor(19)
    packed.compress(begin)
    for _ in range(size // _PIECE):
        packed.compress(b"x" * _PIECE)
    packed.compress(end)
    return _batch(4, bytes(packed.finish()))


def send(site: Site, *batches: bytes) -> None:
    """Send batches one after the other."""
    asyncio.run(_send(site, batches))


async def _send(site: Site, batches: tuple[bytes, ...]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=site.brokers, acks="all", max_request_size=9 << 20) as producer:
        for batch in batches:
            made = producer.create_batch()
            made.append(key=None, value=b"", timestamp=None)
            made.close()
            made._buffer = bytearray(batch)
            await (await producer.send_batch(made, f"{site.name}.news.raw", partition=0))
