"""The Faust application: `streams worker` runs it, and so does `faust -A streams.worker.app worker`."""

import asyncio
import gc
import logging
import signal
from contextlib import suppress
from functools import cache, cached_property, partial
from typing import Any

import faust
import uvloop
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, GroupCoordinatorNotAvailableError, KafkaError
from faust.tables.manager import TableManager
from mode import Service
from mode.utils.queues import FlowControlEvent

from streams import __version__, logs, pipeline, routing, topics
from streams.errors import WorkerStopped
from streams.metrics import Metrics
from streams.routing import Routes
from streams.settings import Settings, read
from streams.worker import agents
from streams.worker.delivery import FAILED, fail_stop
from streams.worker.effects import effects
from streams.worker.health import Health, Server
from streams.worker.transport import Transport

log = logging.getLogger(__name__)

_ENDING = (signal.SIGTERM, signal.SIGINT)
_OBSERVE_EVERY = 0.5
_STOP_WITHIN = 10.0
_GROUP_WITHIN, _GROUP_EVERY = 30.0, 0.2
_BATCH_BYTES = 1 << 20
_FETCH_BYTES = 1 << 19  # of one partition: small, so that a backlog is worked off in short turns
_QUEUED_BATCHES = 4


class FlowControl(FlowControlEvent):  # type: ignore[misc]
    """Faust's switch of the flow into the agents' queues, without the loss of what is queued while it is on.

    Faust resumes the flow a second time when a recovery is over, which clears the queues; by then batches may be in
    them, which would be in flight for ever.
    """

    def resume(self) -> None:
        """Let the flow go on; empty the queues only of what is from before it was stopped."""
        if not self.is_active():
            super().resume()


class Tables(TableManager):  # type: ignore[misc]
    """Faust's manager of tables, without its wait of a second for tables that may yet be declared."""

    async def on_start(self) -> None:
        """Begin to recover at once: every table is declared before the app starts."""
        await self._update_channels()
        await self.recovery.start()


class App(faust.App):  # type: ignore[misc]
    """A Faust app that knows its settings, metrics and health, and makes no files or topics of its own."""

    def __init__(self, settings: Settings, routes: Routes, metrics: Metrics, **options: Any) -> None:
        self.settings, self.routes, self.metrics = settings, routes, metrics
        self.batch_topics: set[str] = set()
        self.fail_stop = fail_stop
        self.health = Health(settings.stall_timeout)
        self.server = Server(self.health, metrics.registry, lambda error: self.fail_stop(error))
        self.effects = effects(self, settings)
        super().__init__(settings.app_id, **options)

    @cached_property
    def flow_control(self) -> FlowControl:
        """Switch of the flow into the agents' queues."""
        return FlowControl()

    async def on_first_start(self) -> None:
        """Check the topics; make no folders: all state is in Kafka."""
        await check_topics(self.settings, self.routes)

    async def on_start(self) -> None:
        """Serve metrics and health before anything else, so that a slow recovery is seen."""
        self.server.start(self.settings.metrics_host, self.settings.metrics_port)
        await super().on_start()

    async def on_stop(self) -> None:
        """Finish the batches in hand, then let go of what they were sent by; stop serving last."""
        await super().on_stop()
        await self.effects.close()
        self.server.stop()

    @Service.task  # type: ignore[untyped-decorator]
    async def _observe(self) -> None:
        while not self.should_stop:
            self.health.beat(self._waiting())
            consumer = self.consumer
            lags = {tp: lag for tp in consumer.sources() if (lag := consumer.lag(tp)) is not None}
            self.health.observe({tp: (consumer.committed(tp), lag) for tp, lag in lags.items()})
            self.metrics.lag({tp: (lag, consumer.newest.get(tp)) for tp, lag in lags.items()})
            self.metrics.memory(self.table.states)
            await self.sleep(_OBSERVE_EVERY)

    def _waiting(self) -> str:
        if not self.tables.actives_ready:
            return "the state of dedup is being recovered"
        return "" if self.consumer.sources() else "no partitions are assigned"


def create_app(settings: Settings, enrich: agents.Enrich | None = None, transport: Any = Transport) -> App:
    """Return the worker as a Faust app; `enrich` is the recipe with all its models unless another one is given.

    ConfigError when a data file, a route or a certificate is wrong.
    """
    routes = routing.load(settings.routes_file, settings.topic_prefix)
    app = App(settings, routes, Metrics(), **_options(settings))
    app.transport = transport(app.conf.broker_consumer, app)
    app.producer_transport = transport(app.conf.broker_producer, app)
    agents.declare(app, enrich or _recipe(settings, app.metrics), routes)
    return app


def _recipe(settings: Settings, metrics: Metrics) -> agents.Enrich:
    models = pipeline.load(settings)
    metrics.build.info(
        {"pipeline": __version__, "registry": models.registry.version, "gazetteer": models.gazetteer.version}
    )
    return partial(pipeline.enrich_all, models)


