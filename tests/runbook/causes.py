"""What causes each alert, and what ends it: the first lines of a function are the one, the last the other."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from streams import settings, topics
from streams.kafka.broker import free_port

Scene = Any  # of run.py, which imports this
CAUSES: dict[str, Callable[[Scene], None]] = {}


def cause(function: Callable[[Scene], None]) -> Callable[[Scene], None]:
    """Enter a cause under the name of its alert."""
    CAUSES[f"Streams{function.__name__.title().replace('_', '')}"] = function
    return function


@cause
def no_worker(scene: Scene) -> None:
    site = scene.site()
    worker = scene.working(site)
    worker.end(signal.SIGKILL)
    scene.until("StreamsNoWorker", True, 30)
    scene.watch("worker", site.worker())
    scene.until("StreamsNoWorker", False, 30)


@cause
def worker_restarts(scene: Scene) -> None:
    site = scene.site()
    for _ in range(5):  # at the same address, as a supervisor starts it again
        worker = site.service("worker", port=site.workers[0].port if site.workers else 0)
        scene.watch("worker", worker)
        worker.wait_ready()
        time.sleep(3)
        if scene.fires("StreamsWorkerRestarts"):
            break
        worker.end(signal.SIGKILL)
    scene.until("StreamsWorkerRestarts", True, 10)
    scene.until("StreamsWorkerRestarts", False, 90)


@cause
def worker_not_ready(scene: Scene) -> None:
    site = scene.site()  # of one partition
    workers = site.worker(), site.worker()
    scene.watch("worker", *workers)
    scene.until("StreamsWorkerNotReady", True, 60)
    idle = next(worker for worker in workers if not _has_partitions(worker))
    scene.watch("worker", *(worker for worker in workers if worker is not idle))
    idle.process.kill()
    scene.until("StreamsWorkerNotReady", False, 60)


def _has_partitions(worker: Any) -> bool:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=5) as answer:
        return b"streams_lag_records{" in answer.read()


@cause
def stalled(scene: Scene) -> None:
    site = scene.site(STREAMS_STALL_TIMEOUT="600", STREAMS_SESSION_TIMEOUT="60")
    scene.working(site)
    scene.send(site, 20_000)
    time.sleep(1)
    scene.broker.process.send_signal(signal.SIGSTOP)
    try:
        scene.until("StreamsStalled", True, 60)
    finally:
        scene.broker.process.send_signal(signal.SIGCONT)
    scene.until("StreamsStalled", False, 90)


@cause
def lag_growing(scene: Scene) -> None:
    site = scene.site()
    scene.working(site)
    scene.until("StreamsLagGrowing", True, 120, again=lambda: scene.send(site, 15_000))
    scene.until("StreamsLagGrowing", False, 120)


@cause
def late(scene: Scene) -> None:
    _backlog(scene, "StreamsLate", 120_000)


@cause
def freshness_fast(scene: Scene) -> None:
    _backlog(scene, "StreamsFreshnessFast")


@cause
def freshness_slow(scene: Scene) -> None:
    _backlog(scene, "StreamsFreshnessSlow")


def _backlog(scene: Scene, alert: str, items: int = 40_000) -> None:
    site = scene.site()
    scene.send(site, items)
    time.sleep(12)  # no worker runs
    worker = site.worker()
    scene.watch("worker", worker)
    scene.until(alert, True, 90)
    scene.until(alert, False, 120, again=lambda: scene.send(site, 200))


@cause
def dead_letters(scene: Scene) -> None:
    _poison(scene, "StreamsDeadLetters")


@cause
def loss_fast(scene: Scene) -> None:
    _poison(scene, "StreamsLossFast")


@cause
def loss_slow(scene: Scene) -> None:
    _poison(scene, "StreamsLossSlow")


def _poison(scene: Scene, alert: str) -> None:
    site = scene.site()
    scene.working(site)
    scene.until(alert, True, 60, again=lambda: scene.send(site, 100, bad=30))
    told = site.run("dead-letters", "list").stdout.decode()
    assert "no-content" in told, told
    scene.until(alert, False, 90, again=lambda: scene.send(site, 100))


@cause
def silent(scene: Scene) -> None:
    site = scene.site()
    scene.working(site)
    for _ in range(8):
        scene.send(site, 20)
        time.sleep(2)
    scene.until("StreamsSilent", True, 120)
    scene.send(site, 20)
    scene.until("StreamsSilent", False, 30)


@cause
def source_silent(scene: Scene) -> None:
    site = scene.site()
    scene.working(site)
    for _ in range(8):
        scene.send(site, 20, source="quiet.example")
        time.sleep(1)
    scene.until("StreamsSourceSilent", True, 90, again=lambda: scene.send(site, 5))
    scene.send(site, 5, source="quiet.example")
    scene.until("StreamsSourceSilent", False, 30)


@cause
def recovery_long(scene: Scene) -> None:
    site = scene.site()
    worker = site.worker()
    worker.wait_ready()
    scene.send(site, 60_000)
    site.wait_committed(180)
    worker.end()
    worker = site.worker()
    scene.watch("worker", worker)
    scene.until("StreamsRecoveryLong", True, 60)
    worker.end()
    scene.watch("worker")
    scene.until("StreamsRecoveryLong", False, 60)


@cause
def memory_short(scene: Scene) -> None:
    site = scene.site(STREAMS_WINDOW_ITEMS="500")
    worker = scene.working(site)
    scene.until("StreamsMemoryShort", True, 60, again=lambda: scene.send(site, 300))
    worker.end()
    site.more["STREAMS_WINDOW_ITEMS"] = "200000"
    worker = site.worker()
    scene.watch("worker", worker)
    scene.until("StreamsMemoryShort", False, 90, again=lambda: scene.send(site, 50))


@cause
def feed_behind(scene: Scene) -> None:
    site = scene.site(STREAMS_FEED_PORT="0")
    worker = site.worker()
    worker.wait_ready()
    feed = site.service("feed")
    scene.watch("feed", feed)
    feed.wait_ready()
    feed.process.send_signal(signal.SIGSTOP)
    scene.send(site, 40_000)
    site.wait_committed(120)
    with _slowed_down(feed):
        scene.until("StreamsFeedBehind", True, 60)
    scene.until("StreamsFeedBehind", False, 60)


@contextmanager
def _slowed_down(service: Any) -> Iterator[None]:
    """Give a process a twentieth of its time, as a crowded machine does."""
    over = threading.Event()

    def hinder() -> None:
        while not over.is_set():
            service.process.send_signal(signal.SIGCONT)
            time.sleep(0.01)
            service.process.send_signal(signal.SIGSTOP)
            over.wait(0.19)
        service.process.send_signal(signal.SIGCONT)

    thread = threading.Thread(target=hinder)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@cause
def feed_drops_readers(scene: Scene) -> None:
    port = free_port()
    site = scene.site(STREAMS_FEED_PORT=str(port), STREAMS_FEED_QUEUE="20")
    worker, feed = site.worker(), site.service("feed")
    scene.watch("feed", feed)
    worker.wait_ready()
    feed.wait_ready()
    readers: list[socket.socket] = []

    def lose_some() -> None:
        readers.extend(_deaf_reader(port) for _ in range(8))
        scene.send(site, 1000)

    scene.until("StreamsFeedDropsReaders", True, 60, again=lose_some)
    for reader in readers:
        reader.close()
    scene.until("StreamsFeedDropsReaders", False, 60)


def _deaf_reader(port: int) -> socket.socket:
    """Ask for live events and never read one."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", port))
    reader.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return reader


