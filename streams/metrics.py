"""The catalogue of Prometheus metrics: names, labels, units (seconds, bytes), buckets."""

import time
from collections import Counter as Counter_
from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from streams.dedup import State
from streams.messages import Event

_SOURCES, _LABEL_LENGTH = 200, 100
_STAGE_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BATCH_BUCKETS = (1, 5, 25, 100, 250, 500, 1000)
_DELAY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
_AGE_BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600)


class Metrics:
    """All metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.build = Info("streams_build", "Versions of pipeline, conflict registry and gazetteer.", registry=r)
        self.items = Counter(
            "streams_items", "Records by the stage they left and their one outcome.", ["stage", "outcome"], registry=r
        )
        self.stage_seconds = Histogram(
            "streams_stage_seconds", "Time one batch spends in a stage.", ["stage"], buckets=_STAGE_BUCKETS, registry=r
        )
        self.batch_records = Histogram(
            "streams_batch_records", "Records in one batch.", ["stage"], buckets=_BATCH_BUCKETS, registry=r
        )
        self.age_seconds = Histogram(
            "streams_item_age_seconds",
            "From publication of an item (as its producer says) to its event.",
            buckets=_AGE_BUCKETS,
            registry=r,
        )
        self.delay_seconds = Histogram(
            "streams_item_delay_seconds",
            "From the arrival of an item in news.raw to its event.",
            buckets=_DELAY_BUCKETS,
            registry=r,
        )
        self.dead_letters = Counter(
            "streams_dead_letters", "Dead letters by stage and reason.", ["stage", "reason"], registry=r
        )
        self.conflicts = Counter("streams_conflict_items", "Events by their first conflict.", ["conflict"], registry=r)
        self.languages = Counter("streams_language_items", "Events by language.", ["language"], registry=r)
        self.countries = Counter("streams_country_items", "Events by their first country.", ["country"], registry=r)
        meaning = "Events by source; the first 200 have their name, the rest are `other`."
        self.sources = Counter("streams_source_items", meaning, ["source"], registry=r)
        self.lag_records = Gauge(
            "streams_lag_records", "Records not yet committed.", ["topic", "partition"], registry=r
        )
        self.lag_seconds = Gauge(
            "streams_lag_seconds",
            "Age of the newest record handled in a partition with records waiting; 0 without lag.",
            ["topic", "partition"],
            registry=r,
        )
        self.commits = Counter("streams_commits", "Offset commits by outcome.", ["outcome"], registry=r)
        self.last_commit = Gauge(
            "streams_last_commit_timestamp_seconds", "When offsets were last committed.", registry=r
        )
        self.rebalances = Counter("streams_rebalances", "Assignments of partitions received.", registry=r)
        self.partitions = Gauge("streams_assigned_partitions", "Partitions this worker has.", registry=r)
        self.recovery_seconds = Gauge(
            "streams_recovery_seconds", "How long the last recovery of state took.", registry=r
        )
        self.state_items = Gauge("streams_dedup_state_items", "Items dedup remembers.", ["partition"], registry=r)
        self.state_bytes = Gauge("streams_dedup_state_bytes", "Memory of dedup's state.", ["partition"], registry=r)
        self.evicted = Counter("streams_dedup_evicted", "Items dedup forgot, by reason.", ["reason"], registry=r)
        self.offset_gaps = Counter(
            "streams_offset_gaps",
            "Stretches of offsets that hold no record (expired, compacted).",
            ["topic"],
            registry=r,
        )
        self._seen_evicted: dict[int, Counter_[str]] = {}
        self._sources: set[str] = set()
        self._shown: dict[Gauge, set[tuple[str, ...]]] = {}

    def enriched(self, items: int, reasons: Sequence[str], began: float) -> None:
        """Count a batch that has left `enrich`, begun at this `perf_counter`: its items, a dead letter a reason."""
        self.items.labels("enrich", "enriched").inc(items)
        self.items.labels("enrich", "dead_letter").inc(len(reasons))
        for reason in reasons:
            self.dead_letters.labels("enrich", reason).inc()
        self._batch("enrich", items + len(reasons), began)

    def admitted(self, events: Sequence[Event], redelivered: int, began: float) -> None:
        """Count a batch that has left `dedup`, begun at this `perf_counter`; those redelivered have no event."""
        self.items.labels("dedup", "redelivered").inc(redelivered)
        for event in events:
            self.items.labels("dedup", event.status).inc()
            self.languages.labels(event.language).inc()
            self.conflicts.labels(event.conflicts[0].id if event.conflicts else "none").inc()
            self.countries.labels(event.countries[0].code if event.countries else "none").inc()
            self.sources.labels(self._source(event)).inc()
            self.delay_seconds.observe(max(0.0, (event.emitted_at - event.received_at).total_seconds()))
            if event.published_at and not event.provenance.backfill:
                self.age_seconds.observe(max(0.0, (event.emitted_at - event.published_at).total_seconds()))
        self._batch("dedup", len(events) + redelivered, began)

    def _source(self, event: Event) -> str:
        """Return the label of a source: names come from outside, so there is an end to how many are kept."""
        name = (event.source.domain or event.source.name or "none")[:_LABEL_LENGTH]
        if name not in self._sources and len(self._sources) >= _SOURCES:
            return "other"
        self._sources.add(name)
        return name

    def _batch(self, stage: str, records: int, began: float) -> None:
        self.stage_seconds.labels(stage).observe(time.perf_counter() - began)
        self.batch_records.labels(stage).observe(records)

    def lag(self, partitions: Mapping[tuple[str, int], tuple[int, int | None]]) -> None:
        """Set what is waiting in this worker's partitions: records, and the time (ms) of the newest handled one."""
        self.partitions.set(len(partitions))
        self._forget({(topic, str(partition)) for topic, partition in partitions}, self.lag_records, self.lag_seconds)
        for (topic, partition), (records, newest) in partitions.items():
            self.lag_records.labels(topic, str(partition)).set(records)
            age = time.time() - newest / 1000 if newest and records else 0.0
            self.lag_seconds.labels(topic, str(partition)).set(age)

    def memory(self, states: Mapping[int, State]) -> None:
        """Set the size of dedup's states and count what they have forgotten since the last call."""
        self._forget({(str(partition),) for partition in states}, self.state_items, self.state_bytes)
        for partition, state in states.items():
            self.state_items.labels(str(partition)).set(state.size)
            self.state_bytes.labels(str(partition)).set(state.memory_bytes)
            before = self._seen_evicted.get(partition, Counter_())
            for reason, count in state.evicted.items():
                self.evicted.labels(reason).inc(count - before[reason] if count >= before[reason] else count)
            self._seen_evicted[partition] = Counter_(state.evicted)

    def _forget(self, kept: set[tuple[str, ...]], *gauges: Gauge) -> None:
        """Take partitions that went to other workers out of gauges, where they would stand still."""
        for gauge in gauges:
            shown = self._shown.setdefault(gauge, set())
            for labels in shown - kept:
                gauge.remove(*labels)
            self._shown[gauge] = kept


