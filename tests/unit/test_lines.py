"""Lines come out as they are, whatever the pieces, and none fills the memory."""

from hypothesis import given
from hypothesis import strategies as st

from streams.lines import Cutter


@given(st.lists(st.binary(max_size=12).map(lambda piece: piece.replace(b"a", b"\n"))))
def test_pieces_make_no_difference(pieces: list[bytes]) -> None:
    cutter = Cutter()
    found = [line for piece in pieces for line in cutter.cut(piece)]
    assert [*found, cutter.rest()] == b"".join(pieces).split(b"\n")


def test_a_line_without_end_is_cut() -> None:
    cutter = Cutter(100)
    assert [line for _ in range(1000) for line in cutter.cut(b"x" * 10)] == []
    assert cutter.cut(b"y\nz") == [b"x" * 100 + b"y"]
    assert cutter.rest() == b"z"
