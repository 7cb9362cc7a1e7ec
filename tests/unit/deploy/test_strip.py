"""Compiled modules without what only debuggers read: they are smaller, and still do what they did."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import xxhash._xxhash
from programs import load

ROOT = Path(__file__).resolve().parent.parent.parent.parent
strip = load(ROOT / "deploy" / "strip.py")

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no ELF files")


def test_a_module_is_smaller_and_does_what_it_did(tmp_path: Path) -> None:
    content = Path(xxhash._xxhash.__file__).read_bytes()
    (tmp_path / f"_xxhash{sysconfig.get_config_var('EXT_SUFFIX')}").write_bytes(content)
    strip.main(tmp_path)
    [module] = tmp_path.iterdir()
    assert 1000 < module.stat().st_size < len(content)
    asked = "import _xxhash; print(_xxhash.__file__, _xxhash.xxh64_hexdigest(b'news'))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.split() == [str(module), xxhash.xxh64_hexdigest(b"news")]


def test_what_was_stripped_stays_as_it_is() -> None:
    once = strip.stripped(Path(xxhash._xxhash.__file__).read_bytes())
    assert strip.stripped(once) == once


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n" * 20, b"\x7fELF\x01\x01" + bytes(100)])
def test_what_is_no_module_of_64_bits_stays_as_it_is(content: bytes) -> None:
    assert strip.stripped(content) == content
