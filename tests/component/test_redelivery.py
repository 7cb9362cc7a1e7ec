"""Crashes between the effects of dedup: whatever was done already, verdicts and ids come out the same."""

import asyncio

import pytest
from fake_transport import Broker, Worker, live
from faust.types import TP
from short_recipe import RAW, enrich, fill, raw

from streams.codec import decode_event

OUTPUTS = ("news.enriched", "news.duplicates")
CHANGELOG = "streams-dedup-changelog"
SENTENCES = (
    "Shelling hit the eastern district overnight and two people were wounded, officials said on Monday.",
    "A convoy with food and medicine reached the besieged town after nine days on the road.",
)


def _copies(broker: Broker) -> None:
    """Two stories, each told four times under different ids, and a revision."""
    for number in range(8):
        broker.append(RAW, 0, raw(number, title="Bulletin", text=SENTENCES[number % 2]))
    broker.append(RAW, 0, raw(0, title="Bulletin, updated", text="Talks between the parties ended without a result."))


def _verdicts(broker: Broker) -> dict[int, set[tuple[object, ...]]]:
    """Return origin offset → every (id, status, story, revision, original) that was ever published for it."""
    found: dict[int, set[tuple[object, ...]]] = {}
    for topic in OUTPUTS:
        for record in broker.records(topic):
            event = decode_event(record.value or b"")
            original = event.duplicate.of if event.duplicate else None
            verdict = (event.id, event.status, event.story_id, event.revision, original)
            found.setdefault(event.provenance.origin.offset, set()).add(verdict)
    return found


async def _done(worker: Worker) -> None:
    await worker.settled(RAW)
    await worker.settled("news.items")


@pytest.fixture
def expected() -> dict[int, set[tuple[object, ...]]]:
    broker = Broker()
    _copies(broker)
    live(broker, enrich, _done)
    return _verdicts(broker)


def test_an_undisturbed_run_finds_the_copies(expected: dict[int, set[tuple[object, ...]]]) -> None:
    status = {offset: [verdict[1] for verdict in verdicts] for offset, verdicts in expected.items()}
    assert status[0] == status[1] == ["new"]
    assert [status[offset] for offset in range(2, 8)] == [["duplicate"]] * 6
    assert status[8] == ["revision"]


@pytest.mark.parametrize("after", ["news.enriched", "news.duplicates", CHANGELOG])
def test_l13_a_crash_after_each_effect_changes_no_verdict(
    broker: Broker, expected: dict[int, set[tuple[object, ...]]], after: str
) -> None:
    """The effect is in the log, its acknowledgement never comes; then kill -9 and a new worker."""
    _copies(broker)
    broker.held[after] = asyncio.Event()

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: bool(broker.records(after)))
        await asyncio.sleep(0.1)
        worker.kill()

    live(broker, enrich, scene)
    assert all(broker.committed.get(TP("news.items", partition), 0) == 0 for partition in (0, 1))
    broker.held.clear()
    live(broker, enrich, _done)
    assert _verdicts(broker) == expected


def test_l13_a_crash_before_the_commit_changes_no_verdict(
    broker: Broker, expected: dict[int, set[tuple[object, ...]]]
) -> None:
    _copies(broker)

    async def scene(worker: Worker) -> None:
        broker.failing_commits = 1_000_000
        await worker.until(lambda: len(broker.records(CHANGELOG)) >= 3)
        await asyncio.sleep(0.2)

    live(broker, enrich, scene)
    broker.failing_commits = 0
    live(broker, enrich, _done)
    assert _verdicts(broker) == expected
    assert [len(broker.records(topic)) for topic in OUTPUTS] == [3, 6]  # what is remembered is out, and not told twice


def test_state_follows_its_partition_and_is_rebuilt_where_it_went(broker: Broker) -> None:
    fill(broker, 20)

    async def scene(worker: Worker) -> None:
        await _done(worker)
        sizes = {partition: state.size for partition, state in worker.app.table.states.items()}
        (owner,) = [partition for partition, size in sizes.items() if size]
        await worker.consumer.rebalance([1 - owner])
        await worker.until(lambda: worker.app.tables.actives_ready)
        assert list(worker.app.table.states) == [1 - owner]
        await worker.consumer.rebalance([0, 1])
        await worker.until(lambda: worker.app.tables.actives_ready)
        assert {partition: state.size for partition, state in worker.app.table.states.items()} == sizes

    assert live(broker, enrich, scene) is None


@pytest.mark.parametrize(("missed", "kept"), [(0, True), (1, False)])
def test_state_is_kept_only_by_a_worker_that_missed_no_generation(broker: Broker, missed: int, kept: bool) -> None:
    fill(broker, 20)

    async def scene(worker: Worker) -> None:
        await _done(worker)
        before = dict(worker.app.table.states)
        sizes = {partition: state.size for partition, state in before.items()}
        await worker.consumer.rebalance([0, 1], missed=missed)
        await worker.until(lambda: worker.app.tables.actives_ready)
        after = worker.app.table.states
        assert [after[partition] is before[partition] for partition in (0, 1)] == [kept, kept]
        assert {partition: state.size for partition, state in after.items()} == sizes

    assert live(broker, enrich, scene) is None


def test_a_changelog_of_another_version_stops_the_worker(broker: Broker) -> None:
    broker.append(CHANGELOG, 0, b"\xffunknown", key=b"12345678")

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: worker.failure is not None)

    assert "version" in str(live(broker, enrich, scene))


def test_a_rebalance_during_recovery_leaves_nothing_out(broker: Broker) -> None:
    fill(broker, 40)
    live(broker, enrich, _done)
    broker.max_fetch = 3

    async def scene(worker: Worker) -> None:
        for partitions in ([1], [0, 1], [0], [0, 1]):
            await worker.consumer.rebalance(partitions)
            await asyncio.sleep(0.01)
        await worker.until(lambda: worker.app.tables.actives_ready)
        assert sum(state.size for state in worker.app.table.states.values()) == 40

    assert live(broker, enrich, scene) is None
