import csv
import os
import shutil
from pathlib import Path

import pytest

import streams.conflict
from streams.conflict import Registry, classify, load
from streams.errors import ConfigError
from streams.text.fold import fold_name

from .conftest import make_document

SHIPPED = Path(streams.conflict.__file__).parent
ENTRY = """
[[conflict]]
slug = "testland"
name = "Testland: Government"
countries = ["XK"]
[conflict.actors]
en = "Quuxian rebels"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped vocabulary and groups, and an empty registry."""
    shutil.copytree(SHIPPED / "vocabulary", tmp_path / "vocabulary")
    for name in ("groups.toml", "countries.tsv", "namesakes.tsv"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    (tmp_path / "registry").mkdir()
    return tmp_path


def test_a_new_war_needs_no_code(folder: Path) -> None:
    (folder / "registry" / "new.toml").write_text(ENTRY, encoding="utf-8")
    registry = load(fold_name, root=folder)
    found = classify(make_document("Quuxian rebels shell a town"), (), (), registry)
    assert [match.id for match in found] == ["testland"]


def test_a_folder_adds_wars_to_those_that_ship(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "tomorrow.toml").write_text(ENTRY, encoding="utf-8")
    more = load(fold_name, tmp_path)
    assert more.conflicts.keys() == {*registry.conflicts, "testland"}
    assert more.version != registry.version
    document = make_document("Quuxian rebels shell a town, Hamas and Israel deny any part in it")
    assert {match.id for match in classify(document, (), (), more)} >= {"testland", "israel-palestine"}


def test_a_war_of_the_folder_replaces_the_one_that_ships(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "tomorrow.toml").write_text(ENTRY.replace("testland", "sudan"), encoding="utf-8")
    more = load(fold_name, tmp_path)
    assert more.conflicts.keys() == registry.conflicts.keys()
    assert more.conflicts["sudan"].name == "Testland: Government"
    assert classify(make_document("RSF shells El Fasher in Darfur"), (), (), more) == ()


def test_a_folder_without_wars_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=str(tmp_path)):
        load(fold_name, tmp_path / "nowhere")


def test_the_version_follows_the_data(folder: Path) -> None:
    file = folder / "registry" / "new.toml"
    file.write_text(ENTRY, encoding="utf-8")
    first = load(fold_name, root=folder).version
    assert load(fold_name, root=folder).version == first
    file.write_text(ENTRY.replace("rebels", "fighters"), encoding="utf-8")
    assert load(fold_name, root=folder).version != first


