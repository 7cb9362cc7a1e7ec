from collections.abc import Callable
from datetime import datetime

import pytest

from streams.conflict import Registry, classify, load
from streams.document import Document
from streams.messages import ConflictMatch
from streams.text.fold import fold, fold_name

Classify = Callable[..., tuple[ConflictMatch, ...]]


def make_document(title: str, text: str = "", language: str = "en", published_at: datetime | None = None) -> Document:
    body = f"{title}\n{text}"
    return Document(title, text, body, fold(body), language, None, published_at)


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load(fold_name)


@pytest.fixture(scope="session")
def matches(registry: Registry) -> Classify:
    """Classify a headline (and text) with the shipped registry, without places and countries."""

    def run(
        title: str, text: str = "", language: str = "en", published_at: datetime | None = None
    ) -> tuple[ConflictMatch, ...]:
        return classify(make_document(title, text, language, published_at), (), (), registry)

    return run
