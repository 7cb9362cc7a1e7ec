"""Sample items, written for this project, and the verdict a careful reader expects of each."""

from importlib.resources import files

from msgspec import Struct, json

from streams.messages import DuplicateKind


class Expected(Struct, frozen=True, forbid_unknown_fields=True):
    """What must come of one line of `items()`; an empty tuple or None says nothing, except for `conflicts`.

    `reason`, `kind`, `country` and `focus` hold all acceptable answers; `focus` is compared after folding.
    """

    line: int
    outcome: str
    reason: tuple[str, ...]
    item_id: str | None
    language: str | None
    of: str | None
    kind: tuple[DuplicateKind, ...]
    conflicts: tuple[int, ...] | None
    accept: tuple[int, ...]
    slug: str | None
    country: tuple[str, ...]
    focus: tuple[str, ...]
    note: str


def items() -> list[bytes]:
    """Return the raw items, one line each, in order; some are deliberately broken."""
    return files(__name__).joinpath("items.jsonl").read_bytes().splitlines()


def expected() -> list[Expected]:
    """Return the expectation of each line of `items()`, in the same order."""
    lines = files(__name__).joinpath("expected.jsonl").read_bytes().splitlines()
    return [json.decode(line, type=Expected) for line in lines]
