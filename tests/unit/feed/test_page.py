"""The live page as files: nothing from elsewhere, nothing inline, every id there. How it behaves: tests/page."""

import re
from html.parser import HTMLParser

import orjson
import pytest
from serving import served

from streams.feed import page
from streams.filters import COUNTRIES, KEYS

ASSETS = page.load()
INDEX = ASSETS["index.html"].body.decode()
SCRIPTS = {name: asset.body.decode() for name, asset in ASSETS.items() if name.endswith(".js")}


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


ELEMENTS = Elements(INDEX).found


def test_nothing_inline_that_the_policy_forbids() -> None:
    assert not [(tag, each) for tag, each in ELEMENTS if "style" in each or any(name.startswith("on") for name in each)]
    assert "<style" not in INDEX
    assert re.findall(r"<script(?![^>]*src=)", INDEX) == []


@pytest.mark.parametrize("name", [name for name in ASSETS if not name.endswith(".json")])
def test_nothing_comes_from_elsewhere(name: str) -> None:
    addresses = re.findall(r"https?://[\w.-]+|[\"']//[\w.-]+", ASSETS[name].body.decode())
    assert [each for each in addresses if not each.startswith("http://www.w3.org")] == []


def test_everything_the_page_links_to_is_there() -> None:
    local = {each.get("href") or each.get("src") for _, each in ELEMENTS} - {None, "#list"}
    with served() as site:
        statuses = {path: site.request(f"/{path}").status for path in local if path != "events"}
    assert {path for path, status in statuses.items() if status != 200} == set()


def test_every_module_and_element_a_script_names_is_there() -> None:
    ids = {each["id"] for _, each in ELEMENTS if "id" in each}
    for name, text in SCRIPTS.items():
        assert {each for each in re.findall(r'from "\./([\w.]+)"', text) if each not in ASSETS} == set(), name
        assert {each for each in re.findall(r'\$\("([\w-]+)"\)', text) if each not in ids} == set(), name


def test_every_filter_has_its_field() -> None:
    assert {each["name"] for tag, each in ELEMENTS if tag in ("input", "select")} == {*KEYS, "token"}


def test_every_field_and_button_has_a_name() -> None:
    assert len(re.findall(r"<label", INDEX)) == len([tag for tag, _ in ELEMENTS if tag in ("input", "select")])
    assert re.findall(r"<button[^>]*>\s*[^\w\s<]\s*</button>", INDEX) == re.findall(
        r"<button[^>]*aria-label[^>]*>.</button>", INDEX
    )


def test_strangers_text_never_becomes_markup() -> None:
    for name, text in SCRIPTS.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), name


def test_the_map_knows_the_countries_by_the_codes_of_events() -> None:
    outlines = orjson.loads(ASSETS["world.json"].body)
    assert set(outlines) <= COUNTRIES
    assert {"UA", "SD", "PS", "IL", "MM", "CD", "TW", "XK", "EH"} <= set(outlines)
    assert all(re.fullmatch(r"(M-?\d+,-?\d+l[-\d ]+z)+", outline) for outline in outlines.values())
