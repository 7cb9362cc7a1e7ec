"""Lines for a terminal hold nothing that acts on it, and as many columns as asked for."""

import unicodedata
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from streams import terminal
from streams.messages import Event

MakeEvent = Callable[..., Event]


@given(st.text())
def test_safe_text_has_no_character_that_acts(text: str) -> None:
    kept = terminal.safe(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in kept)
    assert {char for char in kept if unicodedata.category(char) == "Cf"} <= {"\u200c", "\u200d"}


def test_escapes_and_direction_marks_go() -> None:
    assert terminal.safe("\x1b[31mred\x07 \u202eturned\u2066 over\n\ttabs") == "[31mred turned over tabs"


def test_letters_that_need_joiners_keep_them() -> None:
    assert terminal.safe("می\u200cخواهم") == "می\u200cخواهم"


@given(st.text().map(terminal.safe), st.integers(1, 60))
def test_fitted_text_takes_exactly_its_columns(text: str, columns: int) -> None:
    assert terminal.width(terminal.fit(text, columns)) == columns


def test_wide_letters_take_two_columns() -> None:
    assert terminal.width("東京") == 4
    assert terminal.fit("東京都", 5) == "東京…"
    assert terminal.fit("東京都", 4) == "東… "


def test_a_line_without_a_terminal_is_tab_separated(make_event: MakeEvent) -> None:
    assert terminal.line(make_event(), None) == (
        "2025-07-09 12:30\ten\trussia-ukraine\tKharkiv, UA (exact)\tShelling in Kharkiv"
    )


def test_a_line_fits_the_terminal(make_event: MakeEvent) -> None:
    event = make_event(title="Shelling in Kharkiv " * 20)
    assert [terminal.width(terminal.line(event, total)) < total for total in (60, 80, 120, 200)] == [True] * 4


def test_an_item_without_title_shows_its_text_and_one_without_place_its_country(make_event: MakeEvent) -> None:
    event = make_event(title="", places=(), conflicts=())
    assert terminal.line(event, None).split("\t")[2:] == ["-", "UA", "Shells fell."]
