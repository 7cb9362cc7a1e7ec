"""Every role of `streams acls` on a real broker: each does its whole work with what it is allowed, and nothing else."""

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from processes import Site
from secured import Secured, allow, secured_site

from streams.kafka.acls import Permission, Role
from streams.kafka.broker import free_port

ITEM = json.dumps({"text": "Two villages near the river were shelled overnight, the governor said."}).encode()


@pytest.fixture
def site(secured: Secured, tmp_path: Path) -> Iterator[Site]:
    yield from secured_site(secured, tmp_path)


def as_user(site: Site, secured: Secured, role: Role, *changed: Permission, without: str = " ") -> Site:
    """Return the same application as a user of a role sees it."""
    allow(site, role, role, *changed, without=without)
    return replace(site, more=secured.over_oauth(role))


def done_item(site: Site) -> None:
    """Let a worker make an event of one item, and end it."""
    site.oracle.send([ITEM])
    worker = site.worker()
    site.oracle.outcomes(1)
    site.wait_committed()
    assert worker.end() == 0


def answer(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as page:
        return bytes(page.read())


def test_producers_write_and_readers_and_feeds_read(site: Site, secured: Secured) -> None:
    producer, reader = (as_user(site, secured, role) for role in ("producer", "reader"))
    assert producer.run("produce", "-", given=ITEM).returncode == 0
    assert b"may write to no topic" in reader.run("produce", "-", given=ITEM).stderr
    site.worker()
    site.oracle.outcomes(1)
    assert reader.run("tail", "--from-beginning", "--count", "1").stdout.count(b"\n") == 1
    refused = producer.run("tail", "--from-beginning", "--count", "1")
    assert refused.returncode == 1
    assert b"or this user may not see it" in refused.stderr
    reader.more["STREAMS_FEED_PORT"] = str(port := free_port())
    feed = reader.service("feed")
    feed.wait_ready()
    assert len(json.loads(answer(port, "/events.json"))["events"]) == 1
    assert feed.end() == 0


def test_a_feed_that_may_not_read_ends_with_the_reason(site: Site, secured: Secured) -> None:
    running = as_user(site, secured, "reader", without="news.enriched").service("feed")
    assert running.process.wait(60) == 1
    assert "or this user may not see it" in running.log.read_text()


def test_a_worker_may_do_it_exactly_once(site: Site, secured: Secured) -> None:
    site.more["STREAMS_DELIVERY"] = "exactly-once"
    once = as_user(site, secured, "worker")
    once.more["STREAMS_DELIVERY"] = "exactly-once"
    done_item(once)


def test_a_worker_that_may_not_begin_transactions_ends_with_the_reason(site: Site, secured: Secured) -> None:
    once = as_user(site, secured, "worker")
    once.more["STREAMS_DELIVERY"] = "exactly-once"
    site.oracle.send([ITEM])
    worker = once.worker()
    assert worker.process.wait(60) == 70
    assert "TransactionalIdAuthorizationFailed" in worker.log.read_text().splitlines()[-1]


def test_an_operator_makes_topics_and_replays(secured: Secured, tmp_path: Path) -> None:
    site = Site(secured.broker.address, tmp_path)
    operator = as_user(site, secured, "operator")
    created = operator.run("topics", "create")
    assert created.returncode == 0, created.stdout
    assert operator.run("topics", "check").returncode == 0
    assert operator.run("topics", "plan").stdout == b"the topics are as they should be\n"
    operator.more["STREAMS_PARTITIONS"] = "5"
    assert f"done    {site.name}.news.raw ".encode() in operator.run("topics", "plan", "--apply").stdout
    assert operator.run("dead-letters", "list").returncode == 0
    replayed = operator.run("replay", "--from-offset", "0")
    assert replayed.returncode == 0, replayed.stderr
    assert operator.run("acls", "worker", "--apply").returncode == 1


def test_who_is_no_operator_is_told_what_a_plan_takes(site: Site, secured: Secured) -> None:
    worker = as_user(site, secured, "worker")
    shown = worker.run("topics", "plan").stdout.decode()
    assert {line.split()[0] for line in shown.splitlines()} == {"cannot"}
    assert shown.count("this user may not see how it is configured: `streams acls operator`") == shown.count("\n")
    worker.more["STREAMS_PARTITIONS"] = "5"
    refused = worker.run("topics", "plan", "--apply")
    assert (refused.returncode, b"Authorization" in refused.stderr) == (1, True)
    worker.more["STREAMS_TOPIC_PREFIX"] = f"{site.name}.elsewhere."
    refused = worker.run("topics", "create")
    assert (refused.returncode, b"cannot be made" in refused.stderr) == (1, True)


def test_replays_backups_and_restores_need_no_operator(site: Site, secured: Secured) -> None:
    done_item(site)
    user = as_user(site, secured, "replay")
    replayed = user.run("replay", "--from-offset", "0")
    assert b"1 sent, 1 acknowledged" in replayed.stderr, replayed.stderr
    enriched = user.run("replay", "--re-enrich", "--from-offset", "0")
    assert b"1 events read" in enriched.stderr, enriched.stderr
    assert user.run("dead-letters", "list").returncode == 1
    assert b"if it is there, this user may not see it" in user.run("topics", "create").stderr

    user, folder = as_user(site, secured, "backup"), site.folder / "backup"
    done = user.run("backup", str(folder))
    assert done.returncode == 0, done.stderr
    assert user.run("produce", "-", given=ITEM).returncode == 1

    other = Site(site.brokers, site.folder)
    assert other.run("topics", "create").returncode == 0
    user = as_user(other, secured, "restore")
    done = user.run("restore", str(folder))
    assert done.returncode == 0, done.stderr
    assert len(other.oracle.read("news.enriched")) == 1
    assert other.oracle.lag(other.name) == 1, "what was sent again waits for a worker here as it did there"
    assert user.run("backup", str(site.folder / "another")).returncode == 1


def test_a_renewed_token_is_used_when_the_old_one_ends(site: Site, secured: Secured) -> None:
    user, ends = as_user(site, secured, "worker"), time.monotonic() + 12
    secured.over_oauth("worker", 12)
    worker = user.worker()
    worker.wait_ready()
    secured.over_oauth("worker")
    time.sleep(max(0.0, ends + 1 - time.monotonic()))  # the broker ends each connection whose token is over
    site.oracle.send([ITEM] * 5)
    assert len(site.oracle.outcomes(5)) == 5
    assert worker.end() == 0
