"""What is remembered of an item: one compact record, which is also the value in the changelog."""

import struct
from collections.abc import Iterable

import msgspec
import numpy as np
import xxhash
from msgspec import Struct
from numpy.typing import NDArray

from streams.dedup.similarity import MIN_EXACT_SHINGLES
from streams.errors import WorkerStopped
from streams.messages import Duplicate, DuplicateKind, Fingerprint, Item, Origin, Status, Verdict

STATE_VERSION = 1
INDEXED_KEYS = 12
_DAY = 86_400


class Record(Struct, array_like=True, frozen=True):
    """An admitted item. Times are seconds since 1970, `origin` and `url` 64-bit hashes (`url` 0 for none).

    Only a head, that is a new item or a revision, keeps its sketches: copies are compared with heads alone.
    """

    origin: int
    item_id: str
    url: int
    event_time: int
    received_at: int
    status: Status
    story: bytes
    revision: int
    kind: DuplicateKind | None
    of: str
    similarity: float
    fingerprint: Fingerprint

    @property
    def is_head(self) -> bool:
        """Whether copies may be linked to this item."""
        return self.status != "duplicate"

    @property
    def verdict(self) -> Verdict:
        """The verdict the item got."""
        copy = Duplicate(kind=self.kind, of=self.of, similarity=self.similarity) if self.kind else None
        return Verdict(status=self.status, story_id=self.story.hex(), revision=self.revision, duplicate=copy)


_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Record)


def encode(record: Record) -> bytes:
    """Return the changelog value of a record: a version byte, then MessagePack."""
    return bytes((STATE_VERSION,)) + _encoder.encode(record)


def decode(value: bytes) -> Record:
    """Return the record of a changelog value; raise WorkerStopped for a version this code does not know."""
    if value[:1] != bytes((STATE_VERSION,)):
        raise WorkerStopped(f"dedup state of version {value[0] if value else None}, this worker reads {STATE_VERSION}")
    return _decoder.decode(memoryview(value)[1:])


def text_hash(text: str) -> int:
    """Return the 64-bit hash of a text, the same on every machine."""
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


def origin_hash(origin: Origin) -> int:
    """Return the identity of a delivery."""
    return text_hash(f"{origin.topic}\0{origin.partition}\0{origin.offset}")


def origin_key(origin: int) -> bytes:
    """Return the changelog key of a delivery."""
    return origin.to_bytes(8, "little")


def url_hash(url: str | None) -> int:
    """Return the identity of a canonical URL; 0 for none and for a site's front page, which names no item."""
    path = url.partition("://")[2].partition("/")[2] if url else ""
    return text_hash(url) if url and path else 0


def content_hash(fingerprint: Fingerprint) -> int:
    """Return half of the exact hash of a text."""
    return int.from_bytes(fingerprint.exact[:8], "little")


def story_hash(item_id: str) -> bytes:
    """Return the id of the story that begins with this item (128 bits)."""
    return xxhash.xxh3_128_digest(item_id.encode("utf-8", "surrogatepass"))


def event_time(item: Item) -> int:
    """Return when the item was published: when received if unknown or more than a day later than received."""
    received = int(item.received_at.timestamp())
    published = int(item.published_at.timestamp()) if item.published_at else received
    return published if published <= received + _DAY else received


def hashes(identities: Iterable[int], keys: bytes = b"") -> NDArray[np.uint32]:
    """Return the 32-bit hashes to look up: of 64-bit identities, then the keys of a fingerprint. None of them is 0."""
    short = [identity & 0xFFFFFFFF or 1 for identity in identities]
    return np.frombuffer(struct.pack(f"<{len(short)}I", *short) + keys, "<u4")


def postings(record: Record) -> NDArray[np.uint32]:
    """Return the distinct hashes a record is filed under."""
    identities = {record.origin, text_hash(record.item_id)}
    if record.url:
        identities.add(record.url)
    if record.is_head and record.fingerprint.shingles >= MIN_EXACT_SHINGLES:
        identities.add(content_hash(record.fingerprint))
    filed = hashes(identities, record.fingerprint.keys)
    return filed if len(set(filed.tolist())) == len(filed) else np.unique(filed)
