"""State that is lost, cut or spoiled, and disks without room: a clear message, and no record lost."""

import asyncio
import re
import resource
from collections import Counter

from account import settle
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from load import Raw, Sender, load
from oracle import Oracle, Origin
from processes import Site, Worker
from results import Figures


def remember(site: Site, count: int = 1000) -> Sender:
    """Let a worker see so many items and leave."""
    sender, worker = Sender(site, load(count), seconds=1), site.worker()
    with sender.running():
        pass
    settle(site.oracle, count, 60).check(sender.sent, once=site.once)
    site.wait_committed()
    assert worker.end() == 0
    return sender


def go_on(site: Site, before: dict[Origin, Raw], first: int, count: int = 500) -> dict[Origin, Raw]:
    """Send more items, which a new worker must account for; return all that were sent."""
    sender = Sender(site, load(count, first), seconds=1)
    with sender.running():
        worker = site.worker()
    sent = before | sender.sent
    settle(site.oracle, len(sent), 60).check(sent, once=site.once)
    assert worker.end() == 0
    return sent


def ended(worker: Worker) -> tuple[int, str]:
    return worker.process.wait(60), worker.log.read_text().strip().rpartition("\n")[2]


async def _admin(brokers: str, ask) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    await ask(admin)
    await admin.close()


async def _truncate(admin: AIOKafkaAdminClient, changelog: str, ends: dict[int, int]) -> None:
    """Delete the older half of a topic, which its policy does not allow as it is."""
    resource_ = ConfigResource(ConfigResourceType.TOPIC, changelog, {"cleanup.policy": "delete"})
    await admin.alter_configs([resource_])
    await admin.delete_records({TopicPartition(changelog, n): RecordsToDelete(end // 2) for n, end in ends.items()})


def test_a_changelog_that_is_cut_spoiled_and_lost(site: Site, figures: Figures) -> None:
    before, changelog, oracle = remember(site), f"{site.name}-dedup-changelog", Oracle(site.brokers, "")
    ends = Counter(record.partition for record in oracle.read(changelog))
    asyncio.run(_admin(site.brokers, lambda admin: _truncate(admin, changelog, ends)))
    sent = go_on(site, before.sent, first=1000)
    (remembered,) = re.findall(r"(\d+) items remembered", site.workers[-1].log.read_text())
    assert 0 < int(remembered) < sum(ends.values()) - 100

    oracle.append(changelog, b"\xffspoiled", key=b"12345678")
    code, words = ended(site.worker())
    assert code == 70
    assert "delete the topic and run `streams topics create`" in words

    asyncio.run(_admin(site.brokers, lambda admin: admin.delete_topics([changelog])))
    code, words = ended(site.worker())
    assert code == 1
    assert f"topics are missing: {changelog}; run `streams topics create`" in words
    assert site.run("topics", "create").returncode == 0
    sent = go_on(site, sent, first=1500)
    figures |= {"faults": 3, "items": len(sent)}


def test_the_worker_keeps_nothing_on_its_disk(site: Site, figures: Figures) -> None:
    """A file where the state folder should be is left alone, and a full disk costs log lines only."""
    (site.folder / "state").write_text("in the way")
    worker = site.worker()
    worker.wait_ready()
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (0, 0))
    sender = Sender(site, load(500), seconds=1)
    with sender.running():
        pass
    settle(site.oracle, 500, 60).check(sender.sent, once=True)
    figures |= {"items": len(sender.sent), "emitted again": 0}
    site.wait_committed()
    assert worker.end() == 0
    assert (site.folder / "state").read_text() == "in the way"
