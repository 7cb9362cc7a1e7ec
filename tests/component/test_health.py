"""Liveness, readiness, the watchdog and the metrics of a worker."""

import asyncio
import socket
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from fake_transport import Broker, Worker, live
from prometheus_client import CollectorRegistry
from short_recipe import RAW, enrich, fill, raw

from streams.errors import WorkerStopped
from streams.worker.health import Health, Server


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def _health() -> tuple[Health, Clock]:
    clock = Clock()
    return Health(60, clock), clock


def _step(health: Health, clock: Clock, seconds: float, committed: int | None, lag: int) -> str:
    clock.now += seconds
    health.beat()
    health.observe({("news.raw", 0): (committed, lag)})
    return health.fatal()


def test_a_worker_with_lag_that_commits_nothing_must_end() -> None:
    health, clock = _health()
    assert _step(health, clock, 0, 5, 100) == ""
    assert _step(health, clock, 59, 5, 200) == ""
    assert "news.raw 0" in _step(health, clock, 2, 5, 300)


def test_one_partition_may_wait_its_turn_but_not_for_ever() -> None:
    health, clock = _health()
    for committed in range(20):
        assert health.trouble() == ""
        health.observe({("news.raw", 0): (5, 100), ("news.raw", 1): (committed, 100)})
        clock.now += 30
        health.beat()
    health.observe({("news.raw", 0): (5, 100), ("news.raw", 1): (99, 100)})
    clock.now += 1
    assert "news.raw 0" in health.trouble()


def test_an_idle_worker_may_commit_nothing_for_ever() -> None:
    health, clock = _health()
    for _ in range(5):
        assert _step(health, clock, 1000, 5, 0) == ""


def test_a_slow_recovery_is_progress() -> None:
    health, clock = _health()
    _step(health, clock, 0, None, 100)
    for _ in range(5):
        health.moved()
        assert _step(health, clock, 50, None, 100) == ""


def test_a_stalled_event_loop_is_trouble_first_and_fatal_later() -> None:
    health, clock = _health()
    health.beat()
    clock.now += 11
    assert "stalled" in health.trouble()
    assert health.fatal() == ""
    clock.now += 50
    assert "stalled" in health.fatal()


def test_readiness_names_what_is_awaited() -> None:
    health, _ = _health()
    assert health.not_ready()
    health.beat("the state of dedup is being recovered")
    assert health.not_ready() == "the state of dedup is being recovered"
    health.beat()
    assert health.not_ready() == ""


def _get(port: int | None, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_server_takes_the_next_free_port_and_answers_from_its_own_thread() -> None:
    health, clock = _health()
    failures: list[BaseException] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = Server(health, CollectorRegistry(), failures.append)
        server.start("127.0.0.1", port)
        try:
            assert server.port is not None
            assert server.port > port
            assert _get(server.port, "/livez") == (200, "ok\n")
            assert _get(server.port, "/readyz")[0] == 503
            clock.now += 30  # nothing runs in this thread's event loop
            assert _get(server.port, "/livez")[0] == 503
            assert _get(server.port, "/elsewhere")[0] == 404
        finally:
            server.stop()
    assert failures == []


def test_watchdog_ends_a_worker_whose_agent_hangs(broker: Broker) -> None:
    """The agent waits for ever for an acknowledgement; the loop runs, nothing is committed."""
    fill(broker, 10)
    broker.held["news.items"] = asyncio.Event()

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: worker.failure is not None)

    failure = live(broker, enrich, scene, stall_timeout=1.0)
    assert isinstance(failure, WorkerStopped)
    assert "nothing was committed" in str(failure)


def test_watchdog_ends_a_worker_whose_event_loop_hangs(broker: Broker) -> None:
    fill(broker, 1)

    def hanging(*args: Any) -> Any:
        time.sleep(3)
        return enrich(*args)

    async def scene(worker: Worker) -> None:
        await worker.until(lambda: worker.failure is not None)

    assert "event loop" in str(live(broker, hanging, scene, stall_timeout=1.0))


