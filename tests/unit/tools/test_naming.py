"""The names of the gazetteer: plain spelling, and bare names left to towns."""

from pathlib import Path

from streams.geo.kinds import NameKind
from tools.gazetteer.naming import drop_stops, inflect_short, leave_seats, plain
from tools.gazetteer.rows import Row


def _row(name: str, kind: str, population: int, *others: str) -> Row:
    row = Row(name, kind, 0.0, 0.0, "UA", "UA.08", population=population)
    for other in others:
        row.add(other, NameKind.ALTERNATE)
    row.add(name, NameKind.MAIN)
    return row


def test_marks_of_transliteration_go() -> None:
    assert [plain("Khān Yūnis"), plain("Aţ Ţawīlah"), plain("Dar‘ā")] == ["Khan Yunis", "At Tawilah", "Dara"]


def test_a_region_leaves_its_bare_name_to_its_seat() -> None:
    region = _row("Kherson", "admin1", 1_000_000, "Kherson Oblast")
    leave_seats([region, _row("Kherson", "city", 280_000), _row("Nova Kakhovka", "city", 45_000)])
    assert "Kherson" not in region.names
    assert {"Kherson Oblast", "Kherson region"} <= set(region.names)
    assert region.name == "Kherson Oblast"


def test_a_region_keeps_the_name_of_a_village() -> None:
    region = _row("Kherson", "admin1", 1_000_000, "Kherson Oblast")
    leave_seats([region, _row("Kherson", "city", 900)])
    assert "Kherson" in region.names


def test_stop_names_of_scripts_without_spaces_are_no_names() -> None:
    town = _row("Xinsheng", "city", 50_000, "新生")
    drop_stops([town], [("zh", "新生"), ("en", "Xinsheng")])
    assert list(town.names) == ["Xinsheng"]


def test_short_korean_names_get_their_particles(tmp_path: Path) -> None:
    rules = tmp_path / "inflection.tsv"
    rules.write_text("lang\tside\trules\nko\tend\t에서>;의>\n", encoding="utf-8")
    seoul = _row("Seoul", "city", 10_000_000, "서울")
    inflect_short([seoul], rules)
    assert seoul.names["서울에서"] == NameKind.INFLECTED
