"""Alerts on a real broker: kill -9 neither repeats nor drops one, a second process stands by, failures are kept."""

import asyncio
import json
import random
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaProducer
from hooks import Hooks, receiving
from oracle import Oracle, header
from processes import Site, Worker
from standardwebhooks import Webhook

SECRET, OLD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_T2xkU2VjcmV0T2xkU2VjcmV0T2xkU2VjcmV0"
RULE = 'name = "sudan"\nwhen = "each"\nfilter = { conflict = "sudan" }\nreceivers = ["desk"]\n'


def event(number: int, **changes: object) -> dict:
    """Return an event as it stands in news.enriched, written by hand."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {
        "schema": "news.event/1", "id": f"e{number}", "item_id": f"i{number}", "story_id": f"s{number}",
        "status": "new", "duplicate": None, "revision": 1, "title": f"Strike {number} on El Fasher", "text": "",
        "url": "https://wire.example/1", "source": {"name": "Wire", "domain": "wire.example"}, "language": "en",
        "published_at": now, "received_at": now, "emitted_at": now,
        "conflicts": [{"id": "sudan", "name": "Sudan war", "ucdp_conflict_id": 309, "wikidata": None, "score": 0.9,
                       "evidence": []}],
        "places": [], "countries": [{"code": "SD", "score": 1.0}],
        "provenance": {"pipeline": "1", "registry": "1", "gazetteer": "1", "backfill": False,
                       "origin": {"topic": "news.raw", "partition": 0, "offset": number}},
    } | changes  # fmt: skip


async def _publish(site: Site, events: list[dict], topic: str, pause: float) -> None:
    async with AIOKafkaProducer(bootstrap_servers=site.brokers, acks="all") as producer:
        for one in events:
            await producer.send_and_wait(f"{site.name}.{topic}", json.dumps(one).encode(), one["story_id"].encode())
            await asyncio.sleep(pause)


def publish(site: Site, *events: dict, topic: str = "news.enriched", pause: float = 0) -> None:
    asyncio.run(_publish(site, list(events), topic, pause))


def rules(site: Site, hooks: Hooks, rule: str = RULE) -> None:
    path = site.folder / "rules.toml"
    path.write_text(
        f'[[receiver]]\nname = "desk"\nkind = "webhook"\nurl = "{hooks.url}"\nprivate = true\nrate = 6000\n'
        f'secrets = ["{SECRET}", "{OLD_SECRET}"]\n[[rule]]\n{rule}',
        encoding="utf-8",
    )
    site.more["STREAMS_ALERTS_FILE"] = str(path)


def run(site: Site) -> Worker:
    return site.service("alerts", "run")


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    assert condition()


def published(site: Site, topic: str = "news.alerts") -> list:
    return Oracle(site.brokers, f"{site.name}.", "read_committed").read(topic)


def test_an_alert_is_published_then_delivered_signed(site: Site) -> None:
    with receiving() as hooks:
        rules(site, hooks)
        process = run(site)
        process.wait_ready()
        publish(site, event(1), event(2, conflicts=[]))
        wait_for(lambda: bool(hooks.requests))
        assert process.end(signal.SIGTERM) == 0
    (record,) = published(site)
    assert (header(record, "rule"), header(record, "ce_type")) == ("sudan", "news.alert.v1")
    ((headers, body),) = hooks.requests
    assert headers["webhook-id"] == json.loads(record.value)["id"] == header(record, "ce_id")
    for secret in (SECRET, OLD_SECRET):  # whichever of the two a receiver has
        assert Webhook(secret).verify(body, headers)["data"]["reports"][0]["title"] == "Strike 1 on El Fasher"


def test_changed_rules_and_secrets_are_in_force_without_a_restart(site: Site) -> None:
    new = "whsec_bmV3IHNlY3JldCBuZXcgc2VjcmV0IG5ldyE="
    with receiving() as hooks:
        rules(site, hooks)
        path, secret = site.folder / "rules.toml", site.folder / "secret"
        path.write_text(path.read_text().replace(f'"{SECRET}", "{OLD_SECRET}"', '"file:secret"'))
        secret.write_text(SECRET)
        process = run(site)
        process.wait_ready()
        publish(site, event(1))
        wait_for(lambda: len(hooks.requests) == 1)
        path.write_text(path.read_text() + "[[rule]]\nname = 1\n")
        wait_for(lambda: f"{path}:" in process.log.read_text())
        publish(site, event(2))
        wait_for(lambda: len(hooks.requests) == 2)
        path.write_text(path.read_text().replace("[[rule]]\nname = 1\n", "").replace('"sudan"', '"darfur"', 1))
        secret.write_text(new)
        wait_for(lambda: process.log.read_text().count("leading;") == 2)
        publish(site, event(3))
        wait_for(lambda: len(hooks.requests) == 3)
        process.wait_ready()
        assert process.end() == 0
    for (headers, body), key in zip(hooks.requests, (SECRET, SECRET, new), strict=True):
        Webhook(key).verify(body, headers)
    assert "file:secret" not in process.log.read_text()
    assert [header(record, "rule") for record in published(site)] == ["sudan", "sudan", "darfur"]


def test_kill_9_neither_repeats_nor_drops_an_alert(site: Site) -> None:
    seed = random.randrange(1 << 30)
    chance, count, kills = random.Random(seed), 100, 3
    with receiving() as hooks:
        rules(site, hooks)
        site.more["STREAMS_INSTANCE_ID"] = "one"  # a restarted process goes on at once
        process = run(site)
        process.wait_ready()
        feeder = asyncio.new_event_loop()
        sending = feeder.run_in_executor(None, lambda: publish(site, *map(event, range(count)), pause=0.05))
        for _ in range(kills):
            time.sleep(chance.uniform(0.5, 2.0))
            process.end(signal.SIGKILL)
            process = run(site)
            process.wait_ready()
        feeder.run_until_complete(sending)
        feeder.close()
        wait_for(lambda: len(set(hooks.ids)) == count, 60)
        process.end()
    told = [json.loads(record.value)["reports"][0]["event_id"] for record in published(site)]
    assert sorted(told) == sorted(f"e{number}" for number in range(count)), f"seed {seed}"
    repeated = len(hooks.ids) - len(set(hooks.ids))
    assert repeated <= kills, f"seed {seed}: only an attempt whose answer was lost is made again"


def test_what_is_held_and_what_is_owed_survives_kill_9(site: Site) -> None:
    with receiving(lambda number: 503 if number == 0 else 204) as hooks:
        rules(site, hooks)
        site.more["STREAMS_INSTANCE_ID"] = "one"
        process = run(site)
        process.wait_ready()
        publish(site, event(1))
        wait_for(lambda: len(hooks.requests) == 1)
        time.sleep(2)  # it is in the journal a moment after it was made; the next one is due after five seconds
        process.end(signal.SIGKILL)
        process = run(site)
        wait_for(lambda: len(hooks.requests) == 2)
        assert hooks.ids[0] == hooks.ids[1]
        assert "attempt 2" in (wait_log(process, "attempt"))
        process.end()


def wait_log(process: Worker, words: str) -> str:
    wait_for(lambda: words in process.log.read_text())
    return process.log.read_text()


def test_a_second_process_stands_by_and_takes_over(site: Site) -> None:
    with receiving() as hooks:
        rules(site, hooks)
        first = run(site)
        wait_log(first, "leading;")
        second = run(site)
        wait_log(second, "standing by")
        publish(site, event(1))
        wait_for(lambda: len(hooks.requests) == 1)
        assert "leading;" not in second.log.read_text()
        first.end(signal.SIGKILL)
        wait_log(second, "leading;")
        publish(site, event(2))
        wait_for(lambda: len(hooks.requests) == 2)
        second.end()
    assert len(published(site)) == 2


def test_a_receiver_that_is_gone_gets_nothing_more(site: Site) -> None:
    with receiving(lambda number: 410) as hooks:
        rules(site, hooks)
        process = run(site)
        process.wait_ready()
        publish(site, event(1))
        wait_log(process, "given up")
        publish(site, event(2))
        wait_for(lambda: len(published(site, "news.alerts.dead-letters")) == 2)
        process.end()
        again = run(site)
        again.wait_ready()
        publish(site, event(3))
        wait_for(lambda: len(published(site, "news.alerts.dead-letters")) == 3)
        again.end()
        assert len(hooks.requests) == 1
    with receiving() as moved:
        rules(site, moved)
        run(site)
        publish(site, event(4))
        wait_for(lambda: len(moved.requests) == 1)
    letters = published(site, "news.alerts.dead-letters")
    assert {(header(one, "dlq-reason"), header(one, "dlq-receiver")) for one in letters} == {("gone", "desk")}


def test_copies_count_as_publishers_and_bad_records_are_passed_over(site: Site) -> None:
    rule = 'name = "wide"\nwhen = "sources"\nat_least = 2\nfilter = { conflict = "sudan" }\nreceivers = ["desk"]\n'
    copy = {"status": "duplicate", "story_id": "s1", "source": {"name": None, "domain": "other.example"},
            "duplicate": {"kind": "exact", "of": "i1", "similarity": 1.0}}  # fmt: skip
    with receiving() as hooks:
        rules(site, hooks, rule)
        process = run(site)
        process.wait_ready()
        publish(site, event(1), {"story_id": "no event"})
        publish(site, event(2, **copy), topic="news.duplicates")
        wait_for(lambda: bool(hooks.requests))
        process.end()
    assert hooks.alerts[0]["sources"] == 2


def ago(seconds: float) -> dict[str, str]:
    then = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    return {"published_at": then, "received_at": then, "emitted_at": then}


def test_a_silence_is_seen_by_the_clock_and_ends(site: Site) -> None:
    rule = (
        'name = "wire"\nwhen = "silence"\nwithin = "1m"\nfilter = { source = "wire.example" }\nreceivers = ["desk"]\n'
    )
    with receiving() as hooks:
        rules(site, hooks, rule)
        publish(site, event(1, **ago(57)))
        process = run(site)
        wait_for(lambda: len(hooks.requests) == 1)
        publish(site, event(2))
        wait_for(lambda: len(hooks.requests) == 2)
        process.end()
    assert [alert["status"] for alert in hooks.alerts] == ["firing", "resolved"]


def test_the_first_start_learns_from_what_is_in_the_topics(site: Site) -> None:
    rule = 'name = "front"\nwhen = "first"\nwithin = "3d"\nfilter = { conflict = "sudan" }\nreceivers = ["desk"]\n'
    with receiving() as hooks:
        rules(site, hooks, rule)
        publish(
            site, event(1, **ago(4 * 86400 - 60)), event(2, **ago(2 * 86400), countries=[{"code": "TD", "score": 1}])
        )
        process = run(site)
        wait_log(process, "leading;")
        publish(site, event(3), event(4, countries=[{"code": "TD", "score": 1.0}]))
        wait_for(lambda: bool(hooks.requests))
        time.sleep(1)
        process.end()
    assert [alert["group"] for alert in hooks.alerts] == [{"conflict": "sudan", "country": "SD"}]


def test_rules_are_tried_on_what_is_in_the_topics(site: Site) -> None:
    with receiving() as hooks:
        rules(site, hooks)
        publish(site, event(1), event(2, conflicts=[]))
        done = site.run("alerts", "test", "--since", "1h", "--rest")
        assert done.returncode == 0, done.stderr
        assert b"desk  <-  Warning: sudan: Strike 1 on El Fasher" in done.stdout
        assert b"sudan: not what the filter asks for: Strike 2 on El Fasher" in done.stdout
        assert hooks.requests == []
    assert published(site) == []


def test_a_missing_topic_is_said(site: Site) -> None:
    with receiving() as hooks:
        rules(site, hooks)
        site.more["STREAMS_APP_ID"] = "nobody"
        failed = site.run("alerts", "run", "--metrics-port", "0")
    assert failed.returncode == 1
    assert b"topics are missing: nobody-alerts-state; run `streams topics create`" in failed.stderr
