"""Faults with real brokers and real processes, one of each kind here and many with STREAMS_TEST_LONG=1 (0.1: a tenth).

Every random choice comes from one seed, which is printed; STREAMS_TEST_SEED plays a run again.
"""

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams import settings
from streams.kafka.broker import Broker, embedded_broker

# import-mode=importlib adds no folder: neither these helpers nor those of the other broker tests would be found.
sys.path.insert(0, str(Path(__file__).parent.parent / "kafka"))
sys.path.insert(0, str(Path(__file__).parent))

from processes import Site
from stations import IMPATIENT

HERE = Path(__file__).parent
BOTH = ("at-least-once", "exactly-once")
LONG = float(os.environ.get("STREAMS_TEST_LONG") or 0)
SEED = int(os.environ.get("STREAMS_TEST_SEED") or random.SystemRandom().randrange(1 << 31))


def pytest_report_header() -> str:
    """Tell how to play the run again."""
    return f"faults: STREAMS_TEST_SEED={SEED}" + (f" STREAMS_TEST_LONG={LONG:g}" if LONG else "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.kafka)
            item.add_marker(pytest.mark.timeout(3600 if LONG else 280))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test with both deliveries, but in short with those of its mark, or at least once only."""
    if "delivery" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("deliveries")
        metafunc.parametrize("delivery", BOTH if LONG else mark.args if mark else BOTH[:1])


@pytest.fixture
def size(request: pytest.FixtureRequest) -> int:
    """How much: `@pytest.mark.parametrize("size", [(short, long)], indirect=True)`."""
    short, long = request.param
    return max(short, int(long * LONG))


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Chance, the same for a test and a seed, which is shown when the test fails."""
    print(pytest_report_header())
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture(scope="session")
def cache() -> Path:
    return settings.read().cache_dir


@pytest.fixture(scope="session")
def broker(cache: Path) -> Iterator[Broker]:
    with embedded_broker(cache, properties=IMPATIENT) as running:
        yield running


@pytest.fixture
def site(broker: Broker, tmp_path: Path, delivery: str) -> Iterator[Site]:
    made = Site(broker.address, tmp_path, more={"STREAMS_SESSION_TIMEOUT": "3", "STREAMS_DELIVERY": delivery})
    assert made.run("topics", "create").returncode == 0
    yield made
    made.close()
