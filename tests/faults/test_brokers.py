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
from results import Figures
from stations import IMPATIENT, Station, behind_a_proxy, cluster


def restart(station: Station, proxy: Proxy) -> None:
    """Stop in order, after what is under way: the only replica that stops commits half of it (KAFKA-20734, in 4.3)."""
    proxy.refuse = True
    proxy.cut()
    time.sleep(0.5)
    station.stop()
    station.start()
    proxy.refuse = False


def kill(station: Station, proxy: Proxy) -> None:
    station.kill()
    station.start()


def freeze(station: Station, proxy: Proxy, seconds: float = 4) -> None:
    station.freeze()
    time.sleep(seconds)
    station.thaw()


def freeze_longer(station: Station, proxy: Proxy) -> None:
    """Long enough for sessions, requests and the watchdog of the worker to give up."""
    freeze(station, proxy, 60)


def cut(station: Station, proxy: Proxy) -> None:
    for _ in range(3):
        proxy.cut()
        time.sleep(0.2)


def refuse(station: Station, proxy: Proxy) -> None:
    proxy.refuse = True
    proxy.cut()
    time.sleep(1)
    proxy.refuse = False


def delay(station: Station, proxy: Proxy) -> None:
    proxy.delay = 0.5
    time.sleep(2)
    proxy.delay = 0.0


def truncate(station: Station, proxy: Proxy) -> None:
    for _ in range(2):
        proxy.truncate = True
        time.sleep(0.5)


def swallow(station: Station, proxy: Proxy) -> None:
    proxy.swallow = True
    time.sleep(1.5)
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


def some(rounds: int, rng: random.Random) -> list[Fault]:
    """Return every fault so many times in random order; of ten times frozen, two are for a minute."""
    faults = FAULTS * rounds + [freeze_longer] * (rounds // 5)
    return rng.sample(faults, len(faults))


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
def test_a_broker_that_is_gone_for_a_while(
    proxied: tuple[Station, Proxy, Site], size: int, rng: random.Random, figures: Figures
) -> None:
    (station, proxy, site), faults = proxied, some(size, rng)
    sender = Sender(site, load(2500 * size), seconds=24 * size + 60 * (size // 5))
    with site.supervised(2) as workers:
        for worker in list(workers):
            worker.wait_ready()
        with sender.running():
            for fault in faults:
                print(f"{time.strftime('%X')} {fault.__name__}", flush=True)
                fault(station, proxy)
                time.sleep(rng.uniform(0.1, 0.6))
        oracle = Oracle(station.address, f"{site.name}.", site.oracle.isolation)
        account = settle(oracle, len(sender.records), 150)
        account.check(sender.sent, once=site.once)
        site.wait_committed()
    figures |= {"faults": len(faults), "items": len(sender.sent), "emitted again": account.repeated}
    figures["workers that ended by themselves"] = len(site.failures())
    print(site.failures())


@pytest.mark.parametrize("size", [(1, 15)], ids=["losses"], indirect=True)
def test_three_brokers_each_lost_in_turn_and_a_second_one_with_it(
    cache: Path, tmp_path: Path, delivery: str, size: int, figures: Figures
) -> None:
    with cluster(cache, tmp_path, IMPATIENT) as stations:
        more = {"STREAMS_REPLICATION": "3", "STREAMS_SESSION_TIMEOUT": "3", "STREAMS_DELIVERY": delivery}
        site = Site(",".join(station.address for station in stations), tmp_path, more=more)
        assert site.run("topics", "create").returncode == 0
        sender = Sender(site, load(1000 * size), seconds=8 * size)
        try:
            with site.supervised(2) as workers:
                for worker in list(workers):
                    worker.wait_ready()
                with sender.running():
                    for number in range(size):
                        lost = [stations[number % 3], stations[(number + 1) % 3]]
                        for station in lost:
                            station.kill()
                            time.sleep(2)
                        for station in lost:
                            station.start()
                        time.sleep(1)
                account = settle(site.oracle, len(sender.records), 120)
                account.check(sender.sent, once=site.once)
                site.wait_committed(60)
        finally:
            site.close()
    figures |= {"times two brokers": size, "items": len(sender.sent), "emitted again": account.repeated}
    figures["workers that ended by themselves"] = len(site.failures())
    print(site.failures())
