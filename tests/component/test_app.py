"""The application: its settings for Faust, its topics, and how it is found and ended."""

import asyncio
import importlib
import signal
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from fake_transport import Broker, Transport, Worker, live, make_app
from short_recipe import RAW, enrich, fill

from streams import routing, topics
from streams.errors import WorkerStopped
from streams.settings import Settings
from streams.worker import app as worker_app
from streams.worker.transport import ConsumerThread


class _Admin:
    """Stands for aiokafka's admin client on a cluster with these topics."""

    found: dict[str, int]

    def __init__(self, **_: Any) -> None:
        pass

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def describe_topics(self) -> list[dict[str, Any]]:
        return [{"topic": name, "partitions": [{}] * count} for name, count in self.found.items()]

    async def find_coordinator(self, group: str) -> int:
        assert group == "streams"
        return 1


def _check(monkeypatch: pytest.MonkeyPatch, **changed: int) -> None:
    settings, routes = Settings(partitions=4), routing.load()
    wanted = {topic.name: topic.partitions for topic in topics.catalogue(settings, routes.topics())}
    monkeypatch.setattr(_Admin, "found", {**wanted, **changed}, raising=False)
    monkeypatch.setattr(worker_app, "AIOKafkaAdminClient", _Admin)
    _Admin.found = {name: count for name, count in _Admin.found.items() if count}
    asyncio.run(worker_app.check_topics(settings, routes))


def test_all_topics_there_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    _check(monkeypatch)


def test_a_missing_topic_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorkerStopped, match=r"news\.dead-letters; run `streams topics create`"):
        _check(monkeypatch, **{"news.dead-letters": 0})


def test_a_changelog_that_does_not_fit_its_topic_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorkerStopped, match=r"news\.items has 8 partitions, streams-dedup-changelog has 4"):
        _check(monkeypatch, **{"news.items": 8})


def test_names_and_security_reach_faust() -> None:
    settings = Settings(
        brokers="a:9092,b:9093", security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512", sasl_username="reader",
        sasl_password="hush", instance_id="worker-3", session_timeout=20, commit_interval=0.5, metrics_port=0,
    )  # fmt: skip
    conf = worker_app.create_app(settings, enrich, transport=Transport).conf
    assert [(url.host, url.port) for url in conf.broker] == [("a", 9092), ("b", 9093)]
    assert (conf.consumer_group_instance_id, conf.broker_session_timeout, conf.broker_commit_interval) == (
        "worker-3", 20, 0.5,
    )  # fmt: skip
    credentials = conf.broker_credentials
    assert (credentials.protocol.value, credentials.mechanism.value) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (credentials.username, credentials.password) == ("reader", "hush")
    assert credentials.ssl_context is not None


@pytest.mark.parametrize("timeout", [1, 10, 300])
def test_every_allowed_session_timeout_is_one_that_faust_takes(timeout: float) -> None:
    conf = worker_app.create_app(Settings(session_timeout=timeout, metrics_port=0), enrich, transport=Transport).conf
    assert conf.broker_session_timeout <= conf.broker_request_timeout
    assert conf.broker_heartbeat_interval <= timeout / 3


def test_brokers_wait_only_shortly_for_idle_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiokafka has one fetch under way for each broker; Faust lets it wait 1.5 s, busy partitions with it."""
    made = SimpleNamespace(_fetch_max_wait_ms=1500)
    monkeypatch.setattr(ConsumerThread.__base__, "_create_worker_consumer", lambda self, transport: made)
    assert object.__new__(ConsumerThread)._create_worker_consumer(None) is made
    assert made._fetch_max_wait_ms <= 200
    assert "_fetch_max_wait_ms" in AIOKafkaConsumer.__init__.__code__.co_names  # the name is still the one it reads
    assert made._isolation_level == "read_committed"
    assert "_isolation_level" in AIOKafkaConsumer.start.__code__.co_names


def test_recovery_begins_without_a_wait_for_tables_yet_to_be_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faust sleeps for a second at each start, thus after each kill."""
    tables = worker_app.create_app(Settings(metrics_port=0), enrich, transport=Transport).tables
    begun: list[bool] = []

    async def begin() -> None:
        begun.append(True)

    monkeypatch.setattr(tables, "sleep", None)
    monkeypatch.setattr(tables, "_update_channels", _nothing)
    monkeypatch.setattr(tables, "_recovery", SimpleNamespace(start=begin))
    asyncio.run(tables.on_start())
    assert begun == [True]


def test_the_changelog_is_the_one_in_the_catalogue(broker: Broker) -> None:
    app = make_app(broker, enrich, app_id="desk", topic_prefix="acme.")
    assert app.table.changelog_topic_name == topics.names(app.settings).changelog


def test_importing_the_module_makes_no_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """`faust -A streams.worker.app` finds `app`, made when it is asked for."""
    made = []
    monkeypatch.setattr(worker_app, "create_app", lambda settings: made.append(settings) or "the app")
    worker_app._default.cache_clear()
    module = importlib.import_module("streams.worker.app")
    assert made == []
    assert module.app == module.app == "the app"
    assert len(made) == 1
    worker_app._default.cache_clear()
    with pytest.raises(AttributeError):
        _ = module.nothing


def test_sigterm_ends_the_run_with_what_is_in_flight_done(broker: Broker) -> None:
    fill(broker, 30)

    async def play() -> int:
        app = make_app(broker, enrich)
        Worker(app)
        serving = asyncio.ensure_future(worker_app._serve(app))
        while broker.committed.get((RAW, 0), 0) < 10:
            await asyncio.sleep(0.01)
        signal.raise_signal(signal.SIGTERM)
        return await serving

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_app, "check_topics", _nothing)
        assert asyncio.run(play()) == 0
    sent = {record.key for record in broker.records("news.items")}
    assert sent == {b"en"}
    assert broker.committed[(RAW, 0)] == len(broker.records("news.items"))
    assert live(broker, enrich, lambda worker: worker.settled(RAW)) is None
    assert len(broker.records("news.items")) == 30


def test_sigterm_ends_a_worker_whose_brokers_are_silent(broker: Broker) -> None:
    over = asyncio.Event()

    async def never() -> None:
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await over.wait()

    async def play() -> int:
        app = make_app(broker, enrich)
        Worker(app)
        failed: list[BaseException] = []
        app.stop, app.fail_stop, ends = never, failed.append, app.stop
        serving = asyncio.ensure_future(worker_app._serve(app))
        await asyncio.sleep(0.1)
        signal.raise_signal(signal.SIGTERM)
        code = await asyncio.wait_for(serving, 5)
        over.set()
        await ends()
        assert "did not let the worker leave" in str(failed)
        return code

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_app, "check_topics", _nothing)
        patch.setattr(worker_app, "_STOP_WITHIN", 0.1)
        assert asyncio.run(play()) == worker_app.FAILED


async def _nothing(*_: Any) -> None:
    pass
