"""Feed the compiled kernel mangled samples under the address and undefined-behaviour sanitizers: `make sanitize`.

Usage: python tests/fuzz/kernel.py [SECONDS [SEED]]. The library is built anew with gcc, into a copy of the package, and
this program starts itself again with the sanitizers loaded. Any bad access ends it with their report and exit code 1.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT))
_SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-g", "-O1")
_LANGUAGES = ["en", "ru", "uk", "ar", "he", "zh", "ja", "am", "th", "tr", "de", "ko", "fa", "", "xx", "my", "bn", "pl"]
_RANGES = [
    (0x20, 0x7F), (0x400, 0x450), (0x5D0, 0x5EB), (0x627, 0x64B), (0x4E00, 0x4E80), (0xE01, 0xE30), (0x1200, 0x1250),
    (0x1F600, 0x1F640), (0xD800, 0xD803), (0x2FFF0, 0x30010),
]  # fmt: skip
_SIGNS = [chr(point) for bounds in _RANGES for point in range(*bounds)] + [" "] * 200 + ["\n"] * 20
_NAMES = [
    "Paris,",
    "Texas",
    "Kyiv",
    "GA.",
    "U.K.",
    "UK",
    "Хан-Юнис",
    "Каховка",
    "غزة",
    "والفاشر",
    "בעזה",
    "加沙",
    "喀土穆",
    "በጋዛ",
    "St.",
    "Louis",
    "(AFP)",
    "--",
    "Mr",
    "D.C.",
    "in",
    "Goa",
]
_GAPS = [" ", " ", ", ", ". ", "\n", "-", ""]


def main(seconds: float, seed: int) -> int:
    """Build, and run the cases in a process that has the sanitizers."""
    from hatch_build import compile_kernel

    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "streams", Path(folder) / "streams", ignore=shutil.ignore_patterns("__pycache__"))
        native = Path(folder) / "streams" / "native"
        compile_kernel(native / "_kernel.so", _SANITIZERS)
        found = [
            subprocess.run(
                ["gcc", f"-print-file-name={name}"], check=True, capture_output=True, text=True
            ).stdout.strip()
            for name in ("libasan.so", "libubsan.so")
        ]
        environment = os.environ | {
            "LD_PRELOAD": " ".join(found), "ASAN_OPTIONS": "detect_leaks=0", "PYTHONPATH": folder, "KERNEL_CASES": "1",
        }  # fmt: skip
        command = [sys.executable, __file__, str(seconds), str(seed)]
        return subprocess.run(command, env=environment, cwd=folder, check=False).returncode


def _texts(random_: random.Random) -> str:
    from streams.samples import items

    kind = random_.random()
    if kind < 0.4:
        sample = random_.choice(items()).decode("utf-8", "replace")
        begin = random_.randrange(len(sample))
        return "".join(random_.choice(_SIGNS) if random_.random() < 0.02 else sign for sign in sample[begin:])
    if kind < 0.7:
        return "".join(random_.choices(_SIGNS, k=random_.randrange(400)))
    count = random_.randrange(random_.choice([5, 50, 6000]))
    return "".join(random_.choice(_NAMES) + random_.choice(_GAPS) for _ in range(count))


def cases(seconds: float, seed: int) -> int:
    """Run cases until the time is up; return how many."""
    from streams import geo
    from streams.pipeline import document_of
    from streams.text.fingerprint import fingerprint

    random_, gazetteer, until, count = random.Random(seed), geo.load(), time.monotonic() + seconds, 0
    while time.monotonic() < until:
        text = _texts(random_)
        title = text[: random_.randrange(80)].replace("\n", " ")
        document = document_of(
            title, text, random_.choice(_LANGUAGES), random_.choice([None, "a.de", "bbc.co.uk"]), None
        )
        geo.explain(document, gazetteer)
        geo.resolve(document, gazetteer)
        fingerprint(document.folded, document.language)
        count += 1
    return count


if __name__ == "__main__":
    for_seconds, with_seed = float((sys.argv[1:] or ["60"])[0]), int((sys.argv[2:] or ["0"])[0])
    if os.environ.get("KERNEL_CASES"):
        print(f"{cases(for_seconds, with_seed):,} cases, seed {with_seed}, no bad access")
    else:
        sys.exit(main(for_seconds, with_seed))
