"""Brokers of a test's own, to stop, kill, freeze and put out of reach."""

import asyncio
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from proxy import Proxy

from streams.kafka.broker import Broker, embedded_broker, free_port

# A killed worker is missed after three seconds, not six: the broker must allow it. And a killed broker, which may only
# come back when it is missed, after three seconds, not nine.
IMPATIENT = {
    "group.min.session.timeout.ms": "1000",
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}


@dataclass
class Station:
    """One broker, which keeps its data and its ports whatever happens to its process."""

    cache: Path
    data: Path
    properties: dict[str, str]
    port: int = field(default_factory=free_port)
    broker: Broker | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, or start it again."""
        self._running = ExitStack()
        self.broker = self._running.enter_context(
            embedded_broker(self.cache, self.port, self.data, properties=self.properties)
        )

    def stop(self) -> None:
        """Let it leave in order."""
        self._running.close()

    def kill(self) -> None:
        """End it with -9."""
        assert self.broker
        self.broker.process.kill()
        self.broker.process.wait()
        self._running.close()

    def freeze(self) -> None:
        assert self.broker
        self.broker.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.broker
        self.broker.process.send_signal(signal.SIGCONT)


@contextmanager
def behind_a_proxy(cache: Path, folder: Path, properties: dict[str, str]) -> Iterator[tuple[Station, Proxy, str]]:
    """Run a broker with a second listener, which is reached through a proxy at the address that is yielded last."""
    port, hidden, shown = free_port(), free_port(), free_port()
    listeners = "PLAINTEXT://127.0.0.1:{},HIDDEN://127.0.0.1:{}"
    more = {
        "listeners": listeners.format(port, hidden) + f",CONTROLLER://127.0.0.1:{(controller := free_port())}",
        "advertised.listeners": listeners.format(port, shown),
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,HIDDEN:PLAINTEXT",
    }
    station = Station(cache, folder / "data", properties | more, port)
    with Proxy(shown, hidden).running() as proxy:
        station.start()
        try:
            yield station, proxy, f"127.0.0.1:{shown}"
        finally:
            station.stop()


async def _united(stations: list[Station]) -> None:
    """Wait until each broker knows of all the others."""
    for station in stations:
        known = 0
        while known < len(stations):
            admin = AIOKafkaAdminClient(bootstrap_servers=station.address)
            with suppress(KafkaError):
                await admin.start()
                known = len((await admin.describe_cluster())["brokers"])
            await admin.close()
            await asyncio.sleep(0.2)


@contextmanager
def cluster(cache: Path, folder: Path, properties: dict[str, str], count: int = 3) -> Iterator[list[Station]]:
    """Run brokers that are one cluster, with all internal topics on each of them."""
    controllers = [free_port() for _ in range(count)]
    shared = {
        "controller.quorum.voters": ",".join(f"{n + 1}@127.0.0.1:{port}" for n, port in enumerate(controllers)),
        "offsets.topic.replication.factor": str(count),
        "transaction.state.log.replication.factor": str(count),
        "transaction.state.log.min.isr": str(count - 1),
        "min.insync.replicas": str(count - 1),
        "replica.lag.time.max.ms": "5000",
        "broker.session.timeout.ms": "4000",
        "broker.heartbeat.interval.ms": "1000",
    }
    stations = []
    for number, controller in enumerate(controllers):
        port = free_port()
        own = {
            "node.id": str(number + 1),
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        }
        stations.append(Station(cache, folder / f"broker-{number}", properties | shared | own, port))
    # All at once: the first one does not answer before a majority is there. Linux ends a broker with the thread that
    # started it, so these threads last as long as the cluster.
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(Station.start, stations))
        try:
            asyncio.run(_united(stations))
            yield stations
        finally:
            list(pool.map(Station.stop, stations))
