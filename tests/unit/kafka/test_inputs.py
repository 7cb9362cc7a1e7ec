"""Files become raw items: lines unchanged, feed entries and pages as one item each."""

import asyncio
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import codec
from streams.errors import CommandFailed
from streams.kafka import inputs
from streams.messages import MAX_RAW_BYTES

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Example Wire</title><language>uk</language>
<item><guid>a-1</guid><link>https://wire.example/1</link><title>Обстріл Харкова</title>
<description>Двоє поранених.</description><pubDate>Wed, 09 Jul 2025 12:30:00 GMT</pubDate></item>
<item><link>https://wire.example/2</link><title>Second</title></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Example</title><entry><id>urn:1</id><title>One</title>
<link href="https://atom.example/1"/><updated>2025-07-09T12:30:00Z</updated>
<content type="html">&lt;p&gt;Body&lt;/p&gt;</content></entry></feed>"""


def read(path: Path) -> list[bytes]:
    async def collect() -> list[bytes]:
        return [value async for value in inputs.values(str(path))]

    return asyncio.run(collect())


@given(st.lists(st.binary(max_size=40).filter(lambda line: not set(line) & set(b"\r\n") and line)))
def test_lines_go_through_unchanged(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("lines") / "items.jsonl"
    path.write_bytes(b"\n".join(lines))
    assert read(path) == lines


def test_lines_of_a_compressed_file(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "a"}\r\n\n{broken\n'))
    assert read(path) == [b'{"text": "a"}', b"{broken"]


def test_a_compressed_line_without_end_is_cut_and_no_item(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "a"}\n{"text": "' + b"x" * (80 << 20) + b'"}\n{"text": "b"}'))
    first, cut, last = read(path)
    assert (first, last) == (b'{"text": "a"}', b'{"text": "b"}')
    assert MAX_RAW_BYTES < len(cut) < 3 * MAX_RAW_BYTES


@pytest.mark.parametrize("name", ["feed.xml.gz", "page.html.gz"])
def test_a_compressed_file_that_grows_without_end_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"<?xml version='1.0'?><rss>" + b" " * (80 << 20)))
    with pytest.raises(CommandFailed, match="more than 32 MiB"):
        read(path)


def test_rss_entries(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(RSS)
    first, second = (json.loads(value) for value in read(path))
    assert first == {
        "id": "a-1",
        "url": "https://wire.example/1",
        "title": "Обстріл Харкова",
        "html": "Двоє поранених.",
        "source": "Example Wire",
        "language": "uk",
        "published_at": "Wed, 09 Jul 2025 12:30:00 GMT",
    }
    assert (second["url"], second["title"]) == ("https://wire.example/2", "Second")


def test_atom_entries_are_raw_items(tmp_path: Path) -> None:
    path = tmp_path / "feed.atom"
    path.write_text(ATOM)
    (item,) = (codec.decode_raw(value) for value in read(path))
    assert (item.id, item.url, item.title, item.html) == ("urn:1", "https://atom.example/1", "One", "<p>Body</p>")
    assert item.published_at is not None
    assert item.published_at.isoformat() == "2025-07-09T12:30:00+00:00"


def test_xml_that_is_no_feed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feed.rss"
    path.write_text("no feed <at all")
    with pytest.raises(CommandFailed, match=r"feed\.rss: neither RSS nor Atom"):
        read(path)


def test_a_feed_of_growing_entities_is_refused_or_small(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    file = tmp_path / "bomb.xml"
    body = "<rss><channel><item><title>&e9;</title><link>file:///etc/passwd</link></item></channel></rss>"
    file.write_text(f"<?xml version='1.0'?><!DOCTYPE rss [{entities}<!ENTITY x SYSTEM 'file:///etc/hostname'>]>{body}")
    try:
        items = read(file)
    except CommandFailed:
        return
    assert len(b"".join(items)) < 10_000


@pytest.mark.parametrize(
    ("start", "url"),
    [
        ('<link rel="canonical" href="https://a.example/x">', "https://a.example/x"),
        ('<meta property="og:url" content="https://a.example/y">', "https://a.example/y"),
        ('<link rel="canonical" href="/relative">', None),
        ("", None),
    ],
)
def test_a_page_is_one_item_with_the_url_it_gives_itself(tmp_path: Path, start: str, url: str | None) -> None:
    path, html = tmp_path / "page.html", f"<html><head>{start}</head><p>Text</p></html>"
    path.write_text(html)
    (item,) = (codec.decode_raw(value) for value in read(path))
    assert (item.html, item.url) == (html, url)


def test_a_page_in_an_old_encoding_is_read_as_it_says() -> None:
    page = '<meta charset="windows-1251"><p>Обстріл</p>'
    assert json.loads(inputs.page(page.encode("cp1251")))["html"] == page
    assert json.loads(inputs.page("<p>Kämpfe</p>".encode("cp1252")))["html"] == "<p>Kämpfe</p>"
    assert "Text" in json.loads(inputs.page(b'<meta charset="nonsense"><p>Text \xff</p>'))["html"]


@pytest.mark.parametrize(
    ("name", "start", "kind"),
    [
        ("a.jsonl", b"<html>", "lines"),
        ("a.rss", b"", "feed"),
        ("a.htm", b"", "page"),
        ("a.html.gz", b"", "page"),
        ("a.xml", b'\xef\xbb\xbf<?xml version="1.0"?>', "feed"),
        ("a", b" <!DOCTYPE html>", "page"),
        ("a", b"<rss version='2.0'>", "feed"),
        ("a", b'{"text": "a"}', "lines"),
        ("a.txt", b"anything", "lines"),
    ],
)
def test_kinds(name: str, start: bytes, kind: str) -> None:
    assert inputs.kind(Path(name), start) == kind


def test_keys_keep_versions_of_an_item_together() -> None:
    assert inputs.key(b'{"id": "a", "url": "https://a.example/", "text": "x"}') == b"a"
    first, second, other = (
        inputs.key(json.dumps({"url": f"https://a.example/{path}", "text": text}).encode())
        for path, text in [("1", "x"), ("1", "y"), ("2", "x")]
    )
    assert first == second != other
    assert inputs.key(b'{"text": "x"}') is None
    assert inputs.key(b"{broken") is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"none\.jsonl: No such file"):
        read(tmp_path / "none.jsonl")
