"""The page of the evaluation has a place for every table, and nothing else of it is touched."""

import evaluation
import public_report
import public_tables
import pytest


def test_the_page_has_a_place_for_every_table() -> None:
    places = [name for _, name, _ in evaluation.MARKED.findall(evaluation.PAGE.read_text(encoding="utf-8"))]
    assert sorted(places) == sorted([*evaluation.OWN, *public_tables.TABLES])


def test_every_place_is_filled() -> None:
    page = evaluation.PAGE.read_text(encoding="utf-8")
    assert [
        m[2] for m in evaluation.MARKED.finditer(page) if not m[0].removeprefix(m[1]).removesuffix(m[3]).strip()
    ] == []


def test_tables_are_replaced_and_prose_stays() -> None:
    page = "a\n<!-- table: own -->\nold\n<!-- end -->\nb\n<!-- table: wars -->\nkept\n<!-- end -->\n"
    assert evaluation.filled(page, {"own": "new"}) == page.replace("old", "new")
    with pytest.raises(KeyError, match="places"):
        evaluation.filled(page, {"places": "nowhere"})


def test_every_alarm_read_has_a_verdict() -> None:
    lines = public_report.READ.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    assert {len(row) for row in rows} == {3}
    assert {row[1] for row in rows} == {"label", "argued", "false"}
    assert len({row[0] for row in rows}) == len(rows)
