"""One file of named numpy arrays, mapped into memory so that the workers of a machine share its pages."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.errors import ConfigError

Arrays = dict[str, NDArray[Any]]

_MAGIC = b"STREAMS\x01"
_ALIGN = 64


def write(path: Path, meta: Mapping[str, str], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays and a few words about them; the same input gives the same bytes."""
    blocks, table, at = [], {}, 0
    for name, array in arrays.items():
        table[name] = [array.dtype.str, len(array), at]
        block = array.tobytes()
        block += bytes(-len(block) % _ALIGN)
        blocks.append(block)
        at += len(block)
    header = json.dumps({"meta": dict(meta), "arrays": table}, separators=(",", ":")).encode()
    header += b" " * (-(len(header) + len(_MAGIC) + 8) % _ALIGN)
    made = path.with_name(f"{path.name}.new")
    made.write_bytes(_MAGIC + len(header).to_bytes(8, "little") + header + b"".join(blocks))
    made.replace(path)  # workers have the old file mapped: it must not change under them


def read(path: Path) -> tuple[dict[str, str], Arrays]:
    """Map the file read-only and return its words and its one-dimensional arrays; ConfigError where it is not one."""
    try:
        data = np.memmap(path, np.uint8, "r")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    head = len(_MAGIC) + 8
    if data[: len(_MAGIC)].tobytes() != _MAGIC:
        raise ConfigError(f"{path}: is not a compiled gazetteer of this version")
    body = head + int.from_bytes(data[len(_MAGIC) : head].tobytes(), "little")
    header = json.loads(data[head:body].tobytes())
    arrays = {
        name: np.frombuffer(data, np.dtype(dtype), count, body + at)
        for name, (dtype, count, at) in header["arrays"].items()
    }
    return header["meta"], arrays
