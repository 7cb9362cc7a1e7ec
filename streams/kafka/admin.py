"""The topics of the catalogue on a cluster: make what is missing, say what differs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, TopicAuthorizationFailedError, for_code

from streams import routing, topics
from streams.errors import CommandFailed
from streams.kafka import client
from streams.settings import Settings
from streams.topics import Topic

_SET_FOR_TOPIC = 1  # DYNAMIC_TOPIC_CONFIG of org.apache.kafka.clients.admin.ConfigEntry.ConfigSource

State = Literal["created", "exists", "differs", "missing"]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one topic of the catalogue stands on the cluster; `problem` says what is wrong and how to mend it."""

    topic: str
    state: State
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Actual:
    """What a topic is like on the cluster: every configuration, and the part of it that was set for this topic."""

    partitions: int
    replicas: int
    config: dict[str, str | None]
    overrides: dict[str, str]


def catalogue(settings: Settings) -> list[Topic]:
    """Return every topic of the settings, those of the routes file included."""
    return topics.catalogue(settings, routing.load(settings.routes_file, settings.topic_prefix).topics())


async def create(settings: Settings) -> list[Finding]:
    """Make the topics that are missing and return how each one stands; topics that exist are never changed."""
    async with client.admin(settings) as admin:
        wanted = catalogue(settings)
        there = await describe(admin, wanted)
        missing = [topic for topic in wanted if topic.name not in there]
        await make(admin, missing, settings.replication)
    created = [Finding(topic.name, "created") for topic in missing]
    return [*created, *_compare(wanted, there)]


async def inspect(settings: Settings) -> list[Finding]:
    """Return how each topic of the catalogue stands on the cluster, changing nothing."""
    async with client.admin(settings) as admin:
        wanted = catalogue(settings)
        there = await describe(admin, wanted)
    missing = [topic.name for topic in wanted if topic.name not in there]
    findings = [Finding(name, "missing", "it does not exist: run `streams topics create`") for name in missing]
    return [*findings, *_compare(wanted, there)]


def run_create(settings: Settings, say: Callable[[str], None]) -> int:
    """Make the missing topics and report each; exit code 1 when one that exists is not as it should be."""
    return _report(client.run(create(settings)), say)


def run_check(settings: Settings, say: Callable[[str], None]) -> int:
    """Report how each topic stands; exit code 1 when one is missing or wrong."""
    return _report(client.run(inspect(settings)), say)


def _report(findings: list[Finding], say: Callable[[str], None]) -> int:
    width = max(len(finding.topic) for finding in findings)
    for finding in findings:
        say(f"{finding.topic:{width}}  {finding.state:7}  {finding.problem}".rstrip())
    return int(any(finding.problem for finding in findings))


async def make(admin: AIOKafkaAdminClient, missing: list[Topic], replication: int) -> None:
    """Make topics; CommandFailed when the brokers refuse one."""
    if not missing:
        return
    new = [NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.config) for topic in missing]
    response = await admin.create_topics(new)
    for name, code, *detail in response.topic_errors:
        # Two workers may be set up at once: then the other one has made the topic.
        if code not in (0, TopicAlreadyExistsError.errno):
            unseen = "if it is there, this user may not see it: `streams acls operator` shows what is needed"
            hint = f" ({unseen})" if code == TopicAuthorizationFailedError.errno else ""
            raise CommandFailed(
                f"topic {name} cannot be made: {' '.join(filter(None, detail)) or for_code(code)}{hint}"
            )


async def describe(admin: AIOKafkaAdminClient, wanted: list[Topic]) -> dict[str, Actual]:
    """Return what those of the wanted topics are like that are there."""
    names = set(await admin.list_topics()) & {topic.name for topic in wanted}
    if not names:
        return {}
    described = await admin.describe_topics(sorted(names))
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in sorted(names)]
    entries: dict[str, list[Any]] = {
        name: found
        for response in await admin.describe_configs(resources)
        for _, _, _, name, found in response.resources
    }
    return {one["topic"]: _actual(one["partitions"], entries.get(one["topic"], [])) for one in described}


def _actual(partitions: list[dict[str, Any]], entries: list[Any]) -> Actual:
    config = {name: value for name, value, *_ in entries}
    overrides = {name: value for name, value, _, source, *_ in entries if source == _SET_FOR_TOPIC}
    return Actual(len(partitions), min(len(one["replicas"]) for one in partitions), config, overrides)


def _compare(wanted: list[Topic], there: dict[str, Actual]) -> list[Finding]:
    problems = {topic.name: _problem(topic, there[topic.name]) for topic in wanted if topic.name in there}
    return [Finding(name, "differs" if problem else "exists", problem) for name, problem in problems.items()]


def _problem(topic: Topic, actual: Actual) -> str:
    if actual.partitions != topic.partitions:
        return (
            f"{actual.partitions} partitions, not {topic.partitions}: "
            f"set STREAMS_PARTITIONS={actual.partitions}, or delete what differs and run `streams topics create`"
        )
    for key in ("cleanup.policy", "max.message.bytes"):
        value = actual.config.get(key)
        if key in topic.config and value is not None and not _suffices(key, value, topic.config[key]):
            return f"{key}={value}, not {topic.config[key]}: see `streams topics plan`"
    return ""


def _suffices(key: str, value: str, wanted: str) -> bool:
    return int(value) >= int(wanted) if key == "max.message.bytes" else value == wanted
