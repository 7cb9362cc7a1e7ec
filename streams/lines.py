"""Bytes to lines, however the bytes come, in bounded memory."""

from typing import Final

LONGEST: Final = 64 << 20  # bytes; a longer line is cut about there: it is far beyond what a raw item may have


class Cutter:
    """Cuts pieces of bytes into lines. A line without end fills no memory, and costs no more than its length."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest, self._rest, self._size = longest, list[bytes](), 0

    def cut(self, piece: bytes) -> list[bytes]:
        """Return the lines that end in a piece, without their ends."""
        *whole, last = piece.split(b"\n")
        if whole:
            whole[0] = self.rest() + whole[0]
        if self._size < self._longest:
            self._rest.append(last)
            self._size += len(last)
        return whole

    def rest(self) -> bytes:
        """Return what has come of a line that has not ended, and begin the next one."""
        rest, self._rest, self._size = b"".join(self._rest), [], 0
        return rest
