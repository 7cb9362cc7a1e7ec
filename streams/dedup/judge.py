"""The verdict on an item: seen before, another version, a copy, or new."""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from streams.dedup.record import Record, event_time, origin_hash, query, story_hash, trimmed, url_hash
from streams.dedup.similarity import Match, compare, related
from streams.dedup.state import Change, State
from streams.messages import DuplicateKind, Item, Verdict

MAX_VERSIONS = 64
# One indexed shingle in common is chance: of 100 pairs of news items that have one, 93 have no other.
LEAST_HITS = 2
BY = ("delivery", "id", "content", "URL", "shingles")
_ORIGIN, _NAME, _CONTENT, _URL, _SHINGLES = range(len(BY))


class Admission(NamedTuple):
    """A verdict, and the changelog records (key, value or None for a tombstone) that make the state remember it.

    `again` if the state remembers the verdict on this very delivery.
    """

    verdict: Verdict
    changes: tuple[Change, ...] = ()
    again: bool = False


class Case(NamedTuple):
    """What an item is judged to be, and on what grounds.

    `draft` is the item as it is filed under `keys` before anything is known of it; `found` are slots by what they were
    found by (`BY`), each with how many hashes it shares; `versions` the known ones of the same item, by slot; `again`
    if this very delivery has been judged before, and `record` is the one of then. `replaced` is the slot of another
    delivery from the same offset: of a topic that was made anew since.
    """

    draft: Record
    keys: bytes
    found: list[dict[int, int]]
    versions: dict[int, Record]
    record: Record
    again: bool = False
    replaced: int | None = None


def judge(state: State, item: Item) -> Case:
    """Decide what an item is; the state stays as it is."""
    draft = _draft(item)
    keys = query(draft, item.shard)
    found = _find(state, keys)
    replaced = next((slot for slot in found[_ORIGIN] if state.record(slot).origin == draft.origin), None)
    if replaced is not None and (record := state.record(replaced)).received_at == draft.received_at:
        return Case(draft, keys, found, {}, record, again=True)
    versions = _versions(state, {*found[_NAME], *found[_URL]}, draft)
    if versions:
        record = _judge_version(draft, versions.values())
    else:
        record = _judge_copy(state, found[_CONTENT], found[_SHINGLES], draft)
    return Case(draft, keys, found, versions, record, replaced=replaced)


def admit(state: State, item: Item) -> Admission:
    """Decide what an item is and remember it in `state`; publish the changes in order.

    An item delivered again, from the same origin at the same time, gets the same verdict and changes nothing.
    """
    case = judge(state, item)
    record, versions = case.record, case.versions
    if case.again or record.kind == "same_item" or not state.room_for(record):
        return Admission(record.verdict, again=case.again)
    changes = []
    if case.replaced is not None:
        changes.append(state.forget(case.replaced, "replaced"))
    elif len(versions) >= MAX_VERSIONS:
        oldest = min(versions, key=lambda slot: (versions[slot].revision, versions[slot].received_at))
        changes.append(state.forget(oldest, "versions"))
    changes += state.evict(record.received_at)
    changes.append(state.add(trimmed(record, case.keys)))
    return Admission(record.verdict, tuple(changes))


def _draft(item: Item) -> Record:
    """Return the record of an item that is new."""
    received = int(item.received_at.timestamp())
    return Record(
        origin=origin_hash(item.provenance.origin),
        item_id=item.item_id,
        url=url_hash(item.page),
        event_time=event_time(item, received),
        received_at=received,
        status="new",
        story=story_hash(item.item_id),
        revision=1,
        kind=None,
        of="",
        similarity=0.0,
        fingerprint=item.fingerprint,
    )


def _find(state: State, looked_up: bytes) -> list[dict[int, int]]:
    """Return slots found by origin, id, content, URL and by shingles, each with how many of the hashes it shares."""
    found: list[dict[int, int]] = [{}, {}, {}, {}, {}]
    for position, slot in state.find(looked_up):
        slots = found[min(position, _SHINGLES)]
        slots[slot] = slots.get(slot, 0) + 1
    return found


def _versions(state: State, slots: Iterable[int], draft: Record) -> dict[int, Record]:
    """Return the known versions of this item: same id, or same URL and not an altogether different text."""
    versions = {}
    for slot in slots:
        record = state.record(slot)
        same_page = draft.url and record.url == draft.url and related(draft.fingerprint, record.fingerprint)
        if record.item_id == draft.item_id or same_page:
            versions[slot] = record
    return versions


def _judge_version(draft: Record, known: Iterable[Record]) -> Record:
    """Return the draft as a repetition or a revision of the known versions of the same item."""
    versions = sorted(known, key=lambda version: (version.revision, version.received_at, version.origin))
    for version in versions:
        if version.fingerprint.exact == draft.fingerprint.exact:
            return _copy(draft, version, "same_item", 1.0)
    latest = versions[-1]
    return replace(draft, status="revision", story=latest.story, revision=latest.revision + 1)


def _judge_copy(state: State, same: Iterable[int], alike: dict[int, int], draft: Record) -> Record:
    """Return the draft as a copy of the head with the same words, else of the first published like it; or as it is.

    The first rather than the most alike: so copies that are each like two heads meet in one story.
    """
    best: tuple[tuple[bool, int, int], Record, Match] | None = None
    for slot in {*same, *(slot for slot, hits in alike.items() if hits >= LEAST_HITS)}:
        head = state.record(slot)
        if abs(head.event_time - draft.event_time) > state.window.max_age_seconds:
            continue
        match = compare(draft.fingerprint, head.fingerprint, alike.get(slot, 0))
        if isinstance(match, Match):
            rank = (match.kind == "exact", -head.event_time, head.origin)
            best = (rank, head, match) if best is None or rank > best[0] else best
    return _copy(draft, best[1], best[2].kind, best[2].similarity) if best else draft


def _copy(draft: Record, original: Record, kind: DuplicateKind, similarity: float) -> Record:
    return replace(
        draft,
        status="duplicate",
        story=original.story,
        revision=original.revision,
        kind=kind,
        of=original.of or original.item_id,
        similarity=round(similarity, 3),
    )
