"""What is remembered of an item: one compact record, which is also the value in the changelog."""

import struct
from array import array
from collections.abc import Iterable

import msgspec
import numpy as np
import xxhash
from msgspec import Struct
from msgspec.structs import replace

from streams.dedup.similarity import MIN_EXACT_SHINGLES
from streams.errors import WorkerStopped
from streams.messages import Duplicate, DuplicateKind, Fingerprint, Item, Origin, Status, Verdict

STATE_VERSION = 1
# Under how many keys a head is filed; a long one under more, since its shortened copies have fewer of them.
INDEXED_KEYS, INDEXED_KEYS_LONG = 12, 20
LONG_SHINGLES = 256
_DAY = 86_400
_THREE = struct.Struct("<3I")


class Record(Struct, array_like=True, frozen=True):
    """An admitted item. Times are seconds since 1970, `origin` and `url` 64-bit hashes (`url` 0 for none).

    Only a head, that is a new item or a revision, keeps its sketches: copies are compared with heads alone. `filed`
    are the distinct 32-bit hashes it is found by (u32, little-endian).
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
    filed: bytes = b""

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


def moved(key: bytes, value: bytes | None) -> tuple[bytes, bytes | None]:
    """Return a record of the changelog for another cluster: the same item, by a delivery that nothing there can be.

    Offsets begin anew there. One that is remembered of here would make a new item pass for one delivered again.
    """
    origin = text_hash(f"{int.from_bytes(key, 'little')} of a backup")
    if value is None:
        return origin_key(origin), None
    record = decode(value)
    filed = array("I", {*memoryview(record.filed).cast("I"), _short(origin)}).tobytes()
    return origin_key(origin), encode(replace(record, origin=origin, filed=filed))


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


def event_time(item: Item, received: int) -> int:
    """Return when the item was published: when received if unknown or more than a day later than received."""
    published = int(item.published_at.timestamp()) if item.published_at else received
    return published if published <= received + _DAY else received


def origin_queries(keys: Iterable[bytes]) -> bytes:
    """Return the packed hashes to look up deliveries by, given their changelog keys."""
    shorts = np.frombuffer(b"".join(keys), "<u8").astype("<u4")
    shorts[shorts == 0] = 1
    return shorts.tobytes()


def query(record: Record, shard: str) -> bytes:
    """Return the packed hashes to look up: of origin, id, content and URL, then the keys of the fingerprint.

    All but the origin's belong to the shard: what is found does not depend on which shards share a partition.
    """
    names = (record.origin, text_hash(record.item_id), content_hash(record.fingerprint), record.url)
    origin, *others = map(_short, names)
    own = _THREE.pack(*others) + record.fingerprint.keys
    salt = _short(text_hash(shard)).to_bytes(4, "little") * (len(own) // 4)
    salted = int.from_bytes(own, "little") ^ int.from_bytes(salt, "little")
    return origin.to_bytes(4, "little") + salted.to_bytes(len(own), "little")


def trimmed(record: Record, looked_up: bytes) -> Record:
    """Return the record to remember: filed under its share of the hashes looked up, rid of what it never needs again.

    Too short a content is not filed, since it makes no copies, nor is the lack of a URL.
    """
    printed = record.fingerprint
    indexed = INDEXED_KEYS if printed.shingles < LONG_SHINGLES else INDEXED_KEYS_LONG
    origin, name, content, url, *keys = memoryview(looked_up[: 4 * (4 + indexed)]).cast("I")
    filed = {origin, name, url} if record.url else {origin, name}
    if record.is_head:
        filed.update(keys)
        if printed.shingles >= MIN_EXACT_SHINGLES:
            filed.add(content)
    kept = replace(printed, keys=b"") if record.is_head else Fingerprint(exact=printed.exact)
    return replace(record, fingerprint=kept, filed=array("I", filed).tobytes())


def _short(identity: int) -> int:
    return identity & 0xFFFFFFFF or 1
