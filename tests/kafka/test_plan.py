"""`streams topics plan` on a real broker: what it shows, what it changes, what it leaves alone."""

import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from processes import Site


def with_admin(site: Site, ask: Any) -> Any:
    async def work() -> Any:
        connected = AIOKafkaAdminClient(bootstrap_servers=site.brokers)
        await connected.start()
        try:
            return await ask(connected)
        finally:
            await connected.close()

    return asyncio.run(work())


def settings_of(site: Site, topic: str) -> dict[str, str]:
    resource = ConfigResource(ConfigResourceType.TOPIC, f"{site.name}.{topic}")
    [response] = with_admin(site, lambda connected: connected.describe_configs([resource]))
    return {name: value for name, value, *_ in response.resources[0][4]}


def change(site: Site, topic: str, **configs: str) -> None:
    named = {name.replace("_", "."): value for name, value in configs.items()}
    resource = ConfigResource(ConfigResourceType.TOPIC, f"{site.name}.{topic}", named)
    with_admin(site, lambda connected: connected.alter_configs([resource]))


def partitions(site: Site, topic: str) -> int:
    [found] = with_admin(site, lambda connected: connected.describe_topics([f"{site.name}.{topic}"]))
    return len(found["partitions"])


def lines(site: Site, *options: str) -> tuple[int, list[list[str]]]:
    done = site.run("topics", "plan", *options)
    return done.returncode, [line.split(maxsplit=2) for line in done.stdout.decode().splitlines()]


def test_nothing_to_do_is_said(site: Site) -> None:
    assert site.run("topics", "plan").stdout == b"the topics are as they should be\n"


def test_only_what_loses_nothing_is_changed_without_force(site: Site) -> None:
    month, week = "2592000000", "604800000"
    change(site, "news.enriched", retention_ms=week, segment_ms="77777")
    change(site, "news.raw", retention_ms=month)
    wanted = [
        ["force", f"{site.name}.news.raw", f"retention.ms {month} → {week}: what is older is deleted"],
        ["add", f"{site.name}.news.enriched", f"retention.ms {week} → {month}"],
    ]
    changed_too = [f"{site.name}.news.{name}" for name in ("raw", "enriched")]
    code, shown = lines(site)
    assert code == 1
    assert [line for line in shown if "retention" in line[2]] == wanted
    assert {line[1] for line in shown} == set(changed_too)
    code, shown = lines(site, "--apply")
    assert code == 1
    assert ["done", *wanted[1][1:]] in shown
    assert settings_of(site, "news.enriched")["retention.ms"] == month
    assert settings_of(site, "news.enriched")["segment.ms"] == "77777", "what somebody else has set stays"
    assert settings_of(site, "news.raw")["retention.ms"] == month
    assert lines(site, "--apply", "--force")[0] == 0
    assert settings_of(site, "news.raw")["retention.ms"] == week
    assert lines(site)[0] == 0


def test_another_rule_of_cleaning_is_mended_only_by_force(site: Site) -> None:
    change(site, "news.duplicates", cleanup_policy="compact", retention_ms="604800000")
    code, shown = lines(site, "--apply")
    [[state, name, text]] = [line for line in shown if "cleanup.policy" in line[2]]
    assert (code, state, name) == (1, "force", f"{site.name}.news.duplicates")
    assert text == "cleanup.policy compact → delete: records are deleted by another rule"
    assert settings_of(site, "news.duplicates")["cleanup.policy"] == "compact"
    assert site.run("topics", "check").returncode == 1
    assert lines(site, "--apply", "--force")[0] == 0
    assert settings_of(site, "news.duplicates")["cleanup.policy"] == "delete"


def test_partitions_grow_only_where_keys_may_move(site: Site) -> None:
    site.more["STREAMS_PARTITIONS"] = "6"
    code, shown = lines(site, "--apply", "--force")
    assert code == 1
    states = {name.removeprefix(f"{site.name}."): state for state, name, _ in shown}
    assert states["news.raw"] == states["news.dead-letters"] == "done"
    assert states["news.items"] == states["news.enriched"] == states[f"{site.name}-dedup-changelog"] == "cannot"
    assert [partitions(site, name) for name in ("news.raw", "news.items")] == [6, 4]


def test_missing_topics_are_made(site: Site) -> None:
    site.more["STREAMS_TOPIC_PREFIX"] = f"{site.name}.new."
    code, shown = lines(site)
    assert code == 1
    assert {line[0] for line in shown} == {"create"}
    assert lines(site, "--apply")[0] == 0
    assert site.run("topics", "check").returncode == 0
