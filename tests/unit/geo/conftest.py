from collections.abc import Callable

import pytest

from streams import geo
from streams.document import Document
from streams.text.fold import fold

Resolve = Callable[..., geo.Geography]


@pytest.fixture(scope="session")
def gazetteer() -> geo.Gazetteer:
    return geo.load()


@pytest.fixture(scope="session")
def resolve(gazetteer: geo.Gazetteer) -> Resolve:
    def run(text: str, language: str = "en", title: str = "", domain: str | None = None) -> geo.Geography:
        body = f"{title}\n{text}"
        return geo.resolve(Document(title, text, body, fold(body), language, domain), gazetteer)

    return run
