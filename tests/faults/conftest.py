"""Faults with real brokers and real processes, one of each kind here and many with STREAMS_TEST_LONG=1 (0.1: a tenth).

Every random choice comes from one seed, which is printed; STREAMS_TEST_SEED plays a run again. The long version writes
a line a test to results.jsonl, and with STREAMS_TEST_RESUME=1 leaves out those that have passed.
"""

import os
import random
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from streams import settings
from streams.kafka.broker import Broker, embedded_broker

# import-mode=importlib adds no folder: neither these helpers nor those of the other broker tests would be found.
sys.path.insert(0, str(Path(__file__).parent.parent / "kafka"))
sys.path.insert(0, str(Path(__file__).parent))

import results
from processes import Site
from results import DELIVERIES, TOLD
from stations import IMPATIENT

HERE = Path(__file__).parent
HOUR = 3600
LONG = float(os.environ.get("STREAMS_TEST_LONG") or 0)
RESUME = bool(os.environ.get("STREAMS_TEST_RESUME"))
SEED = int(os.environ.get("STREAMS_TEST_SEED") or random.SystemRandom().randrange(1 << 31))


def pytest_report_header() -> str:
    """Tell how to play the run again."""
    return f"faults: STREAMS_TEST_SEED={SEED}" + (f" STREAMS_TEST_LONG={LONG:g}" if LONG else "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark everything in this folder; in long, do all with one delivery first, and leave out what has been done."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    for item in ours:
        item.add_marker(pytest.mark.kafka)
        item.add_marker(pytest.mark.timeout(2 * HOUR if LONG else 280))
    if not LONG:
        return
    done = [test for test, result in results.read().items() if result["passed"] and result["part"] >= LONG]
    again = [item for item in ours if RESUME and name(item) in done]
    config.hook.pytest_deselected(items=again)
    items[:] = [*(item for item in items if item not in ours), *sorted(set(ours) - set(again), key=turn)]


def name(item: pytest.Item) -> tuple[str, str]:
    """Return the name of a test and its delivery."""
    return item.originalname, item.callspec.params["delivery"]  # type: ignore[attr-defined]


def turn(item: pytest.Item) -> tuple[int, int, int]:
    """Return when a test is run in the long version."""
    line = item.function.__code__.co_firstlineno  # type: ignore[attr-defined]
    return DELIVERIES.index(name(item)[1]), TOLD.index(item.path.stem.removeprefix("test_")), line


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Generator[None, pytest.TestReport]:
    """Note what a test of the long version has found."""
    report = yield
    if LONG and item.path.is_relative_to(HERE) and report.when == "call" and not report.skipped:
        figures = item.funcargs.get("figures", {})  # type: ignore[attr-defined]
        results.note(*name(item), report.passed, report.duration, figures, part=LONG, seed=SEED)
    return report


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test with both deliveries, but in short with those of its mark, or at least once only."""
    if "delivery" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("deliveries")
        metafunc.parametrize("delivery", DELIVERIES if LONG else mark.args if mark else DELIVERIES[:1])


@pytest.fixture
def size(request: pytest.FixtureRequest) -> int:
    """How much: `@pytest.mark.parametrize("size", [(short, long)], indirect=True)`."""
    short, long = request.param
    return max(short, int(long * LONG))


@pytest.fixture
def figures() -> results.Figures:
    """Figures of a test, to be filled in."""
    return {}


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
