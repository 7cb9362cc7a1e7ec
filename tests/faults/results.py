"""What the long version has found: a line a test in results.jsonl, from which page.py fills docs/reliability.md."""

import json
import os
import time
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("results.jsonl")
TOLD = ("workers", "brokers", "poison", "state", "time", "pressure", "real_items")
"""The files of the tests, in the order in which they are run and told of."""
DELIVERIES = ("at-least-once", "exactly-once")
Result = dict[str, Any]
Figures = dict[str, float | str]
"""Number (or words) by what it counts, so that `3 kills` is {"kills": 3}."""


def note(test: str, delivery: str, passed: bool, seconds: float, figures: Figures, **more: object) -> None:
    """Append the result of a test, and say it."""
    made = time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime())
    line = {"test": test, "delivery": delivery, "passed": passed, "seconds": round(seconds), **more,
            "load": round(os.getloadavg()[2], 1), "made": made, "figures": figures}  # fmt: skip
    with FILE.open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(f"\n{test} {delivery}: {'passed' if passed else 'FAILED'}, {words(line)}")


def read() -> dict[tuple[str, str], Result]:
    """Return the last result of each test and delivery."""
    lines = FILE.read_text().splitlines() if FILE.exists() else []
    return {(result["test"], result["delivery"]): result for result in map(json.loads, lines)}


def words(result: Result) -> str:
    """Return the figures of a result and how long it took."""
    shown = [f"{value:,} {what}" if isinstance(value, int | float) else f"{value} {what}"
             for what, value in result["figures"].items()]  # fmt: skip
    return ", ".join([*shown, f"{result['seconds']:,} s"])
