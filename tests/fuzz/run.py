"""Mangle what is known to be read, for so many seconds, and keep what breaks or slows a reader: `make fuzz`.

    python tests/fuzz/run.py [--seconds 60] [--seed N] [TARGET…]

Each target gets an equal share of the time. Exit code 1, and the input in tests/fuzz/corpus/TARGET/, when a target
raised what it may not, or three times over took longer than 50 ms of processor time and 1.5 s more for each MiB.
"""

import argparse
import hashlib
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from targets import TARGETS  # noqa: E402

from streams import samples  # noqa: E402

CORPUS = Path(__file__).resolve().parent / "corpus"
SECONDS, SECONDS_A_BYTE, MOST_BYTES = 0.05, 1.5 / (1 << 20), 1 << 20
_TOKENS = [
    b"<", b">", b"&#x41;", b"<!--", b"]]>", b"<script>", b"<![CDATA[", b"&amp;" * 50, b"<p>" * 50, b"\x00",
    b"\xff\xfe", b"{", b"[" * 50, b'"', b"\\u0000", b"\\ud800", b"%00", b"%zz", b"://", b"@", b"[::1]",
    b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xcc\x81" * 50, b"\x1b[2J", b"\r\n", b"1e999", b"-0", b"9" * 40, b"null",
    b"a" * 100, b"\xf0\x9f\x8f\xb4", b"\xd8\xa7" * 50, b"A, B, " * 50,
]  # fmt: skip


def corpus(name: str) -> list[bytes]:
    """Return what is kept for a target, and the samples."""
    kept = [file.read_bytes() for file in sorted((CORPUS / name).glob("*")) if file.is_file()]
    return kept + list(samples.items())[::9]


def mangled(rng: random.Random, seeds: list[bytes]) -> bytes:
    """Return one input made from others: cut, doubled, crossed, with tokens and random bytes put in."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 6)):
        at, to = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
        match rng.randrange(6):
            case 0:
                data[at:at] = rng.choice(_TOKENS)
            case 1:
                del data[at : min(to, at + 50)]
            case 2:
                data[at:at] = data[at : min(to, at + 200)] * rng.choice((1, 2, 40))
            case 3:
                other = rng.choice(seeds)
                data[at:at] = other[: rng.randint(0, len(other))]
            case 4:
                data[at:at] = rng.randbytes(rng.randint(1, 8))
            case _:
                if data:
                    data[min(at, len(data) - 1)] = rng.randrange(256)
    return bytes(data[:MOST_BYTES])


def long_ones(seeds: list[bytes]) -> Iterator[bytes]:
    """Yield inputs of 1 MiB, each of one thing again and again: what is worse than linear shows."""
    for token in [*_TOKENS, b" ", b"\n", b"a ", b"Paris ", b"<a href=x>", b"- ", b"?a=1&", b"http://a/"]:
        yield (token * (MOST_BYTES // len(token) + 1))[:MOST_BYTES]
    for seed in seeds[-3:]:
        yield (seed * (MOST_BYTES // max(1, len(seed)) + 1))[:MOST_BYTES]


def wrong(name: str, data: bytes) -> str:
    """Return what is wrong with how a target takes an input, or nothing."""
    target, allowed = TARGETS[name]
    for _ in range(3):
        began = time.process_time()
        try:
            target(data)
        except allowed:
            pass
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            return f"{type(error).__name__}: {error}"
        took = time.process_time() - began
        if took <= SECONDS + SECONDS_A_BYTE * len(data):
            return ""
    return f"{took * 1000:.0f} ms for {len(data)} bytes"


def fuzz(name: str, seconds: float, seed: int, long: bool) -> tuple[int, dict[bytes, str]]:
    """Return how many inputs were tried in the time, and what was wrong with which."""
    rng, seeds, found, count = random.Random(seed), corpus(name), {}, 0
    inputs, begin = long_ones(seeds) if long else iter(()), time.monotonic()
    while (spent := time.monotonic() - begin) < seconds:
        data = (next(inputs, None) if spent < seconds / 4 else None) or mangled(rng, seeds)
        count += 1
        if problem := wrong(name, data):
            found[data] = problem
    return count, found


def main() -> int:
    """Fuzz, tell, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    asked = parser.parse_args()
    names = asked.targets or list(TARGETS)
    print(f"seed {asked.seed}")
    bad = 0
    for name in names:
        count, found = fuzz(name, asked.seconds / len(names), asked.seed, long=True)
        print(f"{name:12} {count:8} inputs, {len(found)} problems", flush=True)
        for data, problem in list(found.items())[:5]:
            bad += 1
            file = CORPUS / name / hashlib.sha256(data).hexdigest()[:12]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            print(f"    {problem[:150]}  → {file.relative_to(ROOT)}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
