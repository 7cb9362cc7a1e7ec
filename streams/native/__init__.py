"""The compiled kernel: the inner loops that Python is too slow for, in C.

`kernel.h` declares what there is. The library knows nothing of Python: arrays go in and out, so that one build serves
every version of it. It is called through cffi, which checks the types of the arguments.
"""

import zlib
from pathlib import Path
from typing import Any, Final

from cffi import FFI

_FOLDER = Path(__file__).parent


def _open(ffi: FFI, header: bytes) -> Any:
    path = _FOLDER / "_kernel.so"
    try:
        kernel = ffi.dlopen(str(path))
        fits = kernel.kernel_made_with() == zlib.crc32(header)
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path} cannot be loaded, `make env` builds it: {error}") from error
    if not fits:
        raise ImportError(f"{path} was made from other sources: `make env` builds it anew")
    return kernel


_HEADER: Final = (_FOLDER / "kernel.h").read_bytes()
ffi: Final = FFI()
ffi.cdef(_HEADER.decode())
kernel: Final[Any] = _open(ffi, _HEADER)