@pytest.fixture
def sample(broker: Broker) -> Any:
    """Return the metrics of a worker that has handled 2 new items, 1 copy and 1 dead letter."""
    shelling = "Officials said on Monday that two people were wounded by shelling overnight."
    broker.append(RAW, 0, raw(0, text=shelling))
    broker.append(RAW, 0, raw(1, title="Other", text="A convoy with food reached the besieged town after nine days."))
    broker.append(RAW, 0, raw(2, title="Report number 0 from town 0", text=shelling))
    broker.append(RAW, 0, b"not json")
    registries = []

    async def scene(worker: Worker) -> None:
        await worker.settled(RAW)
        await worker.settled("news.items")
        await asyncio.sleep(0.6)
        registries.append(worker.app.metrics.registry)

    live(broker, enrich, scene)
    return registries[0].get_sample_value


def test_every_record_has_one_counted_outcome_a_stage(sample: Any) -> None:
    def items(stage: str, outcome: str) -> float:
        return float(sample("streams_items_total", {"stage": stage, "outcome": outcome}) or 0)

    assert (items("enrich", "enriched"), items("enrich", "dead_letter")) == (3, 1)
    assert (items("dedup", "new"), items("dedup", "duplicate"), items("dedup", "revision")) == (2, 1, 0)
    assert sample("streams_dead_letters_total", {"stage": "enrich", "reason": "not-json"}) == 1
    assert sample("streams_item_delay_seconds_count") == 3


def test_lag_state_and_rebalances_are_measured(sample: Any) -> None:
    assert sample("streams_lag_records", {"topic": RAW, "partition": "0"}) == 0
    assert sample("streams_rebalances_total") == 1
    assert sample("streams_assigned_partitions") == 4
    assert sum(sample("streams_dedup_state_items", {"partition": partition}) or 0 for partition in "01") == 3
    assert sample("streams_last_commit_timestamp_seconds") > 0
    assert sample("streams_recovery_seconds") >= 0


def test_partitions_that_went_elsewhere_are_no_longer_shown(broker: Broker) -> None:
    fill(broker, 5)
    fill(broker, 5, partition=1)

    async def scene(worker: Worker) -> None:
        def shown(partition: str) -> Any:
            return worker.app.metrics.registry.get_sample_value(
                "streams_lag_records", {"topic": RAW, "partition": partition}
            )

        await worker.until(lambda: shown("0") == shown("1") == 0)
        await worker.consumer.rebalance([1])
        await worker.until(lambda: shown("0") is None)
        assert shown("1") == 0

    assert live(broker, enrich, scene) is None


def _drops(slow: socket.socket) -> int:
    """Return how many single bytes a connection takes, a hundred at most."""
    for sent in range(100):
        try:
            slow.sendall(b"x")
        except OSError:
            return sent
        time.sleep(0.02)
    return 100


def test_connections_without_number_get_so_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.worker.health._CONNECTIONS", 3)
    server = Server(Health(60), CollectorRegistry(), lambda error: None)
    server.start("127.0.0.1", 19101)
    before = threading.active_count()
    idle = [socket.create_connection(("127.0.0.1", server.port or 0), 5) for _ in range(20)]
    try:
        assert [each.recv(1) for each in idle[3:]] == [b""] * 17
        assert threading.active_count() <= before + 6
    finally:
        for each in idle:
            each.close()
        server.stop()


def test_a_connection_that_sends_no_whole_request_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.worker.health._REQUEST_WITHIN", 0.2)
    server = Server(Health(60), CollectorRegistry(), lambda error: None)
    server.start("127.0.0.1", 19101)
    assert server.port
    try:
        with socket.create_connection(("127.0.0.1", server.port), 5) as slow:
            slow.sendall(b"GET /livez HTTP/1.1\r\nx-slow: ")
            assert slow.recv(100) == b""
        with socket.create_connection(("127.0.0.1", server.port), 5) as slow:
            assert _drops(slow) < 100
    finally:
        server.stop()
