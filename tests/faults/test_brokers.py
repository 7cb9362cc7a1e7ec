"""Brokers stopped, killed, frozen, cut off and lost in turn: the worker waits, loses nothing and goes on."""

import random
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from account import settle
from load import Sender, load
from oracle import Oracle
from processes import Site
from proxy import Proxy
from stations import IMPATIENT, Station, behind_a_proxy, cluster


def restart(station: Station, proxy: Proxy) -> None:
    station.stop()
    station.start()


def kill(station: Station, proxy: Proxy) -> None:
    station.kill()
    station.start()


def freeze(station: Station, proxy: Proxy) -> None:
    station.freeze()
    time.sleep(5)
    station.thaw()


def cut(station: Station, proxy: Proxy) -> None:
    for _ in range(5):
        proxy.cut()
        time.sleep(0.2)


def refuse(station: Station, proxy: Proxy) -> None:
    proxy.refuse = True
    proxy.cut()
    time.sleep(2)
    proxy.refuse = False


def delay(station: Station, proxy: Proxy) -> None:
    proxy.delay = 0.5
    time.sleep(3)
    proxy.delay = 0.0


def truncate(station: Station, proxy: Proxy) -> None:
    for _ in range(3):
        proxy.truncate = True
        time.sleep(0.5)


def swallow(station: Station, proxy: Proxy) -> None:
    proxy.swallow = True
    time.sleep(2)
    proxy.swallow = False
    proxy.cut()


def fill_disk(station: Station, proxy: Proxy) -> None:
    """No file of the broker can grow any more, which takes it down; then there is room again."""
    assert station.broker
    resource.prlimit(station.broker.process.pid, resource.RLIMIT_FSIZE, (20_000, 20_000))
    assert station.broker.process.wait(60) != 0
    kill(station, proxy)


Fault = Callable[[Station, Proxy], None]
FAULTS: list[Fault] = [restart, kill, freeze, cut, refuse, delay, truncate, swallow, fill_disk]


@pytest.fixture
def proxied(cache: Path, tmp_path: Path, delivery: str) -> Iterator[tuple[Station, Proxy, Site]]:
    with behind_a_proxy(cache, tmp_path, IMPATIENT) as (station, proxy, address):
        more = {"STREAMS_SESSION_TIMEOUT": "3", "STREAMS_STALL_TIMEOUT": "20", "STREAMS_DELIVERY": delivery}
        site = Site(address, tmp_path, more=more)
        assert site.run("topics", "create").returncode == 0
        yield station, proxy, site
        site.close()


@pytest.mark.deliveries("exactly-once")
@pytest.mark.parametrize("size", [(1, 10)], ids=["rounds"], indirect=True)
def test_a_broker_that_is_gone_for_a_while(proxied: tuple[Station, Proxy, Site], size: int, rng: random.Random) -> None:
    station, proxy, site = proxied
    sender = Sender(site, load(3000 * size), seconds=30 * size)
    with site.supervised(2) as workers:
        for worker in list(workers):
            worker.wait_ready()
        with sender.running():
            for fault in rng.sample(FAULTS * size, len(FAULTS) * size):
                print(f"{time.strftime('%X')} {fault.__name__}", flush=True)
                fault(station, proxy)
                time.sleep(rng.uniform(0.2, 1))
        oracle = Oracle(station.address, f"{site.name}.", site.oracle.isolation)
        account = settle(oracle, len(sender.records), 150)
        account.check(sender.sent, once=site.once)
        site.wait_committed()
    print(f"{len(sender.sent)} items: {account.repeated} emitted again; workers that ended: {site.failures()}")


@pytest.mark.parametrize("size", [(1, 15)], ids=["losses"], indirect=True)
def test_three_brokers_each_lost_in_turn_and_two_at_once(cache: Path, tmp_path: Path, delivery: str, size: int) -> None:
    with cluster(cache, tmp_path, IMPATIENT) as stations:
        more = {"STREAMS_REPLICATION": "3", "STREAMS_SESSION_TIMEOUT": "3", "STREAMS_DELIVERY": delivery}
        site = Site(",".join(station.address for station in stations), tmp_path, more=more)
        assert site.run("topics", "create").returncode == 0
        sender = Sender(site, load(1500 * size), seconds=12 * size)
        try:
            with site.supervised(2) as workers:
                for worker in list(workers):
                    worker.wait_ready()
                with sender.running():
                    for number in range(size):
                        lost = [stations[number % 3]] if number % 3 else stations[:2]
                        for station in lost:
                            station.kill()
                        time.sleep(4)
                        for station in lost:
                            station.start()
                        time.sleep(3)
                account = settle(site.oracle, len(sender.records), 120)
                account.check(sender.sent, once=site.once)
                site.wait_committed(60)
        finally:
            site.close()
    print(f"{len(sender.sent)} items: {account.repeated} emitted again; workers that ended: {site.failures()}")
