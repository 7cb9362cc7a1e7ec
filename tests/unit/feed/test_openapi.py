"""The description for programs: to what it allows and to what it does not, every answer is as it says."""

from collections.abc import Iterator

import pytest
import schemathesis
from feed_events import SUDAN, body, event
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from serving import VOCABULARY, Served, served

from streams.feed import openapi

# A live stream has no end to wait for; its refusals are tested beside it.
DESCRIBED = {path: each["get"] for path, each in openapi.document(VOCABULARY, private=False)["paths"].items()}
CASES = [
    (path, mode)
    for path, operation in DESCRIBED.items()
    for mode in GenerationMode
    if path != "/events" and (mode is GenerationMode.POSITIVE or operation.get("parameters"))
]


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with served(feed_clients_per_address=1000) as site:
        for number in range(20):
            site.receive(0, number, body(number, places=(SUDAN,) if number % 2 else event(0).places))
        yield site


@pytest.fixture(scope="module")
def described(site: Served) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"http://127.0.0.1:{site.port}/openapi.json")


def _possible(case: schemathesis.Case) -> bool:
    # OpenAPI cannot say that one parameter needs another.
    return ("place" in (case.query or ())) == ("radius" in (case.query or ()))


@pytest.mark.parametrize(("path", "mode"), CASES)
def test_every_answer_is_as_described(described: schemathesis.BaseSchema, path: str, mode: GenerationMode) -> None:
    @given(described[path]["GET"].as_strategy(generation_mode=mode))
    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def check(case: schemathesis.Case) -> None:
        if _possible(case) or mode is GenerationMode.NEGATIVE:
            case.call_and_validate()

    check()
