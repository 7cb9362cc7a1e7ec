"""Who may do what on the cluster: the least that each kind of user needs, to be shown or to be set."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final, Literal, get_args

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest

from streams import topics
from streams.errors import CommandFailed
from streams.kafka import admin, client
from streams.settings import Settings

Role = Literal["worker", "alerts", "producer", "reader", "operator", "replay", "backup", "restore"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
# Codes of Kafka's protocol: org.apache.kafka.common.acl.AclOperation, .resource.ResourceType, .PatternType.
_OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Alter": 7, "Describe": 8, "DescribeConfigs": 10, "AlterConfigs": 11}
_RESOURCES = {"topic": 2, "group": 3, "transactional-id": 5}
_LITERAL, _PREFIXED, _ALLOW = 3, 4, 3


@dataclass(frozen=True, slots=True)
class Permission:
    """What a user may do with a topic, group or transactional id of that name, or with all whose names begin so."""

    resource: Literal["topic", "group", "transactional-id"]
    name: str
    operations: tuple[str, ...]
    prefixed: bool = False

    def command(self, user: str) -> str:
        """Return the command of Kafka's own tools that allows it to a user."""
        operations = " ".join(f"--operation {operation}" for operation in self.operations)
        pattern = " --resource-pattern-type prefixed" if self.prefixed else ""
        return (
            'kafka-acls.sh --bootstrap-server "$BROKERS" --command-config admin.properties --add '
            f"--allow-principal 'User:{user}' {operations} --{self.resource} '{self.name}'{pattern}"
        )


def permissions(settings: Settings, role: Role, user: str) -> list[Permission]:
    """Return what a user of a role needs, with the topics and the group of these settings."""
    names = topics.names(settings)
    roles: dict[Role, Callable[[], list[Permission]]] = {
        "worker": lambda: _worker(settings, names),
        "alerts": lambda: _alerts(settings, names),
        "producer": lambda: [Permission("topic", names.raw, ("Write",))],
        "reader": lambda: _reader(settings, names, user),
        "operator": lambda: _operator(settings),
        "replay": lambda: _replay(settings, names),
        "backup": lambda: _backup(settings, names),
        "restore": lambda: _restore(settings, names),
    }
    return roles[role]()


def _reader(settings: Settings, names: topics.Names, user: str) -> list[Permission]:
    read = [topic.name for topic in admin.catalogue(settings) if topic.name not in _inner(names)]
    return [*(Permission("topic", name, ("Read",)) for name in read), Permission("group", user, ("Read",), True)]


def _inner(names: topics.Names) -> set[str]:
    return {names.raw, names.items, names.dead_letters, names.changelog, names.alert_failures, names.alert_state}


def _worker(settings: Settings, names: topics.Names) -> list[Permission]:
    may: dict[str, tuple[str, ...]] = {
        names.raw: ("Read",),
        names.items: ("Read", "Write"),
        names.changelog: ("Read", "Write"),
        # It looks whether all topics are there before it begins.
        names.alerts: ("Describe",),
        names.alert_failures: ("Describe",),
        names.alert_state: ("Describe",),
    }
    wanted = [topic.name for topic in admin.catalogue(settings)]
    transactions = Permission(
        "transactional-id", f"{settings.app_id}-{names.raw.removesuffix('raw')}", ("Write", "Describe"), True
    )
    return [
        *(Permission("topic", name, may.get(name, ("Write",))) for name in wanted),
        Permission("group", settings.app_id, ("Read",)),
        *([transactions] if settings.delivery == "exactly-once" else []),
    ]


def _alerts(settings: Settings, names: topics.Names) -> list[Permission]:
    may: dict[str, tuple[str, ...]] = {
        names.enriched: ("Read",),
        names.duplicates: ("Read",),
        names.alerts: ("Write",),
        names.alert_failures: ("Write",),
        names.alert_state: ("Read", "Write"),
    }
    return [
        *(Permission("topic", name, operations) for name, operations in may.items()),
        Permission("group", f"{settings.app_id}-alerts", ("Read",), True),
        Permission("transactional-id", f"{settings.app_id}-alerts", ("Write", "Describe")),
    ]


def _operator(settings: Settings) -> list[Permission]:
    shape = ("Create", "Describe", "DescribeConfigs", "Alter", "AlterConfigs")
    return [
        Permission("topic", f"{settings.topic_prefix}news.", (*shape, "Read", "Write"), True),
        Permission("topic", f"{settings.app_id}-", shape, True),
        Permission("group", f"{settings.app_id}-", ("Read",), True),
        Permission("group", settings.app_id, ("Describe",)),  # its lag sets the pace of a replay
    ]


def _replay(settings: Settings, names: topics.Names) -> list[Permission]:
    both, inner = ("Read", "Write"), {*_inner(names), names.duplicates, names.alerts}
    routed = [topic.name for topic in admin.catalogue(settings) if topic.name not in {*inner, names.enriched}]
    return [
        Permission("topic", names.raw, both),
        Permission("topic", names.enriched, both),  # --re-enrich, as are the routed ones
        *(Permission("topic", name, ("Write",)) for name in routed),
        Permission("topic", names.items, ("Describe",)),
        Permission("group", settings.app_id, ("Describe",)),  # its lag sets the pace
    ]


def _backup(settings: Settings, names: topics.Names) -> list[Permission]:
    return [
        *(Permission("topic", name, ("Read",)) for name in asdict(names).values()),
        Permission("group", settings.app_id, ("Describe",)),
    ]


def _restore(settings: Settings, names: topics.Names) -> list[Permission]:
    # Kafka takes commits of offsets only from who may read the topic.
    read = {names.raw, names.items}
    return [
        *(
            Permission("topic", name, ("Read", "Write") if name in read else ("Write",))
            for name in asdict(names).values()
        ),
        Permission("group", settings.app_id, ("Read",)),
    ]


async def allow(settings: Settings, user: str, wanted: list[Permission]) -> None:
    """Set permissions on the cluster; those that are set already stay. CommandFailed when the brokers refuse."""
    async with client.admin(settings) as connected:
        for permission in wanted:
            for operation in permission.operations:
                await _allow(connected, permission, operation, user)


async def _allow(connected: AIOKafkaAdminClient, permission: Permission, operation: str, user: str) -> None:
    request = CreateAclsRequest(
        _RESOURCES[permission.resource], permission.name, _PREFIXED if permission.prefixed else _LITERAL,
        f"User:{user}", "*", _OPERATIONS[operation], _ALLOW,
    )  # fmt: skip
    response = await connected._send_to_controller(request)
    for code, message in response.creation_responses:
        if code:
            raise CommandFailed(
                f"{permission.resource} {permission.name} cannot be allowed: {message or for_code(code)}"
            )


def run(settings: Settings, role: Role, user: str, apply: bool, say: Callable[[str], None]) -> int:
    """Show the commands that allow a user what a role needs, or with `apply` do it."""
    wanted = permissions(settings, role, user)
    if apply:
        client.run(allow(settings, user, wanted))
        say(f"User:{user} may do what a {role} needs: {len(wanted)} topics and groups")
        return 0
    for permission in wanted:
        say(permission.command(user))
    return 0
