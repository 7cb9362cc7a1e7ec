from pathlib import Path

import numpy as np
import pytest

from streams.errors import ConfigError
from streams.geo import arrays


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    written = {
        "one": np.array([3, 1, 2], np.uint64),
        "two": np.array([], np.float32),
        "three": np.arange(7, dtype=np.uint8),
    }
    arrays.write(path, {"version": "x"}, written)
    meta, read = arrays.read(path)
    assert meta == {"version": "x"}
    assert {name: array.tolist() for name, array in read.items()} == {"one": [3, 1, 2], "two": [], "three": [*range(7)]}
    assert all(not array.flags.writeable for array in read.values())


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        arrays.write(tmp_path / name, {"version": "1"}, {"x": np.arange(5)})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("content", [b"", b"something else, long enough to have a header"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"other\.bin"):
        arrays.read(path)


def test_a_mapped_file_stays_what_it_was_when_a_new_one_is_written(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    arrays.write(path, {}, {"x": np.arange(100)})
    _, old = arrays.read(path)
    arrays.write(path, {}, {"x": np.zeros(3, np.int64)})
    assert old["x"].tolist() == [*range(100)]
    assert arrays.read(path)[1]["x"].tolist() == [0, 0, 0]
    assert [file.name for file in tmp_path.iterdir()] == ["file.bin"]
