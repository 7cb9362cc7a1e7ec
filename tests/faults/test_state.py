"""State that is lost, cut, spoiled or has no room: a clear message, and no record lost."""

import asyncio
import re
import resource
from collections import Counter
from pathlib import Path

from account import settle
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from load import Sender, load
from oracle import Oracle
from processes import Site, Worker
from stations import IMPATIENT, Station

from streams.kafka.broker import free_port


def remember(site: Site, count: int = 1000) -> Sender:
    """Let a worker see so many items and leave."""
    sender, worker = Sender(site, load(count), seconds=1), site.worker()
    with sender.running():
        pass
    settle(site.oracle, count, 60).check(sender.sent, once=site.once)
    site.wait_committed()
    assert worker.end() == 0
    return sender


def go_on(site: Site, before: Sender, count: int = 500) -> None:
    """Send more items, which a new worker must account for."""
    sender = Sender(site, load(count, first=len(before.records)), seconds=1)
    with sender.running():
        worker = site.worker()
    sent = before.sent | sender.sent
    settle(site.oracle, len(sent), 60).check(sent, once=site.once)
    assert worker.end() == 0


def ended(worker: Worker) -> tuple[int, str]:
    return worker.process.wait(30), worker.log.read_text().strip().rpartition("\n")[2]


async def _admin(brokers: str, ask) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    await ask(admin)
    await admin.close()


def test_a_lost_changelog_is_named_and_made_again(site: Site) -> None:
    before, changelog = remember(site), f"{site.name}-dedup-changelog"
    asyncio.run(_admin(site.brokers, lambda admin: admin.delete_topics([changelog])))
    code, words = ended(site.worker())
    assert code == 1
    assert f"topics are missing: {changelog}; run `streams topics create`" in words
    assert site.run("topics", "create").returncode == 0
    go_on(site, before)


async def _truncate(admin: AIOKafkaAdminClient, changelog: str, ends: dict[int, int]) -> None:
    """Delete the older half of a topic, which its policy does not allow as it is."""
    resource_ = ConfigResource(ConfigResourceType.TOPIC, changelog, {"cleanup.policy": "delete"})
    await admin.alter_configs([resource_])
    await admin.delete_records({TopicPartition(changelog, n): RecordsToDelete(end // 2) for n, end in ends.items()})


def test_a_truncated_changelog_forgets_but_loses_nothing(site: Site) -> None:
    before, changelog = remember(site), f"{site.name}-dedup-changelog"
    ends = Counter(record.partition for record in Oracle(site.brokers, "").read(changelog))
    asyncio.run(_admin(site.brokers, lambda admin: _truncate(admin, changelog, ends)))
    go_on(site, before)
    (remembered,) = re.findall(r"(\d+) items remembered", site.workers[-1].log.read_text())
    assert 0 < int(remembered) < sum(ends.values()) - 100


def test_a_spoiled_changelog_stops_the_worker_with_the_way_out(site: Site) -> None:
    before, oracle = remember(site), Oracle(site.brokers, f"{site.name}-dedup-")
    oracle.append("changelog", b"\xffspoiled", key=b"12345678")
    code, words = ended(site.worker())
    assert code == 70
    assert "delete the topic and run `streams topics create`" in words
    asyncio.run(_admin(site.brokers, lambda admin: admin.delete_topics([f"{site.name}-dedup-changelog"])))
    assert site.run("topics", "create").returncode == 0
    go_on(site, before)


def test_the_state_folder_does_not_matter(site: Site) -> None:
    """All state is in Kafka: what is where the folder should be, even a file, is left alone."""
    (site.folder / "state").write_text("in the way")
    remember(site, 100)
    assert (site.folder / "state").read_text() == "in the way"


def test_no_room_on_the_disk_of_the_worker(site: Site) -> None:
    """It keeps nothing there but its log."""
    worker = site.worker()
    worker.wait_ready()
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (0, 0))
    sender = Sender(site, load(500), seconds=1)
    with sender.running():
        pass
    settle(site.oracle, 500, 60).check(sender.sent, once=True)
    site.wait_committed()
    assert worker.end() == 0


def test_no_room_on_the_disk_of_the_broker(cache: Path, tmp_path: Path, delivery: str) -> None:
    """A segment that cannot grow takes the broker down; with room again everything goes on."""
    station = Station(cache, tmp_path / "data", IMPATIENT, free_port())
    station.start()
    more = {"STREAMS_SESSION_TIMEOUT": "3", "STREAMS_STALL_TIMEOUT": "20", "STREAMS_DELIVERY": delivery}
    site = Site(station.address, tmp_path, more=more)
    assert site.run("topics", "create").returncode == 0
    sender = Sender(site, load(2000), seconds=4)
    assert station.broker
    with site.supervised():
        resource.prlimit(station.broker.process.pid, resource.RLIMIT_FSIZE, (200_000, 200_000))
        with sender.running():
            assert station.broker.process.wait(30) != 0
            station.kill()
            station.start()
        settle(site.oracle, 2000, 90).check(sender.sent, once=site.once)
        site.wait_committed()
    site.close()
    station.stop()