@cause
def nobody_alerts(scene: Scene) -> None:
    site = _with_rules(scene)
    asyncio.run(_held(scene, site))


async def _held(scene: Scene, site: Any) -> None:
    """Let something else than `streams alerts run` hold the partition of its group."""
    consumer = AIOKafkaConsumer(
        topics.names(settings.read(site.environment)).alert_state,
        bootstrap_servers=site.brokers,
        group_id=f"{site.name}-alerts-lead",
        enable_auto_commit=False,
        partition_assignment_strategy=(StickyPartitionAssignor,),
    )
    await consumer.start()
    try:
        await consumer.getmany(timeout_ms=3000)
        alerts = site.service("alerts", "run")
        scene.watch("alerts", alerts)
        await asyncio.to_thread(scene.until, "StreamsNobodyAlerts", True, 60)
    finally:
        await consumer.stop()
    await asyncio.to_thread(scene.until, "StreamsNobodyAlerts", False, 60)


def _with_rules(scene: Scene) -> Any:
    from run import HOOK

    file = scene.folder / "alerts.toml"
    file.write_text(HOOK)
    return scene.site(STREAMS_ALERTS_FILE=str(file))


@cause
def receiver_failing(scene: Scene) -> None:
    site = _with_rules(scene)
    worker, alerts = site.worker(), site.service("alerts", "run")
    scene.watch("alerts", alerts)
    worker.wait_ready()
    alerts.wait_ready()
    scene.until("StreamsReceiverFailing", True, 120, again=lambda: scene.send(site, 5))
    with suppress(AssertionError):
        alerts.end()
    (scene.folder / "alerts.toml").write_text((scene.folder / "alerts.toml").read_text().replace('["nobody"]', "[]"))
    alerts = site.service("alerts", "run")
    scene.watch("alerts", alerts)
    scene.until("StreamsReceiverFailing", False, 60)
