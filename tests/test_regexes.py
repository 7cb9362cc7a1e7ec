"""Every regular expression of the package takes time in proportion to its input, also where that is made to be slow.

Inputs come from the expression itself: whatever it may repeat is repeated, with what comes before it, and then broken
off.
"""

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from streams.text import boilerplate

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "streams").rglob("*.py"))
SMALL, LARGE = 2_000, 16_000  # characters
GROWING = [int(16 * 1.2**step) for step in range(27)]  # what takes exponential time is seen before it takes for ever
BREAKS = ("\x00", "!", "")


def _declared() -> Iterator[tuple[str, str]]:
    """Yield module and name of what is assigned a compiled expression."""
    for path in FILES:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            called = getattr(node, "value", None)
            called = called.value if isinstance(called, ast.Attribute) else called
            if (
                isinstance(target, ast.Name)
                and isinstance(called, ast.Call)
                and ast.unparse(called.func) == "re.compile"
            ):
                yield module, target.id


DECLARED = sorted(_declared())


def _use(module: str, name: str) -> str:
    """Return how an expression is used: from the beginning, as a whole, or anywhere."""
    if not isinstance(given := getattr(importlib.import_module(module), name), re.Pattern):
        return str(given.__name__)
    text = Path(importlib.import_module(module).__file__ or "").read_text("utf-8")
    used = set(re.findall(rf"\b{name}\.(\w+)", text)) - {"pattern"}
    return next(iter(used)) if used in ({"match"}, {"fullmatch"}) else "search"


def _sample(parts: Any) -> str:
    """Return a text that an expression matches, more or less."""
    return "".join(_one(kind, value) for kind, value in parts)


def _one(kind: Any, value: Any) -> str:
    name = str(kind)
    if name == "LITERAL":
        return chr(value)
    if name == "NOT_LITERAL":
        return "b" if value == ord("a") else "a"
    if name == "ANY":
        return "a"
    if name == "IN":
        return _member(value)
    if name == "BRANCH":
        return _sample(value[1][0])
    if name == "SUBPATTERN":
        return _sample(value[-1])
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return _sample(value[2]) * max(1, value[0])
    if name == "ATOMIC_GROUP":
        return _sample(value)
    return ""


def _member(choices: Any) -> str:
    matching = re.compile(_written(choices))
    return next((char for char in "a 0A<\t\n=-.,\u0301é" if matching.match(char)), "a")


def _written(choices: Any) -> str:
    """Return a set of characters as an expression again."""
    classes = {"CATEGORY_SPACE": r"\s", "CATEGORY_WORD": r"\w", "CATEGORY_DIGIT": r"\d",
               "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_NOT_WORD": r"\W", "CATEGORY_NOT_DIGIT": r"\D"}  # fmt: skip
    made = ""
    for kind, value in choices:
        name = str(kind)
        if name == "NEGATE":
            made += "^"
        elif name == "LITERAL":
            made += re.escape(chr(value))
        elif name == "RANGE":
            made += f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        else:
            made += classes[str(value)]
    return f"[{made}]"


def _attacks(parts: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield what comes before a repetition, and what is repeated."""
    for kind, value in parts:
        name = str(kind)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            unit = _sample(value[2])
            if value[1] is _constants.MAXREPEAT and unit:
                yield before, unit
                yield "", before + unit
            yield from _attacks(value[2], before)
        elif name == "SUBPATTERN":
            yield from _attacks(value[-1], before)
        elif name == "BRANCH":
            for choice in value[1]:
                yield from _attacks(choice, before)
        elif name == "ATOMIC_GROUP":
            yield from _attacks(value, before)
        before += _one(kind, value)
    if before:
        yield "", before


def _seconds(use: Callable[[Any], object], text: Any) -> float:
    took: list[float] = []
    while len(took) < 3 and sum(took) < 0.5:
        began = time.process_time()
        use(text)
        took.append(time.process_time() - began)
    return min(took)


def slow(expression: Any, method: str, most: int = LARGE) -> list[str]:
    """Return inputs for which the time of an expression grows faster than the input."""
    found, is_bytes = [], isinstance(expression.pattern, bytes)
    pattern = expression.pattern.decode("latin-1") if is_bytes else expression.pattern
    parts = _parser.parse(pattern, expression.flags & ~re.DEBUG & ~(re.UNICODE if is_bytes else 0))
    use = getattr(expression, method)
    for before, unit in sorted(set(_attacks(parts))):
        for end in BREAKS:

            def seconds(count: int, before: str = before, unit: str = unit, end: str = end) -> float:
                text = before + unit * (count // len(unit) + 1) + end
                return _seconds(use, text.encode("latin-1", "replace") if is_bytes else text)

            what = f"{before!r} {unit!r} {end!r}"
            if hung := next((count for count in GROWING if seconds(count) > 0.02), None):
                return [*found, f"{what}: over 20 ms for {hung} characters"]
            if (took := seconds(most)) > 0.004 and took > 3 * most / SMALL * seconds(SMALL):
                found.append(f"{what}: {took * 1000:.0f} ms for {most} characters")
    return found


@pytest.mark.parametrize(("module", "name"), DECLARED, ids=[f"{module}.{name}" for module, name in DECLARED])
def test_an_expression_takes_linear_time(module: str, name: str) -> None:
    given = getattr(importlib.import_module(module), name)
    expression = given if isinstance(given, re.Pattern) else given.__self__
    assert slow(expression, _use(module, name)) == []


@pytest.mark.parametrize(("name", "use"), [("taken_by", "search"), ("photo", "match")])
def test_an_expression_made_of_phrases_is_quick_on_the_lines_it_gets(name: str, use: str) -> None:
    assert slow(getattr(boilerplate.load(), name), use, 200) == []


def test_every_expression_is_one_of_these() -> None:
    text = "".join(path.read_text("utf-8") for path in FILES)
    assert text.count("re.compile(") == len(DECLARED) + 2 > 40


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"\s+$", r"(?:x|xx)+y", r"<[^>]*>.*</p>"])
def test_slow_ones_are_seen(pattern: Any) -> None:
    assert slow(re.compile(pattern, re.DOTALL), "search")
