from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.text.html import extract

FIRST = "Shells hit two villages north of Kalvo early on Monday, the mayor said, and wounded four farm workers."
SECOND = "The army did not answer questions. Both villages had been evacuated in spring and settled again since."
THIRD = "He paused."
PAGE = f"""<!doctype html><html lang="en-GB"><head><title>Shells hit Kalvo | The Example</title>
<meta property="og:title" content="Shells hit Kalvo"><link rel="canonical" href="https://example.org/kalvo">
<script type="application/ld+json">{{"@graph": [{{"@type": "NewsArticle", "headline": "Shells hit Kalvo",
"datePublished": "2024-05-12T10:35:00+02:00"}}]}}</script><style>p {{ color: red }}</style></head><body>
<nav><ul><li><a href="/">Home</a></li>
<li><a href="/w">World and everything else that a menu holds</a></li></ul>
</nav>
<div class="cookie-banner">
<p>We use cookies, and this banner says so in a very long sentence that nobody will read.</p></div>
<main><article class="post tag-war social"><h1>Shells hit Kalvo</h1>
<p class="byline">By A. Person, correspondent in Kalvo</p>
<figure><img src="a.jpg"><figcaption>Smoke rises over the villages north of Kalvo on Monday</figcaption></figure>
<p>{FIRST}</p><h2>No answer</h2><p>The <b>army</b> did not <a href="/q">answer</a> questions. Both villages had been
evacuated in spring and settled again since.</p>
<script>var p = "<p>not a paragraph of the article, however long it is</p>"</script>
<div class="related-stories">
<p>A bridge falls in Kalvo and three other stories that you may like to read tonight</p></div>
<p>{THIRD}</p></article>
<section id="comments"><p>First! And this is a comment that is long enough to be a paragraph.</p></section>
</main>
<footer><p>All rights reserved by the company that publishes The Example, its partners and everybody else.</p>
</footer></body></html>"""


def test_a_page_becomes_its_article() -> None:
    page = extract(PAGE)
    assert page.title == "Shells hit Kalvo"
    assert page.text.split("\n") == [FIRST, "No answer", SECOND, THIRD]
    assert page.language == "en"
    assert page.url == "https://example.org/kalvo"
    assert page.published_at == "2024-05-12T10:35:00+02:00"


def test_line_breaks_make_paragraphs_where_there_are_none() -> None:
    page = extract(f"<body><div class=menu><a>Home</a></div><div>{FIRST}<br><br>{SECOND}<br>{THIRD}</div></body>")
    assert page.text.split("\n") == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("<p>One is dead.</p><p>Two are hurt.</p>", "One is dead.\nTwo are hurt."),
        ('<a href="u">Two killed in Kalvo</a>&nbsp;<font>Example</font>', "Two killed in Kalvo Example"),
        ("<ul><li>One is dead<li>Two are hurt</ul>", "One is dead\nTwo are hurt"),
        ("Talks &amp; truce<br/>in Kalvo", "Talks & truce\nin Kalvo"),
        ('<p style="border: none">This is shown</p><p style="display:none">Hidden</p>', "This is shown"),
    ],
)
def test_fragments_of_feeds_are_all_article(fragment: str, text: str) -> None:
    assert extract(fragment).text == text


def test_a_declared_body_serves_where_the_page_shows_none() -> None:
    declared = '{"@type": "Article", "headline": "Kalvo", "articleBody": "' + FIRST + '"}'
    page = extract(f'<script type="application/ld+json">{declared}</script><p>Loading</p>')
    assert (page.title, page.text) == ("Kalvo", FIRST)


@pytest.mark.parametrize("html", ["", "no markup", "<", "<html>", "<!--", "<script>", "\x00", "<p>", "<body hidden>x"])
def test_what_is_no_page_does_not_raise(html: str) -> None:
    extract(html)


def test_malformed_declarations_are_left_out() -> None:
    page = extract(
        '<html lang="?"><script type="application/ld+json">{"@type": "Article", </script>'
        '<link rel=canonical href="javascript:x"><meta property="article:published_time" content="">'
        "<h1>A b</h1>"
    )
    assert (page.title, page.language, page.url, page.published_at) == ("A b", None, None, None)


BOMBS = {
    "depth": "<div>" * 200_000 + FIRST,
    "closed depth": "<div>" * 90_000 + FIRST + "</div>" * 90_000,
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(100_000)) + f">{FIRST}",
    "attributes in quotes": "<p " + " ".join(f"a{number}='<>'" for number in range(60_000)) + f">{FIRST}",
    "lists": "<ul><li>" * 120_000,
    "formatting": "<b><i><a><p>" * 80_000,
    "quotes": "<a '" * 250_000,
    "tables": "<table><tr><td>" * 60_000,
    "comments": "<!--" * 250_000,
    "scripts": "<script " * 125_000,
    "one attribute": f'<p title="{"x" * 1_000_000}">{FIRST}',
    "json": '<script type="application/ld+json">' + "[" * 1_000_000 + "</script>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_take_bounded_time(name: str) -> None:
    start = process_time()
    extract(BOMBS[name])
    assert process_time() - start < 5


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<div class=share>", "</div>", "<a>", "<br>", FIRST, "x", "<h2>", "<td>"])
    ).map("".join)
)
def test_extraction_never_raises(html: str) -> None:
    extract(html)


def test_what_stands_behind_more_tags_than_any_article_has_is_still_read() -> None:
    assert extract("<div>" * 50_000 + "<p>Shells hit the R&amp;D plant.</p>").text == "Shells hit the R&D plant."
