"""What it takes to make the topics of a cluster what they should be, and doing it as far as nothing is lost by it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from streams.errors import CommandFailed
from streams.kafka import admin, client
from streams.kafka.admin import Actual
from streams.settings import Settings
from streams.topics import Topic

Kind = Literal["create", "add", "force", "cannot"]
_RIGHTS = "`streams acls operator` shows what is needed"
_GROWING = ("retention.ms", "max.message.bytes", "min.insync.replicas")
_LOSSES = {
    "retention.ms": "what is older is deleted",
    "max.message.bytes": "larger records are refused",
    "min.insync.replicas": "fewer replicas have what is acknowledged",
    "cleanup.policy": "records are deleted by another rule",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `add` loses nothing, `force` may, `cannot` is beyond this command; `key` is what is changed."""

    kind: Kind
    topic: Topic
    key: str
    text: str


def changes(wanted: list[Topic], there: dict[str, Actual], replication: int) -> list[Change]:
    """Return every difference between the catalogue and the cluster, topic by topic."""
    found = []
    for topic in wanted:
        if topic.name in there:
            found += list(_differences(topic, there[topic.name], replication))
        else:
            text = f"{topic.partitions} partitions, {replication} replicas: {topic.meaning}"
            found.append(Change("create", topic, "", text))
    return found


def _differences(topic: Topic, actual: Actual, replication: int) -> Iterator[Change]:
    if actual.partitions != topic.partitions:
        yield _partitions(topic, actual.partitions)
    if actual.replicas < replication:
        text = f"{actual.replicas} replicas, not {replication}: kafka-reassign-partitions.sh adds some"
        yield Change("cannot", topic, "replicas", text)
    if not actual.config:
        yield Change("cannot", topic, "config", f"this user may not see how it is configured: {_RIGHTS}")
        return
    for key, value in topic.config.items():
        has = actual.config.get(key) or ""
        if has != value:
            loss = _loss(key, has, value, actual.replicas)
            text = f"{key} {has or '(unset)'} → {value}{f': {loss}' if loss else ''}"
            yield Change("force" if loss else "add", topic, key, text)


def _partitions(topic: Topic, has: int) -> Change:
    text = f"{has} partitions, not {topic.partitions}"
    if topic.partitions < has:
        return Change("cannot", topic, "partitions", f"{text}: Kafka takes none away; set STREAMS_PARTITIONS={has}")
    if topic.keyed:
        why = "its keys would move; drain it, stop the workers, delete it and run `streams topics create`"
        return Change("cannot", topic, "partitions", f"{text}: {why}, or set STREAMS_PARTITIONS={has}")
    return Change("add", topic, "partitions", text)


def _loss(key: str, has: str, value: str, replicas: int) -> str:
    """Return what is lost by a change of configuration, nothing when it only adds."""
    if key == "min.insync.replicas" and int(value) >= max(2, replicas):
        return "writing stops as soon as one replica is away"
    grows = key in _GROWING and has.lstrip("-").isdigit() and 0 <= int(has) <= int(value)
    return "" if grows else _LOSSES[key]


async def plan(settings: Settings, *, apply: bool, force: bool) -> tuple[list[Change], list[Change]]:
    """Return the changes that were made and those that were not, making only additive ones without `force`."""
    async with client.admin(settings) as connected:
        wanted = admin.catalogue(settings)
        there = await admin.describe(connected, wanted)
        found = changes(wanted, there, settings.replication)
        kinds = ("create", "add", "force") if force else ("create", "add")
        made = [change for change in found if apply and change.kind in kinds]
        await admin.make(connected, [change.topic for change in made if change.kind == "create"], settings.replication)
        await _grow(connected, [change.topic for change in made if change.key == "partitions"])
        await _configure(connected, there, [change for change in made if change.key in change.topic.config])
    return made, [change for change in found if change not in made]


async def _grow(connected: AIOKafkaAdminClient, topics: list[Topic]) -> None:
    if topics:
        await connected.create_partitions({topic.name: NewPartitions(topic.partitions) for topic in topics})


async def _configure(connected: AIOKafkaAdminClient, there: dict[str, Actual], made: list[Change]) -> None:
    """Set configurations. This request of Kafka replaces all that was set for a topic: what was there goes along."""
    new = {change.topic.name: dict(there[change.topic.name].overrides) for change in made}
    for change in made:
        new[change.topic.name][change.key] = change.topic.config[change.key]
    resources = [ConfigResource(ConfigResourceType.TOPIC, name, configs) for name, configs in new.items()]
    for response in await connected.alter_configs(resources) if resources else ():
        for code, message, _, name in response.resources:
            if code:
                raise CommandFailed(f"topic {name} cannot be changed: {message or for_code(code)}")


def run(settings: Settings, apply: bool, force: bool, say: Callable[[str], None]) -> int:
    """Show the differences, make those that may be made, and return 1 when some remain."""
    made, left = client.run(plan(settings, apply=apply, force=force))
    width = max((len(change.topic.name) for change in [*made, *left]), default=0)
    for change in [*made, *left]:
        state = "done" if change in made else change.kind
        say(f"{state:6}  {change.topic.name:{width}}  {change.text}")
    if not made and not left:
        say("the topics are as they should be")
    return int(bool(left))
