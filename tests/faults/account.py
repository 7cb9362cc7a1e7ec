"""The account that must add up: what was sent against what is on the topics, whatever happened in between."""

import json
import time
from collections import defaultdict
from dataclasses import dataclass

from aiokafka import ConsumerRecord
from load import Raw
from oracle import Oracle, Origin, header, outcome

TOPICS = ("news.enriched", "news.duplicates", "news.dead-letters")


@dataclass(frozen=True)
class Account:
    """All outcomes of raw records, each with the record that tells it, in the order of their topics."""

    outcomes: dict[Origin, list[ConsumerRecord]]

    @property
    def repeated(self) -> int:
        """How many records were emitted again."""
        return sum(map(len, self.outcomes.values())) - len(self.outcomes)

    def check(self, sent: dict[Origin, Raw], *, once: bool = False) -> None:
        """Every record has one fate, the one it must have; what is emitted again is the same; stories keep their order.

        `once`: nothing may be emitted again.
        """
        assert self.outcomes.keys() == sent.keys(), missing(self.outcomes, sent)
        assert [at for at, found in self.outcomes.items() if len(set(map(content, found))) > 1] == []
        fates = {at: fate(found[0]) for at, found in self.outcomes.items()}
        wrong = {at: (fates[at], raw) for at, raw in sent.items() if fates[at] != (raw.status, raw.revision, raw.of)}
        assert wrong == {}, f"{len(wrong)} verdicts differ, such as {list(wrong.items())[:3]}"
        assert out_of_order(self.outcomes) == []
        assert not once or self.repeated == 0


def settle(oracle: Oracle, expected: int, seconds: float) -> Account:
    """Wait until so many raw records have an outcome and return the account; what is missing is for `check` to say."""
    reader, end = oracle.reader(*TOPICS), time.monotonic() + seconds
    found: dict[Origin, list[ConsumerRecord]] = defaultdict(list)
    with reader:
        while len(found) < expected and time.monotonic() < end:
            for record in reader.more():
                found[outcome(record)[0]].append(record)
        for record in reader.rest():
            found[outcome(record)[0]].append(record)
    return Account(dict(found))


def content(record: ConsumerRecord) -> tuple[object, ...]:
    """Return what must be equal in every emission of an outcome: all but the moment of the emission."""
    if header(record, "dlq-reason"):
        return record.topic, record.key, record.value, header(record, "dlq-reason")
    event = json.loads(record.value)
    event.pop("emitted_at")
    kept = sorted((name, value) for name, value in record.headers if name != "ce_time")
    return record.topic, record.key, json.dumps(event, sort_keys=True), *kept


def fate(record: ConsumerRecord) -> tuple[str, int, str | None]:
    """Return status, revision, and whose copy."""
    if header(record, "dlq-reason"):
        return "dead-letter", 1, None
    event = json.loads(record.value)
    return event["status"], event["revision"], event["duplicate"] and event["duplicate"]["of"]


def out_of_order(outcomes: dict[Origin, list[ConsumerRecord]]) -> list[str]:
    """Return the stories whose revisions were first told in another order than theirs."""
    told = defaultdict(list)
    for found in outcomes.values():
        if found[0].topic.endswith("news.enriched"):
            event = json.loads(found[0].value)
            told[event["story_id"]].append((found[0].offset, event["revision"]))
    return [story for story, each in told.items() if [rev for _, rev in sorted(each)] != sorted(rev for _, rev in each)]


def missing(found: dict[Origin, list[ConsumerRecord]], sent: dict[Origin, Raw]) -> str:
    """Say what is missing, or too much, by partition."""
    lost, extra = sorted(sent.keys() - found.keys()), sorted(found.keys() - sent.keys())
    return f"{len(lost)} of {len(sent)} lost, such as {lost[:5]}; {len(extra)} never sent, such as {extra[:5]}"
