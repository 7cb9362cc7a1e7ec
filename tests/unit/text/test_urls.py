import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.text.urls import MAX_LENGTH, canonical_url, domain_of

SAME = [
    ("HTTP://WWW.Example.ORG:80/News/a-1/", "https://example.org/News/a-1"),
    ("https://example.org/a?utm_source=rss&utm_medium=x&fbclid=1#top", "https://example.org/a"),
    ("https://example.org/a?at_medium=x&gclid=2&id=7", "https://example.org/a?id=7"),
    ("https://m.example.org/a", "https://example.org/a"),
    ("https://amp.example.org/a/amp/", "https://example.org/a"),
    ("https://www.google.com/amp/s/www.example.org/a/amp", "https://example.org/a"),
    ("https://example-org.cdn.ampproject.org/c/s/example.org/a", "https://example.org/a"),
    ("https://fr.m.wikipedia.org/wiki/Goma", "https://fr.wikipedia.org/wiki/Goma"),
    ("https://example.org/a?b=2&a=1", "https://example.org/a?a=1&b=2"),
    ("https://example.org/a?x=1&amp;y=2", "https://example.org/a?x=1&y=2"),
    ("https://example.org/a/index.html", "https://example.org/a"),
    ("https://example.org/a/./b/../c", "https://example.org/a/c"),
    ("https://example.org/%7euser/%d8%b3", "https://example.org/~user/س"),
    ("https://пример.рф/a", "https://xn--e1afmkfd.xn--p1ai/a"),
    ("//example.org/a", "https://example.org/a"),
    (" https://example.org/a\n", "https://example.org/a"),
    ("https://user:secret@example.org./a", "https://example.org/a"),
    ("https://example.org/story.amp", "https://example.org/story"),
    ("https://example.org/a;jsessionid=1A2B", "https://example.org/a"),
]
DIFFERENT = [
    ("https://example.org/?p=1", "https://example.org/?p=2"),
    ("https://example.org/a?ref=1201", "https://example.org/a?ref=1202"),
    ("https://example.org/a?page=1", "https://example.org/a?page=2"),
    ("https://example.org:8080/a", "https://example.org/a"),
    ("https://example.org/#!/story/1", "https://example.org/#!/story/2"),
    ("https://example.org/A", "https://example.org/a"),
    ("https://example.org/a%2Fb", "https://example.org/a/b"),
    ("https://amp.com.au/a", "https://com.au/a"),
]
NO_URL = ["", "not available", "/news/1", "mailto:a@example.org", "ftp://example.org/a", "javascript:alert(1)"]
NO_URL += [
    "https://",
    "https:///a",
    "https://a..b/c",
    "https://exa mple!/a",
    "https://[::1/a",
    "https://ex%61mple.org/",
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_addresses_of_one_article_meet(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other) is not None


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_addresses_of_two_articles_stay_apart(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize("text", NO_URL)
def test_what_is_no_url_is_none(text: str) -> None:
    assert canonical_url(text) is None


def test_canonical_url_reads_as_expected() -> None:
    assert canonical_url("http://www.example.org/a/?b=ü&utm_term=x&a#c") == "https://example.org/a?a&b=%C3%BC"


def test_overlong_addresses_are_none() -> None:
    assert canonical_url("https://example.org/" + "a" * MAX_LENGTH) is None
    assert canonical_url("https://" + "é" * 4000) is None


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.Example.org/a", "example.org"),
        ("https://m.news.example.org/a", "news.example.org"),
        ("https://uk.example.com:8443", "uk.example.com"),
        ("www.example.org", "example.org"),
        ("https://amp.com.au/a", "amp.com.au"),
        ("Example News", None),
        ("", None),
    ],
)
def test_domain(url: str, domain: str | None) -> None:
    assert domain_of(url) == domain


@pytest.mark.timeout(5)
def test_a_long_path_of_escapes_takes_no_time() -> None:
    path = "a%D8" * 1500
    assert canonical_url(f"https://example.org/{path}%zz") == f"https://example.org/{path}%25zz"
    assert canonical_url(f"https://example.org/{path.lower()}") == f"https://example.org/{path}"


URLS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "//", "HTTPS://www.google.com/amp/s/"]),
    st.sampled_from(["www.example.org", "m.m.example.co.uk", "münchen.example", "a.b:080", "[::1]:99", "x@y.z", "amp"]),
    st.text("/.%aA1ش&;=amp", max_size=30),
    st.text("?&;=%aA1üutm_ref", max_size=30),
    st.text("#!/%aü", max_size=10),
)


@given(st.one_of(st.text(), URLS))
def test_canonical_url_never_raises_and_is_idempotent(url: str) -> None:
    canonical = canonical_url(url)
    domain_of(url)
    assert canonical is None or canonical_url(canonical) == canonical


@given(URLS)
def test_canonical_url_is_ascii_https(url: str) -> None:
    canonical = canonical_url(url)
    assert canonical is None or (canonical.isascii() and canonical.startswith("https://"))
