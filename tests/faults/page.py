"""Fill the table of docs/reliability.md from results.jsonl: `python tests/faults/page.py`."""

import re
from collections.abc import Iterator
from pathlib import Path

import results

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def tests() -> list[str]:
    """Return the names of all tests, in the order of the long version."""
    texts = (Path(__file__).with_name(f"test_{name}.py").read_text() for name in results.TOLD)
    return [name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)]


def conditions() -> Iterator[str]:
    """Yield seeds, loads and days."""
    found = [result for result in results.read().values() if result["passed"]]
    seeds, days = ({str(result[what])[:10] for result in found} for what in ("seed", "made"))
    loads = [result["load"] for result in found]
    yield (
        f"{len(found)} runs; STREAMS_TEST_SEED={' or '.join(sorted(seeds))}; "
        f"{' to '.join(sorted(days))}; load average {min(loads)} to {max(loads)} (this one included)."
    )


def long() -> Iterator[str]:
    """Yield what each test found with each delivery."""
    found = results.read()
    yield "| test | at least once | exactly once |"
    yield "|---|---|---|"
    for test in tests():
        cells = (cell(found.get((test, delivery))) for delivery in results.DELIVERIES)
        yield f"| {test.removeprefix('test_').replace('_', ' ')} | {' | '.join(cells)} |"


def cell(result: results.Result | None) -> str:
    """Return a result in words; nothing but what was run."""
    if result is None:
        return "not run"
    part = "" if result["part"] == 1 else f" (of the long version {result['part']:g})"
    return f"{'' if result['passed'] else '**failed**: '}{results.words(result)}{part}"


def main() -> None:
    """Write the table."""
    tables = {"conditions": conditions, "long": long}
    text = PAGE.read_text(encoding="utf-8")
    filled = MARKED.sub(lambda found: found[1] + "\n".join(tables[found[2]]()) + "\n" + found[3], text)
    PAGE.write_text(filled, encoding="utf-8")


if __name__ == "__main__":
    main()
