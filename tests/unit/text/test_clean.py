import os
import unicodedata
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.text.boilerplate import load
from streams.text.clean import Cleaned, clean

DATA = Path(os.environ.get("STREAMS_TEST_DATA", Path(__file__).parents[4] / "shared"))
SEED = next(
    (path for path in (DATA / "000_5c554f9dcd040eb4.txt", DATA / "data" / "000_5c554f9dcd040eb4.txt") if path.exists()),
    None,
)

ROWS = Path(__file__).with_name("scraped_pages.tsv").read_text("utf-8").splitlines()[1:]
PAGES = {language: parts for language, *parts in (row.split("\t") for row in ROWS)}


@pytest.mark.parametrize("language", PAGES)
def test_a_scraped_page_becomes_its_article(language: str) -> None:
    menu, section, headline, credit, lead, second = PAGES[language]
    page = "\n\n".join([menu, menu, section, headline, headline, credit, lead, second, lead + second[:50] + "..."])
    assert clean(None, page) == Cleaned(headline, f"{lead}\n{second}")


@pytest.mark.parametrize("language", PAGES)
def test_a_repeat_of_the_lead_is_cut_where_it_is_glued_on(language: str) -> None:
    _, _, headline, _, lead, second = PAGES[language]
    assert clean(headline, f"{headline}\n{lead}\n{second}{lead}…") == Cleaned(headline, f"{lead}\n{second}")


@pytest.mark.parametrize("language", PAGES)
def test_an_article_without_anything_around_it_stays_as_it_is(language: str) -> None:
    _, _, headline, _, lead, second = PAGES[language]
    assert clean(headline, f"{lead}\n\n{second}") == Cleaned(headline, f"{lead}\n{second}")


@pytest.mark.skipif(SEED is None, reason="the evaluation data (STREAMS_TEST_DATA) are not here")
@pytest.mark.data
def test_the_yardstick_page() -> None:
    assert SEED is not None
    source = [line for line in SEED.read_text("utf-8").splitlines() if line]
    cleaned = clean(None, "\n".join(source))
    assert cleaned.title == source[3] == source[4]
    assert cleaned.text.split("\n") == source[6:-1]  # credit before, truncated repeat of the lead after


LEAD, SECOND = PAGES["en"][4:]


@pytest.mark.parametrize(
    "line",
    [
        "Facebook Twitter Linkedin Mail",
        "Share",
        "12 May 2024 10:35",
        "Monday, 3 June 2024",
        "© 2024 AFP",
        "Read more »",
        "Read also: A bridge falls in Kalvo",
        "Follow us on Telegram",
        "» LIRE AUSSI - Le pont de Kalvo",
        "Advertisement",
        "We use cookies to make this site better",
        "Читайте также: Мост в Калво",
        "Continue reading",
        "2024-05-12",
    ],
)
def test_lines_around_the_article_go(line: str) -> None:
    assert clean("A headline", f"{LEAD}\n{SECOND}\n{line}").text == f"{LEAD}\n{SECOND}"


@pytest.mark.parametrize(
    "line",
    [
        "Watching the river took all night for the families of Kalvo.",
        "“Nobody came,” she said.",
        "What comes next",
        "Photographs of the bridge were sent to the court.",
        "Searching the ruins will take days (see map).",
        "14:05",
        "Net 38.80 mln vs 33.64 mln",
        "The ministry told Reuters that talks go on.",
        "Home",
        "Kalvo, 12 May (AFP) -",
    ],
)
def test_lines_inside_the_article_stay(line: str) -> None:
    assert clean("A headline", f"{LEAD}\n{line}\n{SECOND}").text == f"{LEAD}\n{line}\n{SECOND}"


def test_a_credit_in_turkish_capitals_goes() -> None:
    assert clean("Title", f"Köprüden bir görünüm (ARŞİV)\n{LEAD}\n{SECOND}").text == f"{LEAD}\n{SECOND}"


def test_of_a_page_of_very_many_lines_only_the_characters_are_cleaned() -> None:
    assert clean("Title", "Menu\n\xa0Home \n" * 6000).text == "\n".join(["Menu", "Home"] * 6000)
    assert clean("Title", f"{LEAD}\n" + "Menu\nHome\n" * 1000).text == LEAD


def test_entries_of_a_live_blog_stay() -> None:
    text = f"14:05\n{LEAD}\n14:30\n{SECOND}\n15:10\nThe road north is open again, police in Kalvo say on their channel."
    assert clean("Live", text).text == text.removeprefix("14:05\n")


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        (
            "Two hurt in Kalvo after blast",
            "Two hurt in Kalvo after blast. Police closed the road.",
            "Police closed the road.",
        ),
        (
            "Two hurt in Kalvo after blast",
            "Two hurt in Kalvo after blast at a mill.",
            "Two hurt in Kalvo after blast at a mill.",
        ),
        ("Kalvo", "Kalvo: the mill burns.", "Kalvo: the mill burns."),
    ],
)
def test_the_headline_at_the_head_of_the_text(title: str, text: str, expected: str) -> None:
    assert clean(title, text).text == expected


