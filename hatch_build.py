"""Compile the kernel (streams/native) with the C compiler there is, else with the one that PyPI has (`ziglang`)."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_FOLDER = Path(__file__).parent / "streams" / "native"
_LIBRARY = _FOLDER / "_kernel.so"
# The same floating-point results on every machine: no contraction, no fast mathematics.
_FLAGS = ("-std=c11", "-O3", "-fPIC", "-shared", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra")


def installed_compiler() -> list[str]:
    """Return the command of the compiler that is asked for or there, nothing where there is none."""
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    return shlex.split(os.environ.get("CC", "")) or ([found] if found else [])


def compiler() -> list[str]:
    """Return the command of a C compiler: $CC, else `cc`, else that of the package `ziglang`."""
    if found := installed_compiler():
        return found
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    sys.exit("no C compiler: install one (cc), or `pip install ziglang` into this environment and try again")


def compile_kernel(library: Path = _LIBRARY, more: Sequence[str] = ()) -> None:
    """Compile all C files into one shared library; it needs no headers of Python's and serves every version of it.

    It remembers which `kernel.h` it was made with. `more` are further flags of the compiler.
    """
    sources = sorted(map(str, _FOLDER.glob("*.c")))
    made_with = f"-DKERNEL_MADE_WITH={zlib.crc32((_FOLDER / 'kernel.h').read_bytes())}u"
    made = library.with_suffix(".new")
    subprocess.run([*compiler(), *_FLAGS, *more, made_with, *sources, "-o", str(made), "-lm"], check=True)
    made.replace(library)


class KernelHook(BuildHookInterface):  # type: ignore[type-arg]
    """Put the library into the wheel, or beside the sources of an editable installation."""

    def dependencies(self) -> list[str]:
        """Return what an isolated build needs besides: a compiler where the machine has none."""
        return [] if installed_compiler() else ["ziglang"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and name the platform the wheel is for."""
        if self.target_name != "wheel":
            return
        compile_kernel()
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        build_data["artifacts"].append("streams/native/_kernel.so")
