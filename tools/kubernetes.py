"""Write the parts of deploy/kubernetes/ that follow from the code: topics, users, rules. `make kubernetes`."""

from pathlib import Path
from typing import Any

import yaml

from streams.kafka import acls, admin
from streams.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "deploy" / "kubernetes" / "components"
SETTINGS = Settings(partitions=8, replication=3)
_CLUSTER = {"strimzi.io/cluster": "kafka"}
_ROLES: dict[str, acls.Role] = {
    "worker": "worker", "feed": "reader", "alerts": "alerts", "operator": "operator", "producer": "producer",
}  # fmt: skip
_TYPES = {"transactional-id": "transactionalId"}


def topics() -> list[dict[str, Any]]:
    """Return a KafkaTopic for each topic of the catalogue."""
    return [
        {
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaTopic",
            "metadata": {"name": topic.name, "labels": _CLUSTER},
            "spec": {
                "topicName": topic.name,
                "partitions": topic.partitions,
                "replicas": SETTINGS.replication,
                "config": {name: int(value) if value.isdigit() else value for name, value in topic.config.items()},
            },
        }
        for topic in admin.catalogue(SETTINGS)
    ]


def users() -> list[dict[str, Any]]:
    """Return a KafkaUser for each role, with a password and the least permissions."""
    return [
        {
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaUser",
            "metadata": {"name": f"streams-{name}", "labels": _CLUSTER},
            "spec": {
                "authentication": {"type": "scram-sha-512"},
                "authorization": {
                    "type": "simple",
                    "acls": [_acl(one) for one in acls.permissions(SETTINGS, role, f"streams-{name}")],
                },
            },
        }
        for name, role in _ROLES.items()
    ]


def _acl(permission: acls.Permission) -> dict[str, Any]:
    pattern = "prefix" if permission.prefixed else "literal"
    kind = _TYPES.get(permission.resource, permission.resource)
    return {
        "resource": {"type": kind, "name": permission.name, "patternType": pattern},
        "operations": list(permission.operations),
    }


def rules() -> list[dict[str, Any]]:
    """Return the rules of Prometheus as the Prometheus operator reads them."""
    spec = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text(encoding="utf-8"))
    rule = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": {"name": "streams"}}
    return [rule | {"spec": spec}]


def documents() -> dict[str, str]:
    """Return file name → content of everything that is made."""
    made = {"strimzi/topics.yaml": topics(), "strimzi/users.yaml": users(), "monitoring/rules.yaml": rules()}
    return {
        name: "# Made by `make kubernetes`.\n---\n"
        + "---\n".join(yaml.safe_dump(one, sort_keys=False, width=120) for one in several)
        for name, several in made.items()
    }


if __name__ == "__main__":
    for file, text in documents().items():
        (FOLDER / file).write_text(text, encoding="utf-8")