def test_the_site_leaves_the_title_where_the_text_has_the_headline_alone() -> None:
    title = "Shells hit two villages north of Kalvo | The Example"
    assert (
        clean(title, f"Shells hit two villages north of Kalvo\n{LEAD}").title
        == "Shells hit two villages north of Kalvo"
    )


def test_a_subheading_equal_to_a_short_title_costs_no_other_line() -> None:
    assert clean("Kalvo", f"Dena\nOne killed\nKalvo\nTwo hurt\n{LEAD}").text == f"Dena\nOne killed\nTwo hurt\n{LEAD}"


@pytest.mark.parametrize("text", ["Shelling heard north of Kalvo, again #kalvo", LEAD, f"{LEAD}\n{SECOND}", ""])
def test_no_title_is_invented(text: str) -> None:
    assert clean(None, text) == Cleaned("", text)


def test_lines_broken_at_a_width_are_joined() -> None:
    lines = [
        "the army of the north has left the town of kalvo and the",
        "river valley behind it, said the mayor, who had asked for",
        "help since spring; nobody knows why the soldiers moved and",
        "where they went, and nobody in the valley would talk about",
        "it on the telephone.",
    ]
    assert clean("x", "\n".join(lines)).text == " ".join(lines)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Kalvo&amp;#8217;s mill &amp; river", "Kalvo’s mill & river"),
        ("AT&T and a=1&copy=2", "AT&T and a=1&copy=2"),
        ("a\x00b\u200bc\u202ed\ufeff", "abcd"),
        ("e\u0301te\u0301", "été"),
        ("می\u200cشود", "می\u200cشود"),
        ("<p>One <b>bold</b> word</p><p>Two</p>", "One bold word\nTwo"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("\u00a0two\u2003 spaces \t here ", "two spaces here"),
    ],
)
def test_characters(raw: str, expected: str) -> None:
    assert clean("t", raw).text == expected


def test_the_table_of_phrases_covers_forty_languages() -> None:
    rows = (Path(__file__).parents[3] / "streams/text/boilerplate.tsv").read_text("utf-8").splitlines()
    assert len({row.split("\t")[0] for row in rows if row and not row.startswith("#")} - {"-"}) >= 40
    assert load().is_menu("ПОИСК")


LINES = st.lists(
    st.one_of(
        st.sampled_from([line for page in PAGES.values() for line in page]),
        st.sampled_from(
            ["Share", "Read more", "© AFP", "12:30", LEAD + "...", LEAD[:70] + "…", SECOND + LEAD, "", " "]
        ),
        st.text(max_size=80),
    ),
    max_size=8,
).map("\n".join)


@given(st.one_of(st.none(), st.sampled_from([PAGES["en"][2], LEAD]), st.text(max_size=40)), LINES)
def test_cleaning_never_raises_and_is_idempotent(title: str | None, text: str) -> None:
    once = clean(title, text)
    assert clean(once.title, once.text) == once


@given(LINES.filter(lambda text: "&" not in text and "<" not in text))
def test_cleaning_only_removes(text: str) -> None:
    rest = iter("".join(unicodedata.normalize("NFC", text).split()))
    cleaned = clean("", text)
    assert all(char in rest for char in "".join(cleaned.text.split()))


def test_a_letter_keeps_thirty_marks_in_a_long_text() -> None:
    text = "word " * 500 + "a" + "\u0316\u0301" * 100_000 + "b"
    assert clean(None, text).text.count("\u0316") <= 30
    assert clean(None, "a" + "\u0316" * 40 + " b").text.count("\u0316") == 40
    hindi = "हिन्दी की ख़बर " * 300
    assert clean(None, hindi).text == unicodedata.normalize("NFC", hindi).strip()


def test_joiners_stay_between_letters_alone() -> None:
    assert clean(None, "می\u200cخواهم \u200c \u200dx\u200d\u200c y\u200c").text == "می\u200cخواهم x y"


def test_what_is_longer_than_any_article_is_cut() -> None:
    cleaned = clean("t" * 5000, "w " * 200_000)
    assert (len(cleaned.title), len(cleaned.text)) == (4096, (1 << 18) - 1)


UNITS = [
    "word ", "A line of a page...\n", "\n", "(", "&amp;", "<b", "слово\n", "字", "ab\n", f"{'/ ' * 50}\n",
    f"({'of the village and ' * 8})\n",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_a_mebibyte_takes_no_time(unit: str) -> None:
    text = (unit * (1 << 20))[: 1 << 20]
    start = process_time()
    clean(None, text)
    assert process_time() - start < 0.8