def _options(settings: Settings) -> dict[str, Any]:
    """Return the settings of Faust; every one that is here is here for a reason told in docs/choices.md."""
    return {
        "broker": ";".join(f"kafka://{broker.strip()}" for broker in settings.brokers.split(",")),
        "broker_credentials": _credentials(settings),
        "broker_commit_interval": settings.commit_interval,
        "broker_session_timeout": settings.session_timeout,
        "broker_heartbeat_interval": min(3.0, settings.session_timeout / 3),
        "broker_request_timeout": max(90.0, settings.session_timeout),
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": _FETCH_BYTES,
        "consumer_group_instance_id": settings.instance_id or None,
        "producer_linger": settings.linger_ms / 1000,
        "producer_compression_type": None if settings.compression == "none" else settings.compression,
        "producer_max_batch_size": _BATCH_BYTES,
        "producer_max_request_size": topics.RECORD_BYTES + _BATCH_BYTES,
        "store": "memory://",
        "stream_buffer_maxsize": _QUEUED_BATCHES,
        "stream_recovery_delay": 0.0,
        "table_standby_replicas": 0,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_bind": "127.0.0.1",  # for `faust worker`, which turns its web server on unless told --without-web
        "web_enabled": False,
        "worker_redirect_stdouts": False,
        "TableManager": Tables,
    }


def _credentials(settings: Settings) -> Any:
    options = settings.client_options()
    context = options.get("ssl_context")
    if "sasl_oauth_token_provider" in options:
        return faust.OAuthCredentials(oauth_cb=options["sasl_oauth_token_provider"], ssl_context=context)
    if "sasl_mechanism" in options:
        return faust.SASLCredentials(
            mechanism=options["sasl_mechanism"],
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context else None


async def check_topics(settings: Settings, routes: Routes) -> None:
    """Raise WorkerStopped when a topic is missing or the changelog does not fit news.items."""
    wanted = {topic.name for topic in topics.catalogue(settings, routes.topics())}
    names = topics.names(settings)
    client = AIOKafkaAdminClient(**settings.client_options())
    try:
        await client.start()
        found = {topic["topic"]: len(topic["partitions"]) for topic in await client.describe_topics()}
        await _find_group(client, settings.app_id)
    except GroupAuthorizationFailedError:
        raise WorkerStopped(f"this user may not read the group {settings.app_id}: `streams acls worker`") from None
    except (KafkaError, TimeoutError) as error:
        raise WorkerStopped(f"cannot talk to Kafka at {settings.brokers}: {error}") from error
    finally:
        await client.close()
    if missing := sorted(wanted - found.keys()):
        unseen = (
            "" if settings.security_protocol == "PLAINTEXT" else ", or let this user see them: `streams acls worker`"
        )
        raise WorkerStopped(f"topics are missing: {', '.join(missing)}; run `streams topics create`{unseen}")
    if found[names.items] != found[names.changelog]:
        raise WorkerStopped(
            f"{names.items} has {found[names.items]} partitions, {names.changelog} has {found[names.changelog]}: "
            "they must be equal"
        )


async def _find_group(client: AIOKafkaAdminClient, group: str) -> None:
    """Wait until a broker answers for the group: consumers are silent when they may not, loud when none does yet."""
    async with asyncio.timeout(_GROUP_WITHIN):
        while True:
            with suppress(GroupCoordinatorNotAvailableError):
                await client.find_coordinator(group)
                return
            await asyncio.sleep(_GROUP_EVERY)


def run(settings: Settings) -> int:
    """Run the worker until SIGTERM or Ctrl-C (0), or until it fails (1: cannot start, 70: stopped by an error)."""
    logs.configure(settings)
    for name in _ENDING:
        signal.signal(name, _leave)  # until the event loop runs: models are loaded for some seconds
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        app = create_app(settings)
        gc.freeze()  # the models live as long as the process: a full collection would look through them for 70 ms
        return runner.run(_serve(app))


def _leave(*_: Any) -> None:
    raise SystemExit(0)


async def _serve(app: App) -> int:
    asked = asyncio.Event()
    for name in _ENDING:
        asyncio.get_running_loop().add_signal_handler(name, asked.set)
    running = asyncio.create_task(app.start())
    ends = [running, asyncio.create_task(asked.wait()), asyncio.create_task(app._crashed.wait())]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
            await asyncio.wait(ends[1:], return_when=asyncio.FIRST_COMPLETED)
    except WorkerStopped as error:
        log.error("%s", error)
        return 1
    if app.crashed:
        app.fail_stop(app.crash_reason or WorkerStopped("the worker has failed"))
        return FAILED
    # Not wait_for, which waits on until the stop heeds that it is cancelled: a commit to silent brokers does not.
    stopped, late = await asyncio.wait([asyncio.create_task(app.stop())], timeout=_STOP_WITHIN)
    if late:
        app.fail_stop(WorkerStopped(f"the brokers did not let the worker leave within {_STOP_WITHIN:.0f} s"))
        return FAILED
    stopped.pop().result()
    return 0


@cache
def _default() -> App:
    return create_app(read())


def __getattr__(name: str) -> Any:
    if name == "app":
        return _default()
    raise AttributeError(name)
