"""One embedded broker for all tests, and for each test topics and a consumer group of its own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams import settings
from streams.kafka.broker import Broker, embedded_broker

sys.path.insert(0, str(Path(__file__).parent))  # import-mode=importlib adds no folder: `oracle` would not be found

from processes import Site
from secured import Secured, secured_broker


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="session")
def cache() -> Path:
    return settings.read().cache_dir


@pytest.fixture(scope="session")
def broker(cache: Path) -> Iterator[Broker]:
    with embedded_broker(cache) as running:
        yield running


@pytest.fixture(scope="session")
def secured(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured_broker(cache, tmp_path_factory.mktemp("secured") / "keys") as running:
        yield running


@pytest.fixture
def site(broker: Broker, tmp_path: Path) -> Iterator[Site]:
    made = Site(broker.address, tmp_path)
    assert made.run("topics", "create").returncode == 0
    yield made
    made.close()
