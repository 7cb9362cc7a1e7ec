"""Reads the data files into a registry; whatever is wrong in them is named with file and line."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from streams.conflict.matcher import compile_patterns
from streams.conflict.model import FIGURES, REASONS, SEAT, TABLES, Conflict, Owner, Registry
from streams.conflict.variants import Term, parse_term
from streams.errors import ConfigError

Fold = Callable[[str], str]
Value = TypeVar("Value")
Entry = tuple[Term, str, Owner]
Source = tuple[Path, Mapping[str, Any]]  # the table of a conflict and its file

_HERE: Final = Path(__file__).parent
_POINTS: Final = {"names": 4.0, "actors": 3.2, "places": 1.7, "hints": 0.9}
_MARKED: Final = (0.0, 2.5, 3.4)  # points at least, by the number of `!`
_PAIR: Final = 1.6
_ACRONYMS: Final = (1.8, 2.6)  # points of an unmarked term in capitals, short and long: other bodies may share it
_SHORT_ACRONYM: Final = 3
_VOCABULARY: Final = {
    "war": ("context", 1.0), "violence": ("context", 0.65), "crime": ("context", 0.5), "talks": ("context", 0.35),
    "sport": ("against", 1.3), "screen": ("against", 0.8), "court": ("against", 0.4), "history": ("against", 0.7),
    "disaster": ("against", 1.0), "health": ("against", 0.6), "business": ("against", 0.5),
    "labour": ("against", 0.8), "election": ("against", 0.5), "leisure": ("against", 0.7),
    "mask": ("mask", 0.0), "negation": ("negation", 0.0), "denial": ("denial", 0.0),
}  # fmt: skip
_FIELDS: Final = frozenset(
    ("slug", "name", "ucdp", "wikidata", "countries", "parties", "start", "end", "peak", "sides", "pair", "background",
     "criminal", "terms_of", *TABLES)
)  # fmt: skip


def load(fold_name: Fold, more: Path | None = None, root: Path = _HERE) -> Registry:
    """Load the registry that ships, and the wars of the TOML files in the folder `more`, terms folded by `fold_name`.

    A war of `more` replaces one that ships under the same slug. `root` is where vocabulary, groups and `registry/` lie.
    Raises ConfigError with file and line for a malformed file, an unknown field, group or slug, or an unusable term,
    and when `more` has no TOML file.
    """
    groups = _read_groups(root)
    shipped, added = sorted((root / "registry").glob("*.toml")), _added(more)
    sources = {**_sources(shipped), **_sources(added)}
    conflicts = {slug: _conflict(path, table, groups) for slug, (path, table) in sources.items()}
    entries = [
        *_conflict_terms(sources, fold_name),
        *_group_terms(root, groups, conflicts, fold_name),
        *_vocabulary_terms(root, fold_name),
    ]
    languages = frozenset(path.stem for path in (root / "vocabulary").glob("*.toml"))
    automata, patterns, owners = compile_patterns(entries, languages)
    by_country = _index((code, slug) for slug, conflict in conflicts.items() for code in conflict.background)
    return Registry(
        version=_version(root, added),
        conflicts=conflicts,
        automata=automata,
        patterns=patterns,
        leads=frozenset(number for number, found in enumerate(owners) if any(_leads(o, by_country) for o in found)),
        by_side=_index(
            (group, (slug, number))
            for slug, conflict in sorted(conflicts.items())
            for number, side in enumerate(conflict.sides or (), 1)
            for group in sorted(side)
        ),
        by_country=by_country,
        namesakes=_read_namesakes(root),
    )


def _added(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    if found := sorted(folder.glob("*.toml")):
        return found
    raise ConfigError(f"{folder}: a folder with .toml files of conflicts is needed, or none")


def _sources(files: Iterable[Path]) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for path in files:
        for table in _read_toml(path).get("conflict", []):
            slug = str(table.get("slug", ""))
            if not slug or not table.get("name"):
                raise _error(path, slug or "[[conflict]]", "a conflict needs a slug and a name")
            if slug in found:
                raise _error(path, slug, f"slug {slug!r} stands twice")
            found[slug] = path, table
    return found


def _leads(owner: Owner, by_country: Mapping[str, Any]) -> bool:
    return owner.kind == "term" or (owner.kind == "group" and (not owner.key.isupper() or owner.key in by_country))


def _error(path: Path, needle: str, message: str) -> ConfigError:
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next((number for number, text in enumerate(lines, 1) if needle in text), 1)
    return ConfigError(f"{path}:{line}: {message}")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _conflict(path: Path, table: Mapping[str, Any], groups: Mapping[str, Any]) -> Conflict:
    slug = table["slug"]
    if unknown := set(table) - _FIELDS:
        raise _error(path, f'"{slug}"', f"{slug}: unknown field {min(unknown)!r}")
    sides = tuple(frozenset(side) for side in table.get("sides", ()))
    if sides and (len(sides) != 2 or not all(sides)):
        raise _error(path, f'"{slug}"', f"{slug}: sides must be two lists of groups")
    if missing := {group for side in sides for group in side if group not in groups}:
        raise _error(path, min(missing), f"{slug}: no group or country {min(missing)!r}")
    if missing := set(table.get("background", ())) - set(groups):
        raise _error(path, f'"{slug}"', f"{slug}: no country {min(missing)!r}")
    return Conflict(
        slug=slug,
        name=table["name"],
        ucdp=_typed(path, table, "ucdp", int),
        wikidata=_typed(path, table, "wikidata", str),
        countries=tuple(table.get("countries", ())),
        parties=dict(table.get("parties", {})),
        start=_typed(path, table, "start", date),
        end=_typed(path, table, "end", date),
        peak=_typed(path, table, "peak", date),
        sides=cast(tuple[frozenset[str], frozenset[str]], sides) or None,
        background=dict(table.get("background", {})),
        lands=frozenset((*table.get("countries", ()), *table.get("background", ()))),
        criminal=bool(table.get("criminal", False)),
        terms_of=_typed(path, table, "terms_of", str),
        pair=float(table.get("pair", _PAIR)),
    )


def _typed(path: Path, table: Mapping[str, Any], field: str, kind: type) -> Any:
    value = table.get(field)
    if value is not None and not isinstance(value, kind):
        raise _error(path, str(value), f"{table['slug']}: {field} must be {kind.__name__}, not {value!r}")
    return value


def _terms(path: Path, language: str, text: object, fold_name: Fold) -> Iterable[Term]:
    if not isinstance(text, str):
        raise _error(path, str(text), f"terms must be one string, separated by commas, not {text!r}")
    terms = []
    for source in text.split(","):
        if not source.strip():
            continue
        term = parse_term(source, language, fold_name)
        if len(term.text) < 2 and term.text.isascii():
            raise _error(path, source.strip(), f"term {source.strip()!r} is too short")
        terms.append(term)
    return dict.fromkeys(terms)


def _conflict_terms(sources: Mapping[str, Source], fold_name: Fold) -> Iterator[Entry]:
    for slug, (path, table) in sources.items():
        origin = table.get("terms_of", slug)
        if origin not in sources:
            raise _error(path, str(origin), f"{slug}: no conflict {origin!r} to take terms of")
        for file, shown in {origin: sources[origin], slug: (path, table)}.values():
            yield from _table_terms(slug, file, shown, fold_name)


def _table_terms(slug: str, path: Path, table: Mapping[str, Any], fold_name: Fold) -> Iterator[Entry]:
    for name in TABLES:
        for language, text in table.get(name, {}).items():
            for term in _terms(path, language, text, fold_name):
                language_bound = language if term.ambiguous else None
                reason = SEAT if name == "places" and term.marks > 1 else REASONS[name]
                owner = Owner("term", slug, term.text, _points(name, term), reason, language_bound, term.case)
                yield term, language, owner


def _points(table: str, term: Term) -> float:
    acronym = _ACRONYMS[len(term.text) > _SHORT_ACRONYM]
    base = min(_POINTS[table], acronym) if term.case == "all" and table != "names" else _POINTS[table]
    return max(base, _MARKED[min(term.marks, 2)])


def _read_groups(root: Path) -> dict[str, dict[str, str]]:
    """Groups by name: the armed groups of `groups.toml` and, by their codes, the countries of `countries.tsv`."""
    groups: dict[str, dict[str, str]] = dict(_read_toml(root / "groups.toml"))
    for code, language, terms in _rows(root / "countries.tsv", 3):
        groups.setdefault(code, {})[language] = terms
    return groups


def _read_namesakes(root: Path) -> frozenset[str]:
    path = root / "namesakes.tsv"
    codes = {row[0] for row in _rows(path, 2)}
    if wrong := [code for code in codes if len(code) != 2 or not code.isupper()]:
        raise _error(path, min(wrong), f"{min(wrong)!r} is no country code")
    return frozenset(codes)


def _rows(path: Path, columns: int) -> Iterator[list[str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != columns:
            raise ConfigError(f"{path}:{number}: expected {columns} cells separated by tabs, not {len(cells)}")
        yield cells


def _group_terms(
    root: Path, groups: Mapping[str, Mapping[str, str]], conflicts: Mapping[str, Conflict], fold_name: Fold
) -> Iterator[Entry]:
    """Yield the terms of the groups and countries that some conflict asks for."""
    wanted = {
        group for c in conflicts.values() for group in (*c.background, *(g for side in c.sides or () for g in side))
    }
    for group in sorted(wanted):
        path = root / ("countries.tsv" if group.isupper() else "groups.toml")
        for language, text in groups[group].items():
            for term in _terms(path, language, text, fold_name):
                yield term, language, Owner("group", group, term.text, 1.0, "party", None, term.case)


def _vocabulary_terms(root: Path, fold_name: Fold) -> Iterator[Entry]:
    for path in sorted((root / "vocabulary").glob("*.toml")):
        content = _read_toml(path)
        figures = list(_terms(path, path.stem, content.pop("figures", ""), fold_name))
        for name, text in content.items():
            if name not in _VOCABULARY:
                raise _error(path, name, f"unknown class {name!r}; one of figures, {', '.join(_VOCABULARY)}")
            kind, points = _VOCABULARY[name]
            for term in _terms(path, path.stem, text, fold_name):
                key = FIGURES if kind == "context" and any(_is_of(term, figure) for figure in figures) else name
                yield term, path.stem, Owner(cast(Any, kind), key, term.text, points, name, path.stem, term.case)


def _is_of(term: Term, figure: Term) -> bool:
    return term.text == figure.text or (figure.open_ended and term.text.startswith(figure.text))


def _index(entries: Iterable[tuple[str, Value]]) -> dict[str, tuple[Value, ...]]:
    found: dict[str, list[Value]] = {}
    for key, value in entries:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def _version(root: Path, added: Iterable[Path]) -> str:
    files = [
        root / "groups.toml",
        root / "countries.tsv",
        root / "namesakes.tsv",
        *sorted(root.glob("registry/*")),
        *sorted(root.glob("vocabulary/*")),
        *added,
    ]
    return sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:12]
