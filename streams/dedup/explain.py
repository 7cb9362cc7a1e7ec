"""Why an item is new, a version or a copy: every earlier item it was held against, and what came of it."""

from dataclasses import dataclass
from typing import Literal

from streams.dedup.judge import BY, LEAST_HITS, Case, judge
from streams.dedup.record import Record
from streams.dedup.similarity import CONTAINED, NEAR, Match, Unlike, compare, overlap
from streams.dedup.state import State
from streams.messages import DuplicateKind, Item, Verdict

Finding = (
    DuplicateKind | Unlike | Literal["earlier version", "one key by chance", "outside the window", "a copy itself"]
)
Step = Literal["delivered before", "same id or URL", "same words", "shared shingles", "nothing alike"]

THRESHOLDS = {"near": NEAR, "contained": CONTAINED}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An earlier item that was found, by what (`BY`), and with how many keys in common.

    `jaccard` is the share of all shingles both have, `containment` that of the shorter text; both estimated, and None
    of a copy, whose shingles are not kept. `finding` says what it is to the item, `chosen` marks the one that decided.
    """

    item_id: str
    by: tuple[str, ...]
    keys: int
    jaccard: float | None
    containment: float | None
    finding: Finding
    chosen: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on an item, the step that decided it, and all candidates: the chosen one, then the most alike."""

    verdict: Verdict
    decided: Step
    candidates: tuple[Candidate, ...]


def explain(state: State, item: Item) -> Explanation:
    """Return what `admit` would decide of an item, and why; the state stays as it is."""
    case = judge(state, item)
    slots = sorted({slot for found in case.found for slot in found})
    candidates = [_candidate(state, case, slot) for slot in slots]
    candidates.sort(key=lambda c: (not c.chosen, -_likeness(c), c.item_id))
    return Explanation(case.record.verdict, _step(case), tuple(candidates))


def _candidate(state: State, case: Case, slot: int) -> Candidate:
    head, text = state.record(slot), case.draft.fingerprint
    jaccard, containment = overlap(text, head.fingerprint) if head.is_head else (None, None)
    finding = _finding(state, case, slot, head)
    return Candidate(
        item_id=head.item_id,
        by=tuple(name for name, found in zip(BY, case.found, strict=True) if slot in found),
        keys=case.found[-1].get(slot, 0),
        jaccard=jaccard,
        containment=containment,
        finding=finding,
        chosen=_is_chosen(case, slot, head, finding),
    )


def _finding(state: State, case: Case, slot: int, head: Record) -> Finding:
    if slot in case.versions or (case.again and head.origin == case.draft.origin):
        return "same_item" if head.fingerprint.exact == case.draft.fingerprint.exact else "earlier version"
    if not head.is_head:
        return "a copy itself"
    if abs(head.event_time - case.draft.event_time) > state.window.max_age_seconds:
        return "outside the window"
    hits = case.found[-1].get(slot, 0)
    found = compare(case.draft.fingerprint, head.fingerprint, hits)
    if isinstance(found, Match):
        return found.kind
    return "one key by chance" if 0 < hits < LEAST_HITS else found


def _is_chosen(case: Case, slot: int, head: Record, finding: Finding) -> bool:
    if case.again:
        return head.origin == case.draft.origin
    if case.versions:
        latest = max(case.versions.values(), key=lambda record: (record.revision, record.received_at, record.origin))
        return finding == "same_item" if case.record.kind else slot in case.versions and head == latest
    original = (head.item_id, head.revision) == (case.record.of, case.record.revision)
    return original and finding == case.record.kind


def _likeness(candidate: Candidate) -> float:
    """Return how far the texts are on the way to a copy; 1 is reached by what is one."""
    return max((candidate.jaccard or 0.0) / NEAR, (candidate.containment or 0.0) / CONTAINED)


def _step(case: Case) -> Step:
    if case.again:
        return "delivered before"
    if case.versions:
        return "same id or URL"
    steps: dict[DuplicateKind | None, Step] = {None: "nothing alike", "exact": "same words"}
    return steps.get(case.record.kind, "shared shingles")
