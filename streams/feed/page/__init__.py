"""The live page: files that ship with the package, each with its media type."""

from importlib.resources import files

from streams.feed.documents import Document

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def load() -> dict[str, Document]:
    """Return the files of the page by name."""
    kinds = {file: _TYPES.get("." + file.name.rpartition(".")[2]) for file in files(__name__).iterdir()}
    return {file.name: Document(file.read_bytes(), kind) for file, kind in kinds.items() if kind}
