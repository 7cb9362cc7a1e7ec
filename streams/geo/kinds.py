"""The vocabulary shared by the compiled gazetteer and the code that reads it: kinds of places and of names."""

from enum import IntEnum
from typing import Literal

from streams.messages import Precision

PLACE_BITS = 19
NAME_BITS = 3


class NameKind(IntEnum):
    """What a name is to its place; smaller is stronger."""

    MAIN = 0
    SHORT = 1
    ALTERNATE = 2
    INFLECTED = 3
    DEMONYM = 4
    GOVERNMENT = 5
    ABBREVIATION = 6
    POSTAL = 7


KINDS = (
    "city", "admin2", "admin1", "country", "region", "area", "sea", "island", "camp", "district", "state", "subregion",
    "continent", "site",
)  # fmt: skip
CITY, ADMIN2, ADMIN1, COUNTRY = range(4)
FIRST_REGION = KINDS.index("region")
PRECISIONS: tuple[Precision | Literal[""], ...] = ("", "area", "admin1", "international", "admin2", "near", "exact")
