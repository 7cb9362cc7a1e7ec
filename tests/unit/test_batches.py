"""Batches of records as consumers get them: the same as without the guard, but for what would end or fill them."""

import gzip
import struct
from typing import Any

import cramjam
import pytest
from aiokafka.codec import snappy_encode
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

from streams import batches

NAME = "ZZZZ"
HEAD = 61
PACKED = {
    1: gzip.compress,
    2: snappy_encode,
    3: lambda data: bytes(cramjam.lz4.compress(data)),
    4: lambda data: bytes(cramjam.zstd.compress(data)),
}


def made(codec: int = 0, count: int = 20) -> bytes:
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, 0, 1 << 20)
    for number in range(count):
        headers = [(NAME, b"\xff"), ("größe", None)] if number else []
        builder.append(number, 1000 + number, b"k" if number % 2 else None, b"value " * number or None, headers)
    return bytes(builder.build())


def with_records(batch: bytes, codec: int, records: bytes) -> bytes:
    """Return a batch with other records, its size and sum mended."""
    changed = bytearray(batch[:HEAD] + records)
    struct.pack_into(">i", changed, 8, len(changed) - 12)
    changed[22] = codec
    struct.pack_into(">I", changed, 17, calc_crc32c(bytes(changed[21:])))
    return bytes(changed)


def read(data: bytes, reader: Any = batches.Batches) -> list[tuple[Any, ...]]:
    found, records = [], reader(data)
    while records.has_next():
        batch = records.next_batch()
        assert batch.validate_crc()
        found += [(one.offset, one.timestamp, one.key, one.value, list(one.headers)) for one in batch]
    return found


@pytest.mark.parametrize("codec", range(5))
def test_what_is_well_is_read_as_aiokafka_does(codec: int) -> None:
    data = made(codec) + made() + made(codec, 1)
    assert read(data) == read(data, MemoryRecords)
    assert len(read(data)) == 41


@pytest.mark.parametrize("codec", PACKED)
def test_a_batch_that_grows_beyond_all_measure_is_one_record(codec: int) -> None:
    bomb = with_records(made(), codec, PACKED[codec](b"\x00" * (batches.LARGEST + 1)))
    found = read(bomb + made())
    assert (found[0][3], found[0][4]) == (bomb, [batches.TOO_LARGE])
    assert len(found) == 21


@pytest.mark.parametrize("codec", PACKED)
def test_a_batch_may_grow_a_thousandfold(codec: int) -> None:
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, 0, 40 << 20)
    builder.append(0, 0, None, b"x" * (30 << 20), [])
    [record] = read(bytes(builder.build()))
    assert len(record[3]) == 30 << 20


@pytest.mark.parametrize("codec", [0, 4])
def test_names_of_headers_that_are_no_text_are_made_text(codec: int) -> None:
    plain = made()
    wrong = plain[HEAD:].replace(NAME.encode(), b"n\xc3\xff~", 3)
    data = with_records(plain, codec, PACKED[codec](wrong) if codec else wrong)
    with pytest.raises(UnicodeDecodeError):
        list(DefaultRecordBatch(data))
    found = {offset: headers for offset, _, _, _, headers in read(data)}
    assert [found[number][0][0] for number in range(1, 6)] == ["n??~"] * 3 + [NAME] * 2
    assert [one[:4] for one in read(data)][-20:] == [one[:4] for one in read(plain)]


def test_consumers_of_this_process_read_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "MemoryRecords", MemoryRecords)
    batches.make_safe()
    assert fetcher.MemoryRecords is batches.Batches
