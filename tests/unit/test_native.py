import shutil
import subprocess
import sys
from pathlib import Path

import streams
from streams.native import ffi, kernel

PACKAGE = Path(streams.__file__).parent


def test_a_library_of_other_sources_is_refused(tmp_path: Path) -> None:
    native = tmp_path / "native"
    shutil.copytree(PACKAGE / "native", native)
    (native / "kernel.h").write_text((native / "kernel.h").read_text() + "\n/* changed */\n")
    done = subprocess.run([sys.executable, "-c", "import native"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("was made from other sources: `make env` builds it anew")


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE / "native", tmp_path / "native", ignore=shutil.ignore_patterns("*.so"))
    done = subprocess.run([sys.executable, "-c", "import native"], cwd=tmp_path, capture_output=True, text=True)
    assert "`make env` builds it" in done.stderr


def test_every_function_declared_is_there() -> None:
    names = [name for name in dir(kernel) if not name.startswith("_")]
    assert len(names) > 5
    assert all(ffi.typeof(getattr(kernel, name)) for name in names)
