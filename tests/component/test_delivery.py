"""The undisturbed run."""

import asyncio

from fake_transport import Broker, Worker, live
from faust.types import TP
from short_recipe import RAW, enrich, fill, raw

CHANGELOG = "streams-dedup-changelog"


def test_everything_arrives_once_and_is_committed(broker: Broker) -> None:
    fill(broker, 25)
    fill(broker, 7, partition=1, first=25)

    async def scene(worker: Worker) -> None:
        await worker.settled(RAW)
        await worker.settled("news.items")

    live(broker, enrich, scene)
    assert len(broker.records("news.enriched")) == 32
    assert broker.committed[TP(RAW, 0)] == 25
    assert broker.committed[TP(RAW, 1)] == 7


def test_the_next_batch_is_worked_on_but_nothing_of_it_is_final_before_the_one_in_front(broker: Broker) -> None:
    """The copy of batch two is out while the brokers still owe the acknowledgement of batch one."""
    report = "Officials said on Monday that two people were wounded by shelling overnight."
    held = broker.held["news.enriched"] = asyncio.Event()
    unfinished: list[int] = []

    async def scene(worker: Worker) -> None:
        for number, topic in enumerate(("news.enriched", "news.duplicates")):
            broker.append(RAW, 0, raw(number, title="Bulletin", text=report))
            await worker.until(lambda topic=topic: len(broker.records(topic)) == 1)
        await asyncio.sleep(0.3)
        unfinished.append(len(broker.records(CHANGELOG)))
        unfinished.append(sum(offset for tp, offset in broker.committed.items() if tp.topic == "news.items"))
        held.set()
        await worker.settled("news.items")

    live(broker, enrich, scene)
    assert unfinished == [0, 0]
    assert [record.offset for record in broker.records(CHANGELOG)] == [0, 1]
    assert broker.committed[TP("news.items", broker.records("news.items")[0].partition)] == 2
