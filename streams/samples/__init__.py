"""Sample items and the verdict a careful reader expects of each.

All texts are invented for this project: wars and places are real, the reports and their sources are not.
"""

from importlib.resources import files

from msgspec import Struct, json

from streams.messages import DuplicateKind


class Expected(Struct, frozen=True, forbid_unknown_fields=True):
    """What must come of one line of `items()`; None and an empty tuple leave open, but empty `conflicts` forbid any.

    `line` counts from 1. `item_id` is None where it is a hash; `of` then is `line:N`. `conflicts` are UCDP ids, the
    first must lead and each must be there; `accept` are ids that may lead instead of the first; `slug` is for wars
    without a UCDP id. `reason`, `kind`, `country` (ISO 3166-1 alpha-2) and `focus` (a GeoNames name, to be compared
    folded) hold all acceptable answers.
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
