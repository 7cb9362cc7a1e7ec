"""The undisturbed run."""

from fake_transport import Broker, Worker, live
from faust.types import TP
from short_recipe import RAW, enrich, fill


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
