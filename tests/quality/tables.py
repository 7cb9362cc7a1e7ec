"""Tables in Markdown."""

from collections.abc import Iterable, Iterator

Lines = Iterator[str]


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Lines:
    """Yield a Markdown table: the first column to the left, the others to the right."""
    names = list(header)
    yield "| " + " | ".join(names) + " |"
    yield "|---|" + "---:|" * (len(names) - 1)
    for row in rows:
        yield "| " + " | ".join(_cell(value) for value in row) + " |"


def _cell(value: object) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
