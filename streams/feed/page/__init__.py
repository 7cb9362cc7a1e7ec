"""The live page: files that ship with the package, each with its media type and tag."""

from dataclasses import dataclass
from importlib.resources import files

from xxhash import xxh3_64_hexdigest

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page."""

    body: bytes
    media_type: str
    tag: str


def tag(body: bytes) -> str:
    """Return what changes with the content."""
    return xxh3_64_hexdigest(body)


def load() -> dict[str, Asset]:
    """Return the files of the page by name."""
    assets = {}
    for file in files(__name__).iterdir():
        kind = _TYPES.get("." + file.name.rpartition(".")[2])
        if kind:
            body = file.read_bytes()
            assets[file.name] = Asset(body, kind, tag(body))
    return assets
