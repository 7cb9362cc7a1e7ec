"""The shape of the code: layers, budgets and names, read from the source itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "streams"
FILES = sorted(PACKAGE.rglob("*.py"))
PURE = ("text", "dedup", "conflict", "geo", "alerts")
EDGES = ("worker", "feed", "kafka", "notify")
# Top-level edges: commands and the runs without Kafka; `metrics` is the catalogue of Prometheus metrics.
TOP_EDGES = ("cli", "offline", "bench", "explain", "tokens", "addresses", "offsets", "batches")
MAX_FILE, MAX_FUNCTION, MEDIAN_FUNCTION, MAX_NESTING = 300, 60, 10, 3


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _part(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def _imports(path: Path) -> Iterator[str]:
    """Yield the full names of what a file imports, whatever the nesting."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _imports_any(path: Path, *modules: str) -> list[str]:
    return [
        name for name in _imports(path) if any(name == module or name.startswith(module + ".") for module in modules)
    ]


def _id(path: Path) -> str:
    return _module(path)


@pytest.mark.parametrize("path", [path for path in FILES if _part(path) in PURE], ids=_id)
def test_pure_parts_know_neither_each_other_nor_the_edges(path: Path) -> None:
    others = [f"streams.{part}" for part in (*PURE, *EDGES, *TOP_EDGES) if part != _part(path)]
    forbidden = [*others, "streams.codec", "streams.topics", "streams.metrics", "streams.settings", "streams.pipeline"]
    effects = ["asyncio", "socket", "random", "secrets", "time", "os", "subprocess", "threading", "requests", "aiohttp"]
    assert _imports_any(path, *forbidden, *effects) == []


def test_filters_know_messages_and_folding_only() -> None:
    known = ("streams.errors", "streams.messages", "streams.text.fold")
    assert [name for name in _imports_any(PACKAGE / "filters.py", "streams") if not name.startswith(known)] == []


@pytest.mark.parametrize("path", [path for path in FILES if _part(path) in EDGES], ids=_id)
def test_edges_do_not_import_each_other(path: Path) -> None:
    assert _imports_any(path, *[f"streams.{part}" for part in EDGES if part != _part(path)]) == []


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_only_the_worker_imports_faust(path: Path) -> None:
    assert _part(path) == "worker" or _imports_any(path, "faust", "mode") == []


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_only_edges_do_io(path: Path) -> None:
    edge = _part(path) in (*EDGES, *TOP_EDGES)
    assert edge or _imports_any(path, "aiokafka", "asyncio", "aiohttp", "http", "socket") == []
    assert edge or _part(path) == "metrics" or _imports_any(path, "prometheus_client") == []


def _reads_environment(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    attributes = [
        node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    return any(node.value.id == "os" and node.attr in ("environ", "getenv") for node in attributes)  # type: ignore[attr-defined]


def test_only_settings_reads_the_environment() -> None:
    # Subprocesses get a changed copy of the environment; that is passing it on, not reading settings from it.
    passing_on = {"streams.kafka.broker", "streams.kafka.demo"}
    readers = {_module(path) for path in FILES if _reads_environment(path)}
    assert readers - passing_on == {"streams.settings"}


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.[ch]")), ids=lambda path: path.name)
def test_files_in_c_keep_the_same_budgets(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("/* ")
    assert len(lines) <= MAX_FILE
    assert max(map(len, lines)) <= 120
    bodies = re.findall(r"^\S[^\n;]*\) \{\n(.*?)^\}", "\n".join(lines), re.DOTALL | re.MULTILINE)
    assert max([body.count("\n") + 2 for body in bodies], default=0) <= MAX_FUNCTION


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_functions_are_small() -> None:
    lengths = {f"{_module(path)}.{f.name}": _length(f) for path in FILES for f in _functions(path)}
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION} == {}
    assert median(lengths.values()) <= MEDIAN_FUNCTION


_BLOCKS = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def _nesting(node: ast.AST, depth: int = 0) -> int:
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, _nesting(child, depth + (isinstance(child, _BLOCKS) and not is_elif)))
    return deepest


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_nesting_is_flat(path: Path) -> None:
    assert {f.name: _nesting(f) for f in _functions(path) if _nesting(f) > MAX_NESTING} == {}


def _public_without_docstring(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    members = [m for n in nodes if isinstance(n, ast.ClassDef) and not n.name.startswith("_") for m in n.body
               if isinstance(m, ast.FunctionDef | ast.AsyncFunctionDef)]  # fmt: skip
    return [n.name for n in [*nodes, *members] if not n.name.startswith("_") and not ast.get_docstring(n)]


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_everything_public_says_what_it_promises(path: Path) -> None:
    assert (
        ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or not path.read_text(encoding="utf-8").strip()
    )
    assert _public_without_docstring(path) == []


def _broad_handlers(path: Path) -> list[int]:
    """Return lines of handlers that catch everything and do not raise."""
    broad = ("Exception", "BaseException")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in broad))
        and not any(isinstance(inner, ast.Raise | ast.Call) for inner in ast.walk(node))
    ]


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_no_error_is_swallowed(path: Path) -> None:
    assert _broad_handlers(path) == []
