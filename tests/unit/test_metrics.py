"""The worker's metrics: labels that come from outside have an end."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace

from streams.messages import Source
from streams.metrics import Metrics


@dataclass(frozen=True)
class _Event:
    """What the metrics look at in an event."""

    source: Source
    status: str = "new"
    language: str = "en"
    conflicts: tuple[()] = ()
    countries: tuple[()] = ()
    received_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    emitted_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    published_at: None = None
    provenance: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(backfill=False))


def sources(metrics: Metrics) -> dict[str, float]:
    samples = next(metric for metric in metrics.registry.collect() if metric.name == "streams_source_items").samples
    return {one.labels["source"]: one.value for one in samples if one.name.endswith("_total")}


def test_hostile_names_of_sources_do_not_fill_the_memory() -> None:
    metrics, event = Metrics(), _Event(Source("wire", "wire.example"))
    made = [replace(event, source=Source(f"{number} {'x' * 5000}", None)) for number in range(1000)]
    metrics.admitted([event, *made, event], 0, 0.1)
    found = sources(metrics)
    assert len(found) == 201
    assert max(map(len, found)) <= 100
    assert found["wire.example"] == 2
    assert found["other"] == 801


def test_an_event_without_a_source_is_counted() -> None:
    metrics = Metrics()
    metrics.admitted([_Event(Source(None, None))], 0, 0.1)
    assert sources(metrics) == {"none": 1}
