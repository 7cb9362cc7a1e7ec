"""Permissions: what each role gets, and the table that tells it."""

import re
from pathlib import Path

import pytest

from streams.cli import streams
from streams.kafka import acls
from streams.settings import Settings

PAGE = Path(__file__).resolve().parent.parent.parent.parent / "docs" / "security.md"


def test_nobody_but_the_worker_writes_what_a_worker_believes() -> None:
    for role in ("producer", "reader"):
        for permission in acls.permissions(Settings(), role, "u"):
            assert permission.name not in {"news.items", "streams-dedup-changelog"}


def test_a_worker_cannot_make_or_change_topics() -> None:
    operations = {one for permission in acls.permissions(Settings(), "worker", "u") for one in permission.operations}
    assert operations == {"Read", "Write", "Describe"}


def test_a_worker_may_begin_transactions_when_it_has_to() -> None:
    once = Settings(delivery="exactly-once", topic_prefix="acme.")
    (extra,) = set(acls.permissions(once, "worker", "u")) - set(
        acls.permissions(Settings(topic_prefix="acme."), "worker", "u")
    )
    assert extra == acls.Permission("transactional-id", "streams-acme.news.", ("Write", "Describe"), prefixed=True)


def test_the_commands_are_those_of_kafka() -> None:
    group = acls.permissions(Settings(topic_prefix="acme."), "reader", "map")[-1]
    assert group.command("map") == (
        'kafka-acls.sh --bootstrap-server "$BROKERS" --command-config admin.properties --add '
        "--allow-principal 'User:map' --operation Read --group 'map' --resource-pattern-type prefixed"
    )


def test_the_command_knows_every_role() -> None:
    [roles] = [one.type for one in streams.commands["acls"].params if one.name == "role"]
    assert set(roles.choices) == set(acls.ROLES)


@pytest.mark.parametrize("role", acls.ROLES)
def test_the_page_tells_every_permission(role: acls.Role) -> None:
    rows = re.findall(r"^\|(.*?)\|(.*?)\|(.*?)\|.*\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told: dict[str, str] = {}
    owner = ""
    for first, names, operations in rows:
        owner = first.strip() or owner
        if owner == f"`{role}`":
            told |= dict.fromkeys(re.findall(r"`([^`]+)`", names.partition("(")[0]), operations.strip())
    for permission in acls.permissions(Settings(), role, "u"):
        routed = permission.name.startswith(("news.conflict.", "news.country."))
        if permission.resource == "topic" and not routed:
            assert told.pop(permission.name) == ", ".join(permission.operations)
    assert told == {}
