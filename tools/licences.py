"""Print the licence of every part of a bill of materials (CycloneDX JSON), and refuse those one cannot ship with.

python -m tools.licences dist/sbom.json
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Of the choices an expression leaves, one must not bind whoever ships the image to the licence of the whole.
_REFUSED = re.compile(r"\b[AL]?GPL|\bSSPL|\bBUSL|General Public|Proprietary|Commercial", re.IGNORECASE)


def names(component: dict[str, Any]) -> list[str]:
    """Return what a component declares: SPDX expressions or ids, or names in words."""
    entries = component.get("licenses", ())
    return [one.get("expression") or one["license"].get("id") or one["license"]["name"] for one in entries]


def problem(component: dict[str, Any]) -> str:
    """Return why a component cannot be shipped, nothing when it can."""
    declared = names(component)
    if not declared:
        return "it declares no licence"
    choices = [re.split(r"\s+OR\s+", one) for one in declared]
    refused = [one for one in choices if all(_REFUSED.search(choice) for choice in one)]
    return f"its licence is {' '.join(refused[0])}" if refused else ""


def report(sbom: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a line and its problem for each component, in the order of the alphabet."""
    for component in sorted(sbom["components"], key=lambda one: one["name"].lower()):
        line = f"{component['name']:24} {component.get('version', ''):12} {'; '.join(names(component))}"
        yield line.rstrip(), problem(component)


def main(path: Path) -> int:
    """Print the report; exit code 1 when there is a problem."""
    lines = list(report(json.loads(path.read_text(encoding="utf-8"))))
    for line, wrong in lines:
        print(f"{line}    PROBLEM: {wrong}" if wrong else line)
    return int(any(wrong for _, wrong in lines))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
