"""Lets the tests of this folder import its helpers, and gives each a broker."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def broker() -> Any:
    from fake_transport import Broker

    return Broker()