@pytest.mark.parametrize(
    ("entry", "line", "words"),
    [
        (ENTRY + ENTRY, 3, "twice"),
        (ENTRY.replace("countries", "contries"), 3, "contries"),
        (ENTRY.replace('["XK"]', '["XK"]\nsides = [["XK"], ["nobody"]]'), 6, "nobody"),
        (ENTRY.replace('["XK"]', '["XK"]\nsides = [["XK"]]'), 3, "two lists"),
        (ENTRY.replace('["XK"]', '["XK"]\nucdp = "many"'), 6, "ucdp"),
        (ENTRY.replace('["XK"]', '["XK"]\nbackground = { XX = 1.0 }'), 3, "XX"),
        (ENTRY.replace('["XK"]', '["XK"]\nterms_of = "nowhere"'), 6, "nowhere"),
        (ENTRY.replace('slug = "testland"\n', ""), 2, "slug"),
        (ENTRY.replace('"Quuxian rebels"', '["Quuxian rebels"]'), 1, "commas"),
        (ENTRY.replace("Quuxian rebels", "Quuxian rebels, q"), 7, "short"),
    ],
)
def test_a_wrong_entry_is_named_with_file_and_line(folder: Path, entry: str, line: int, words: str) -> None:
    file = folder / "registry" / "new.toml"
    file.write_text(entry, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load(fold_name, root=folder)
    assert str(error.value).startswith(f"{file}:{line}:")
    assert words in str(error.value)


def test_broken_toml_is_named_with_its_line(folder: Path) -> None:
    file = folder / "registry" / "new.toml"
    file.write_text('[[conflict]]\nslug = "a"\nname = \n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"new\.toml.*line 3"):
        load(fold_name, root=folder)


def test_an_unknown_class_of_words_is_named(folder: Path) -> None:
    (folder / "vocabulary" / "qq.toml").write_text('war = "quux"\nweather = "rain"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"qq\.toml:2: unknown class 'weather'"):
        load(fold_name, root=folder)


def test_a_row_without_three_cells_is_named(folder: Path) -> None:
    (folder / "countries.tsv").write_text("XK\ten\tKosovo\nRS\ten Serbia\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"countries\.tsv:2"):
        load(fold_name, root=folder)


def test_every_war_can_be_found(registry: Registry) -> None:
    patterns = {pattern for table in registry.patterns.values() for pattern in table if pattern}
    named = {owner.key for pattern in patterns for owner in pattern.owners if owner.kind == "term"}
    for slug, conflict in registry.conflicts.items():
        assert slug in named or conflict.sides or conflict.background, slug
        assert conflict.countries, slug
        assert not conflict.start or not conflict.end or conflict.start < conflict.end, slug


@pytest.fixture(scope="module")
def ucdp() -> list[dict[str, str]]:
    """The rows of the UCDP/PRIO list, one a conflict and year."""
    data = Path(os.environ.get("STREAMS_TEST_DATA", Path(__file__).parents[4] / "shared")) / "data" / "facts"
    facts = data / "UcdpPrioConflict_v25_1.csv"
    if not facts.exists():
        pytest.skip(f"no UCDP list at {facts}: set STREAMS_TEST_DATA")
    with facts.open(encoding="utf-8-sig", newline="") as stream:
        return [row for row in csv.DictReader(stream, delimiter=";") if row["conflict_id"].isdigit()]


def _sides(row: dict[str, str]) -> list[tuple[list[str], list[int]]]:
    """Return names and ids of the actors on both sides; several names and ids are not in the same order."""
    return [
        (row[side].split(", "), [int(n) for n in row[f"{side}_id"].replace(";", ",").split(",") if n.strip().isdigit()])
        for side in ("side_a", "side_b")
    ]


def test_every_war_since_2015_is_there(registry: Registry, ucdp: list[dict[str, str]]) -> None:
    ours = {conflict.ucdp for conflict in registry.conflicts.values() if conflict.ucdp is not None}
    assert {int(row["conflict_id"]) for row in ucdp if row["year"] >= "2015"} <= ours
    assert ours <= {int(row["conflict_id"]) for row in ucdp}


def test_ids_of_parties_are_those_of_ucdp(registry: Registry, ucdp: list[dict[str, str]]) -> None:
    actors: dict[int, set[int]] = {}
    names: dict[int, set[str]] = {}
    for row in ucdp:
        for called, ids in _sides(row):
            actors.setdefault(int(row["conflict_id"]), set()).update(ids)
            if len(called) == len(ids) == 1:
                names.setdefault(ids[0], set()).add(called[0].partition(" (")[0].strip())
    for conflict in registry.conflicts.values():
        if conflict.ucdp is not None and conflict.slug != "ukraine-donbas":
            assert set(conflict.parties.values()) <= actors[conflict.ucdp], conflict.slug
        for name, number in conflict.parties.items():
            assert name.partition(" (")[0] in names.get(number, {name.partition(" (")[0]}), (conflict.slug, number)


@pytest.mark.parametrize(("line", "words"), [("USA\tUnited States", "USA"), ("US", "2 cells")])
def test_a_wrong_namesake_is_named_with_its_line(folder: Path, line: str, words: str) -> None:
    (folder / "namesakes.tsv").write_text(f"# comment\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"namesakes.tsv:2: .*{words}"):
        load(fold_name, root=folder)
