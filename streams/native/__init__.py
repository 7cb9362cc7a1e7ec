"""The compiled kernel: the inner loops that Python is too slow for, in C.

`kernel.h` declares what there is. The library knows nothing of Python: arrays go in and out, so that one build serves
every version of it. It is called through cffi, which checks the types of the arguments.
"""

from pathlib import Path
from typing import Any, Final

from cffi import FFI

_FOLDER = Path(__file__).parent


def _open(ffi: FFI, path: Path) -> Any:
    try:
        return ffi.dlopen(str(path))
    except OSError as error:
        raise ImportError(f"the compiled kernel cannot be loaded, `make env` builds it: {error}") from error


ffi: Final = FFI()
ffi.cdef((_FOLDER / "kernel.h").read_text(encoding="utf-8"))
kernel: Final[Any] = _open(ffi, _FOLDER / "_kernel.so")
