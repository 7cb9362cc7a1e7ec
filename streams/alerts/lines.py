"""Where in a TOML file a key stands: tomllib gives values without their lines."""

import re
from typing import Final

Path = tuple[str | int, ...]

_TABLE: Final = re.compile(r"\s*\[(?P<many>\[)?\s*(?P<name>[^\[\]\s][^\[\]]*)\]")
_KEY: Final = re.compile(r"""\s*(?P<name>[\w.-]+|"[^"]*"|'[^']*')\s*=\s*(?P<value>.*)""")
_QUOTES: Final = ('"""', "'''")
_STRING: Final = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'""")


def index(text: str) -> dict[Path, int]:
    """Return the line of every table and key of a valid TOML text, under the path tomllib's value has.

    Tables of an array carry their number, from 0. Keys within inline tables have no line of their own.
    """
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    skip_to: str | None = None
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        if skip_to:
            skip_to = None if skip_to in line else skip_to
        elif depth:
            depth += _open(line)
        elif heading := _TABLE.match(line):
            table = _enter(heading, counts)
            for path in (table, table[:-1] if heading["many"] else table):
                found.setdefault(path, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_split(key["name"])), number)
            depth = _open(key["value"])
            skip_to = _unclosed(key["value"])
    return found


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line of the nearest thing on the way to a path; 1 when there is none."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 1


def _enter(heading: re.Match[str], counts: dict[Path, int]) -> Path:
    names, path = _split(heading["name"]), tuple[str | int, ...]()
    for at, name in enumerate(names):
        path = (*path, name)
        last = at == len(names) - 1
        if last and heading["many"]:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _split(name: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def _open(value: str) -> int:
    """Return how many brackets a stretch of values opens and does not close."""
    bare = _STRING.sub("", value).partition("#")[0]
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


def _unclosed(value: str) -> str | None:
    return next((quote for quote in _QUOTES if value.startswith(quote) and value.count(quote) == 1), None)
