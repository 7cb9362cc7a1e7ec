"""What consumers get of the brokers, made safe: batches that grow without end, and names of headers that are no text.

Any client may write both to a topic it may write to, and the brokers pass them on. aiokafka 0.14 fills the memory with
the one and ends on the other, and so it would at every start anew.
"""

import gzip
import io
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import cramjam
from aiokafka.codec import _detect_xerial_stream
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

LARGEST: Final = 64 << 20  # bytes; what honest producers send grows to the size of their largest request
TOO_LARGE: Final = ("streams-batch", b"too large when unpacked")
# https://kafka.apache.org/documentation/#recordbatch
_SIZE_AT, _MAGIC_AT, _CODEC_AT, _RECORDS_AT = 8, 16, 22, 61
_CODEC = 7
_XERIAL_HEADER, _FIRST_ROOM, _MORE_ROOM = 16, 1 << 16, 8


def make_safe() -> None:
    """Let every consumer of this process read batches in this way."""
    fetcher.MemoryRecords = Batches


class Batches:
    """The batches of one answer, as aiokafka reads them."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._inner = data, 0, MemoryRecords(data)
        self.has_next, self.size_in_bytes = self._inner.has_next, self._inner.size_in_bytes

    def next_batch(self) -> Any:
        """Return the next batch; those of transactions' marks and of formats before Kafka 0.11 as they are."""
        batch, start = self._inner.next_batch(), self._at
        self._at += _SIZE_AT + 4 + int(struct.unpack_from(">i", self._data, start + _SIZE_AT)[0])
        if self._data[start + _MAGIC_AT] < 2 or batch.is_control_batch:
            return batch
        return Batch(batch, self._data[start : self._at])


@dataclass(frozen=True, slots=True)
class _Record:
    """A record as aiokafka has it."""

    offset: int
    timestamp: int
    timestamp_type: int
    value: bytes
    headers: list[tuple[str, bytes]]
    key: None = None
    checksum: None = None


class Batch:
    """One batch; its records come as they are, or it comes as one record when it grows beyond 64 MiB."""

    def __init__(self, batch: Any, data: bytes) -> None:
        self._batch, self._data = batch, data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        batch, plain = self._batch, unpacked(self._data)
        if plain is None:
            yield _Record(batch.base_offset, batch.max_timestamp, batch.timestamp_type, self._data, [TOO_LARGE])
            return
        try:
            yield from DefaultRecordBatch(plain)
        except UnicodeDecodeError:  # aiokafka passes over the records that it has had already
            yield from DefaultRecordBatch(legible(plain))


def unpacked(batch: bytes) -> bytes | bytearray | None:
    """Return a batch with its records as they were before they were compressed; None when they are over 64 MiB."""
    codec, packed = batch[_CODEC_AT] & _CODEC, batch[_RECORDS_AT:]
    if not codec:
        return batch
    records = _DECODERS[codec](packed)
    if records is None:
        return None
    made = bytearray(batch[:_RECORDS_AT])
    made[_CODEC_AT] &= ~_CODEC
    made += records
    return made


def _gzip(packed: bytes) -> bytes | None:
    made = gzip.GzipFile(fileobj=io.BytesIO(packed)).read(LARGEST + 1)
    return made if len(made) <= LARGEST else None


def _snappy(packed: bytes) -> bytes | None:
    blocks = _xerial_blocks(packed) if _detect_xerial_stream(packed) else [packed]
    if sum(map(cramjam.snappy.decompress_raw_len, blocks)) > LARGEST:
        return None
    return b"".join(bytes(cramjam.snappy.decompress_raw(block)) for block in blocks)


def _xerial_blocks(packed: bytes) -> list[bytes]:
    blocks, at = [], _XERIAL_HEADER
    while at < len(packed):
        size = struct.unpack_from(">i", packed, at)[0]
        blocks.append(packed[at + 4 : at + 4 + size])
        at += 4 + size
    return blocks


def _into_room(codec: Any, packed: bytes) -> memoryview | None:
    room = max(_FIRST_ROOM, _MORE_ROOM * len(packed))
    while True:
        into = memoryview(bytearray(min(room, LARGEST)))
        try:
            return into[: codec.decompress_into(packed, into)]
        except cramjam.DecompressionError:
            if room >= LARGEST:
                return None
        room *= _MORE_ROOM


_DECODERS: Final[dict[int, Callable[[bytes], bytes | memoryview | None]]] = {
    1: _gzip, 2: _snappy, 3: partial(_into_room, cramjam.lz4), 4: partial(_into_room, cramjam.zstd),
}  # fmt: skip


def legible(batch: bytes | bytearray) -> bytearray:
    """Return a batch with `?` for the bytes that are no ASCII in those names of headers that are no UTF-8."""
    made, at = bytearray(batch), _RECORDS_AT
    while at < len(made):
        size, at = decode_varint(made, at)
        end, at = at + size, at + 1
        for _ in "time", "offset":
            at = decode_varint(made, at)[1]
        for _ in "key", "value":
            at = _behind(made, at)
        count, at = decode_varint(made, at)
        for _ in range(count):
            size, start = decode_varint(made, at)
            made[start : start + size] = _name(made[start : start + size])
            at = _behind(made, start + size)
        at = end
    return made


def _behind(records: bytearray, at: int) -> int:
    size, at = decode_varint(records, at)
    return int(at + max(size, 0))


def _name(name: bytearray) -> bytes:
    try:
        name.decode()
    except UnicodeDecodeError:
        return bytes(byte if byte < 128 else ord("?") for byte in name)
    return bytes(name)
