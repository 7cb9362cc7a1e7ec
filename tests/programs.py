"""Programs that tests call into: files that are run, or copied, and belong to no package."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def load(path: Path, name: str | None = None) -> ModuleType:
    """Import a file, under its own name or another."""
    spec = importlib.util.spec_from_file_location(name or path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