class FeedMetrics:
    """All metrics of the feed gateway, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.events = Counter(
            "streams_feed_events", "Records the feed read, by their one outcome.", ["outcome"], registry=r
        )
        self.delay_seconds = Histogram(
            "streams_feed_delay_seconds",
            "From the emission of an event to its hand-over to live readers.",
            buckets=_DELAY_BUCKETS,
            registry=r,
        )
        self.window = Gauge("streams_feed_window_events", "Events the feed remembers.", registry=r)
        self.lag_records = Gauge("streams_feed_lag_records", "Records of the topic the feed has not read.", registry=r)
        self.clients = Gauge("streams_feed_clients", "Live readers.", registry=r)
        self.deliveries = Counter("streams_feed_deliveries", "Events handed to live readers.", registry=r)
        self.dropped = Counter("streams_feed_dropped_clients", "Live readers dropped for being too slow.", registry=r)
        self.gaps = Counter("streams_feed_gaps", "Live readers who came back too late to get everything.", registry=r)
        self.hub = Counter("streams_feed_hub", "Times the WebSub hub was told of changes.", ["outcome"], registry=r)
        self.requests = Counter("streams_feed_requests", "Requests by path and status.", ["path", "status"], registry=r)


class AlertMetrics:
    """All metrics of `streams alerts run`, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.events = Counter(
            "streams_alert_events", "Events by rule and what came of them.", ["rule", "outcome"], registry=r
        )
        self.alerts = Counter("streams_alerts", "Alerts published.", ["rule", "severity", "status"], registry=r)
        self.delay_seconds = Histogram(
            "streams_alert_delay_seconds",
            "From the arrival of the newest item an alert shows to the alert in news.alerts.",
            buckets=_DELAY_BUCKETS,
            registry=r,
        )
        self.deliveries = Counter(
            "streams_alert_deliveries",
            "Attempts to deliver by receiver and outcome.",
            ["receiver", "outcome"],
            registry=r,
        )
        self.delivery_seconds = Histogram(
            "streams_alert_delivery_seconds", "Time of one attempt.", ["receiver"], buckets=_DELAY_BUCKETS, registry=r
        )
        self.pending = Gauge("streams_alert_pending", "Deliveries to be made.", ["receiver"], registry=r)
        self.receiver_up = Gauge(
            "streams_alert_receiver_up",
            "1: attempts are made; 0: left alone after failures, or disabled by its 410.",
            ["receiver"],
            registry=r,
        )
        self.dead_letters = Counter(
            "streams_alert_dead_letters", "Alerts given up, by receiver and reason.", ["receiver", "reason"], registry=r
        )
        self.unreadable = Counter("streams_alert_unreadable", "Records that are no events.", ["topic"], registry=r)
        self.lag_records = Gauge(
            "streams_alert_lag_records", "Records not yet judged.", ["topic", "partition"], registry=r
        )
        self.leading = Gauge(
            "streams_alert_leading", "1: this process judges and delivers; 0: it stands by.", registry=r
        )
