"""The catalogue of topics: names, partitions, retention, and what is in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.settings import Settings

RAW_BYTES = 8 << 20
RECORD_BYTES = 9 << 20
_DAY_MS = 86_400_000
# A group is written anew with every event of it: compacted soon, or a restart reads gigabytes of what is no more.
_BRIEF = {"segment.bytes": str(16 << 20), "segment.ms": str(_DAY_MS // 24), "min.cleanable.dirty.ratio": "0.2"}


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it should be on the cluster; where keys must stay in their partition, none can be added later."""

    name: str
    partitions: int
    meaning: str
    config: dict[str, str] = field(default_factory=dict)
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the topics under a prefix."""

    raw: str
    items: str
    enriched: str
    duplicates: str
    dead_letters: str
    alerts: str
    alert_failures: str
    alert_state: str
    changelog: str


def names(settings: Settings) -> Names:
    """Return the topic names of these settings; the changelog's is the one Faust gives the table `dedup`."""
    prefix = settings.topic_prefix
    return Names(
        raw=f"{prefix}news.raw",
        items=f"{prefix}news.items",
        enriched=f"{prefix}news.enriched",
        duplicates=f"{prefix}news.duplicates",
        dead_letters=f"{prefix}news.dead-letters",
        alerts=f"{prefix}news.alerts",
        alert_failures=f"{prefix}news.alerts.dead-letters",
        alert_state=f"{settings.app_id}-alerts-state",
        changelog=f"{settings.app_id}-dedup-changelog",
    )


def catalogue(settings: Settings, routed: Iterable[str] = ()) -> list[Topic]:
    """Return every topic of the settings, the routed ones (full names) included."""
    topic, many = names(settings), settings.partitions

    # One replica may be away without a stop; where there is but one, that is all there is.
    common = {"max.message.bytes": str(RECORD_BYTES), "min.insync.replicas": str(max(1, settings.replication - 1))}

    def keep(days: float) -> dict[str, str]:
        return {"retention.ms": str(int(days * _DAY_MS)), "cleanup.policy": "delete", **common}

    compacted = {"cleanup.policy": "compact", **common}
    return [
        Topic(topic.raw, many, "raw items, as producers send them", keep(7)),
        Topic(topic.items, many, "enriched items on their way to dedup (MessagePack, internal)", keep(2), keyed=True),
        Topic(topic.enriched, many, "new stories and revisions", keep(30), keyed=True),
        Topic(topic.duplicates, many, "copies, linked to their original", keep(7)),
        Topic(topic.dead_letters, many, "records that cannot be processed, as they came", keep(30)),
        Topic(topic.alerts, 1, "alerts", keep(30)),
        Topic(topic.alert_failures, 1, "alerts that a receiver did not take, and why", keep(30)),
        Topic(topic.alert_state, 1, "what alerts remember, and deliveries owed", compacted | _BRIEF, keyed=True),
        Topic(topic.changelog, many, "dedup's memory, one partition for each of news.items", compacted, keyed=True),
        *(Topic(name, 1, "routed events", keep(30)) for name in routed),
    ]
