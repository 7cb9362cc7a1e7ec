"""Mangle what is known to be read, and keep what breaks or slows a reader: `make fuzz`.

    python tests/fuzz/run.py [--cases 1000000] [--seconds 1200] [--seed N] [--again] [TARGET…]

Each target gets so many inputs, or so much processor time, whichever is reached first; what was done before counts, so
a run that was stopped goes on (`--again` begins anew). First come the inputs of bombs.py. Exit code 1, and the input in
tests/fuzz/corpus/TARGET/, when a target raised what it may not, or three times over took longer than 50 ms of processor
time. Inputs with an outcome not seen before are mangled further.
"""

import argparse
import hashlib
import json
import random
import re
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from bombs import MIB, bombs, slowness  # noqa: E402
from targets import SECONDS, TARGETS, TOKENS, seeds  # noqa: E402

CORPUS, STATE = Path(__file__).resolve().parent / "corpus", ROOT / ".streams" / "fuzz"
_LARGEST_SEED, _MOST_KEPT, _PROGRESS = 1 << 14, 20, 20.0
_TOKENS = [
    b"<", b">", b"&#x41;", b"<!--", b"]]>", b"<script>", b"<![CDATA[", b"&amp;" * 50, b"<p>" * 50, b"\x00",
    b"\xff\xfe", b"{", b"[" * 50, b'"', b"\\u0000", b"\\ud800", b"%00", b"%zz", b"://", b"@", b"[::1]",
    b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xcc\x81" * 50, b"\x1b[2J", b"\r\n", b"1e999", b"-0", b"9" * 40, b"null",
    b"a" * 100, b"\xf0\x9f\x8f\xb4", b"\xd8\xa7" * 50, b"A, B, " * 50,
]  # fmt: skip
_VARIES = re.compile(r"\d+|'[^']*'|\"[^\"]*\"")


def corpus(name: str) -> list[bytes]:
    """Return what is kept for a target, what it begins with, and the samples."""
    kept = [file.read_bytes() for file in sorted((CORPUS / name).glob("*")) if file.is_file()]
    return kept + seeds(name)


def mangled(rng: random.Random, seeds: list[bytes], tokens: list[bytes] = _TOKENS) -> bytes:
    """Return one input made from others: cut, doubled, crossed, with tokens and random bytes put in."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 6)):
        at, to = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
        match rng.randrange(6):
            case 0:
                data[at:at] = rng.choice(tokens)
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
    return bytes(data[:MIB])


def tried(name: str, data: bytes) -> tuple[str, str]:
    """Return what is wrong with how a target takes an input, or nothing, and of what kind its answer is."""
    target, allowed = TARGETS[name]
    most, took = SECONDS.get(name, 0.05), 0.0
    for _ in range(3):
        began = time.process_time()
        try:
            answer: object = target(data)
        except allowed as error:
            answer = error
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            return f"{type(error).__name__}: {error}"[:200], ""
        took = time.process_time() - began
        if took <= most or took <= most * slowness():
            return "", _kind(answer)
    return f"{took * 1000:.0f} ms for {len(data)} bytes", ""


def _kind(answer: object) -> str:
    if not isinstance(answer, Exception):
        return f"{type(answer).__name__} {len(repr(answer)).bit_length()}"
    return f"{type(answer).__name__} {_VARIES.sub('', str(answer).partition(': ')[2][:200])[:60]}"


def wrong(name: str, data: bytes) -> str:
    """Return what is wrong with how a target takes an input, or nothing."""
    return tried(name, data)[0]


def keep(name: str, data: bytes, problem: str) -> None:
    """Write an input that something is wrong with to the corpus, unless it has many already, and say so."""
    file = CORPUS / name / hashlib.sha256(data).hexdigest()[:12]
    if file.parent.exists() and len(list(file.parent.iterdir())) >= _MOST_KEPT:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    print(f"    {problem[:150]}  → {file.relative_to(ROOT)}", flush=True)


def fuzz(name: str, cases: int, seconds: float, seed: int, again: bool) -> int:
    """Try inputs until there were so many, or the processor time is up; return how many had something wrong."""
    file = STATE / f"{name}.json"
    done: dict[str, Any] = {"cases": 0, "seconds": 0.0, "found": 0, "seeds": [seed], "answers": 0}
    if file.exists() and not again:
        done = json.loads(file.read_text()) | {"answers": 0}
        done["seeds"].append(seed)
    elif again or not done["cases"]:
        for data in bombs(name).values():
            done["found"] += _told(name, data)
    rng, tokens = random.Random(f"{name} {seed}"), [*_TOKENS, *TOKENS.get(name, [])]
    known = [data for data in corpus(name) if len(data) < _LARGEST_SEED]
    seen = {answer for data in known if (answer := tried(name, data)[1])}
    began = saved = time.process_time()
    before, count = done["seconds"], 0
    while done["cases"] < cases and done["seconds"] < seconds:
        data = mangled(rng, known, tokens)
        problem, answer = tried(name, data)
        done["cases"] += 1
        count += 1
        if problem:
            done["found"] += 1
            keep(name, data, problem)
        elif answer not in seen and len(data) < _LARGEST_SEED:
            seen.add(answer)
            known.append(data)
        now = time.process_time()
        done["seconds"] = before + now - began
        if now - saved > _PROGRESS:
            saved = now
            _save(file, done | {"answers": len(seen)})
    _save(file, done | {"answers": len(seen)})
    return int(done["found"])


def _told(name: str, data: bytes) -> bool:
    problem = wrong(name, data)
    if problem:
        keep(name, data, problem)
    return bool(problem)


def _save(file: Path, done: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(done))
    print(
        f"{file.stem:12} {done['cases']:9,} inputs {done['seconds']:6.0f} s {done['answers']:5} kinds of answers"
        f" {done['found']:3} problems",
        flush=True,
    )


def main() -> int:
    """Fuzz, tell, keep."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--cases", type=int, default=1_000_000, help="inputs for each target")
    parser.add_argument("--seconds", type=float, default=1200, help="processor time for each target")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--again", action="store_true", help="begin anew")
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    found = [fuzz(name, asked.cases, asked.seconds, asked.seed, asked.again) for name in asked.targets or TARGETS]
    return int(any(found))


if __name__ == "__main__":
    sys.exit(main())
