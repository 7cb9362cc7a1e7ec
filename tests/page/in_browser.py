"""The live page in a real browser: `make test-page`."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import Page, chromium
from feed_events import EL_FASHER, SUDAN, TEXT, body, event
from msgspec.structs import replace
from serving import Served, served

from streams.messages import Evidence, Place

ARTICLES = "[...document.querySelectorAll('article h3')].map((each) => each.textContent)"
BEIRUT = Place("بيروت", "city", 276781, None, "LB", None, 33.89, 35.5, "near", 5.0, "focus", 1.0, ())

# Relative luminance and contrast as WCAG 2.2 defines them; 4.5 is level AA.
CONTRASTS = """(() => {
    const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((value) => linear(value / 255))
        .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
    const ground = (each) => {
        const colour = getComputedStyle(each).backgroundColor;
        return /, 0\\)$/.test(colour) ? ground(each.parentElement) : colour;
    };
    const names = ['h3', '.text', '.meta', 'mark', '.war', '.foot p', '#count', 'label', '.first', '#atom', 'summary'];
    return names.map((name) => {
        const each = document.querySelector(name);
        const [a, b] = [light(getComputedStyle(each).color), light(ground(each))].sort((x, y) => y - x);
        return [name, (a + 0.05) / (b + 0.05)];
    });
})()"""


@dataclass
class Shown:
    """A page and the gateway behind it."""

    page: Page
    site: Served

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.site.port}/"

    def open(self, query: str = "") -> None:
        self.page.open(self.address + query)

    def feed(self, number: int, **changes: object) -> None:
        self.site.receive(0, number, body(number, **changes))


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def shown(tab: Page) -> Iterator[Shown]:
    tab.size(1300, 800)
    tab.wrong.clear()
    tab.asked.clear()
    with served() as site:
        yield Shown(tab, site)
        tab.do("sessionStorage.clear()")
        tab.call("Page.navigate", url="about:blank")
    assert tab.wrong == []
    assert [each for each in tab.asked if not each.startswith((f"http://127.0.0.1:{site.port}/", "about:"))] == []


def test_events_of_now_and_events_as_they_come(shown: Shown) -> None:
    shown.feed(0, title="First")
    shown.open()
    shown.page.until("document.querySelector('#state').dataset.state === 'live'")
    assert shown.page.do(ARTICLES) == ["First"]
    later = event(5).emitted_at
    shown.feed(1, title="Second", published_at=later)
    shown.page.until(f"{ARTICLES}.join() === 'Second,First'")
    assert "Second" in shown.page.do("document.querySelector('#said').textContent")
    shown.feed(2, title="Second, corrected", story_id=event(1).story_id, status="revision", published_at=later)
    shown.page.until(f"{ARTICLES}.join('|') === 'Second, corrected|First'")


def test_evidence_is_marked_where_it_stands(shown: Shown) -> None:
    # Offsets count code points: the two signs before the words take two UTF-16 units each.
    text = "𝔐😀 drones hit El Fasher."
    war = event(0).conflicts[0]
    pieces = tuple(
        Evidence("text", start, end, text[start:end], why) for start, end, why in ((3, 9, "a"), (14, 23, "b"))
    )
    shown.feed(0, text=text, conflicts=(replace(war, evidence=pieces),))
    shown.open()
    marks = shown.page.do("[...document.querySelectorAll('mark')].map((each) => [each.textContent, each.title])")
    assert marks == [["drones", "a"], ["El Fasher", "b"]]
    shown.page.do("document.querySelector('.why summary').click()")
    shown.page.until("document.querySelector('.why li') !== null")
    assert "Sudan war" in shown.page.do("document.querySelector('.why').innerText")
    assert "drones" in shown.page.do("document.querySelector('.why li').innerText")
    assert shown.page.do("document.querySelector('.text').textContent") == text


def test_strangers_text_stays_text(shown: Shown) -> None:
    nasty = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>\u202eturned\u202c'
    war = replace(event(0).conflicts[0], name=nasty, evidence=())
    shown.feed(0, title=nasty, text=nasty, url="javascript:window.hurt=1", conflicts=(war,),
               places=(replace(EL_FASHER, name=nasty),))  # fmt: skip
    shown.open()
    assert shown.page.do("window.hurt") is None
    assert shown.page.do("document.querySelectorAll('article img, article script, article a').length") == 0
    assert "\u202e" not in shown.page.do("document.body.textContent")
    assert shown.page.do("document.querySelector('h3').textContent").endswith("turned")


def test_filters_are_in_the_address_and_back_brings_them_back(shown: Shown) -> None:
    shown.feed(0, title="War")
    shown.feed(1, title="Peace", conflicts=())
    shown.open()
    assert len(shown.page.do(ARTICLES)) == 2
    shown.page.do("{ const war = document.querySelector('[name=conflict]'); war.value = 'sudan';"
                  " war.dispatchEvent(new Event('change', { bubbles: true })); }")  # fmt: skip
    shown.page.until(f"{ARTICLES}.join() === 'War'")
    assert shown.page.do("location.search") == "?conflict=sudan"
    assert "conflict=sudan" in shown.page.do("document.querySelector('#atom').href")
    shown.page.do("history.back()")
    shown.page.until(f"{ARTICLES}.length === 2")
    assert shown.page.do("document.querySelector('[name=conflict]').value") == ""


def test_a_filter_that_is_none_is_said(shown: Shown) -> None:
    shown.feed(0)
    shown.open("?conflict=narnia")
    assert "narnia" in shown.page.do("document.querySelector('#problem').textContent")
    assert shown.page.do(ARTICLES) == []
    shown.page.wrong[:] = [each for each in shown.page.wrong if "400" not in each]


def test_a_country_is_tinted_and_never_a_point(shown: Shown) -> None:
    shown.feed(0, places=(replace(SUDAN, lat=15.5, lon=32.5),))
    shown.open()
    assert shown.page.do("document.querySelectorAll('#map circle').length") == 0
    assert shown.page.do("document.querySelector('#map path.tinted title').textContent").startswith("Sudan: 1")
    shown.feed(1, places=(EL_FASHER, replace(EL_FASHER, precision="admin1", lat=13.0, radius_km=300.0)))
    shown.page.until("document.querySelectorAll('#map .dot').length === 1")
    assert shown.page.do("document.querySelectorAll('#map .halo.area').length") == 1


def test_nothing_is_called_certain_or_closer_than_it_is(shown: Shown) -> None:
    province = replace(EL_FASHER, name="North Darfur", precision="admin1", radius_km=312.4)
    shown.feed(0, conflicts=(replace(event(0).conflicts[0], score=0.9996),), places=(province,))
    shown.open()
    buttons = shown.page.do("[...document.querySelectorAll('article .row button')].map((each) => each.textContent)")
    assert buttons == ["Sudan war 99 %", "North Darfur, Sudan (province, within 312 km)"]


def test_a_place_on_the_map_shows_its_events(shown: Shown) -> None:
    shown.feed(0, title="Here")
    shown.feed(1, title="There", places=(BEIRUT,))
    shown.open()
    shown.page.do("[...document.querySelectorAll('.spot')].find((each) => each.textContent.startsWith('El Fasher'))"
                  ".dispatchEvent(new MouseEvent('click', { bubbles: true }))")  # fmt: skip
    assert shown.page.do(ARTICLES) == ["Here"]
    shown.page.do("document.querySelector('#here-off').click()")
    assert len(shown.page.do(ARTICLES)) == 2


def test_the_keyboard_reaches_and_moves_everything(shown: Shown) -> None:
    shown.feed(0)
    shown.open()
    reached = set()
    for _ in range(60):
        shown.page.press("Tab", 9)
        reached.add(
            shown.page.do(
                "document.activeElement.id || document.activeElement.name || document.activeElement.textContent"
            )
        )
    assert {"pause", "conflict", "country", "q", "map", "in", "fit", "Sudan war 90 %", "atom"} <= reached
    view = "document.querySelector('#map').getAttribute('viewBox').split(' ').map(Number)"
    shown.page.do("document.querySelector('#map').focus()")
    before = shown.page.do(view)
    shown.page.press("ArrowRight", 39)
    shown.page.press("+", 187, "+")
    after = shown.page.do(view)
    assert (after[0] > before[0], after[2] < before[2]) == (True, True)


def test_a_finger_on_the_map_of_a_phone_moves_map_or_page(shown: Shown) -> None:
    shown.page.size(390, 800, phone=True)
    for number in range(9):
        shown.feed(number)
    shown.open()
    view = "document.querySelector('#map').getAttribute('viewBox').split(' ').map(Number)"
    x, y = shown.page.do("(({ x, y, width, height }) => [x + width / 2, y + height / 2])"
                         "(document.querySelector('#map').getBoundingClientRect())")  # fmt: skip
    before = shown.page.do(view)
    shown.page.swipe((x, y), (-15, 0))
    aside = shown.page.do(view)
    assert (aside[0] > before[0], shown.page.do("scrollY")) == (True, 0)
    shown.page.swipe((x, y), (0, -15))
    shown.page.until("scrollY > 50")
    assert shown.page.do(view) == aside


def test_right_to_left_text_runs_right_to_left(shown: Shown) -> None:
    shown.feed(0, title="قصف على الفاشر", text="قال مسعفون إن تسعة قتلوا.", language="ar")
    shown.open()
    direction = "(name) => getComputedStyle(document.querySelector(`article ${name}`)).direction"
    assert shown.page.do(f"['h3', '.text', '.meta'].map({direction})") == ["rtl", "rtl", "ltr"]


@pytest.mark.parametrize("width", [320, 390, 768, 1300, 2000])
def test_nothing_is_wider_than_the_screen(shown: Shown, width: int) -> None:
    shown.page.size(width, 800, phone=width < 700)
    shown.feed(0, title="W" * 300, text=TEXT * 20, url=None)
    shown.feed(1, places=tuple(replace(EL_FASHER, name="A very long name of a place " * 3) for _ in range(3)))
    shown.open()
    assert shown.page.do("document.documentElement.scrollWidth") <= width
    assert shown.page.do("document.querySelector('.legend').getBoundingClientRect().right") < width
    assert shown.page.do("document.querySelector('#map').getBoundingClientRect().height") > 150


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_from_the_ground(shown: Shown, dark: bool) -> None:
    shown.page.size(1300, 800, dark=dark)
    shown.feed(0)
    shown.open()
    assert [each for each in shown.page.do(CONTRASTS) if each[1] < 4.5] == []


def test_a_private_feed_asks_for_its_token(tab: Page) -> None:
    with served(feed_tokens="secret") as site:
        site.receive(0, 0, body(0, title="Only for friends"))
        tab.open(f"http://127.0.0.1:{site.port}/")
        assert tab.do("document.querySelector('#login').hidden") is False
        tab.do(
            "document.querySelector('[name=token]').value = 'secret'; document.querySelector('#login').requestSubmit()"
        )
        tab.until(f"{ARTICLES}.join() === 'Only for friends'")
        tab.until("document.querySelector('#state').dataset.state === 'live'")
        tab.do("sessionStorage.clear()")
        tab.call("Page.navigate", url="about:blank")


def test_a_page_whose_gateway_was_restarted_goes_on(shown: Shown) -> None:
    shown.feed(0, title="Before")
    shown.open()
    shown.page.until("document.querySelector('#state').dataset.state === 'live'")
    shown.site.do(lambda: [transport.abort() for transport in shown.site.connections()])
    shown.feed(1, title="Meanwhile")
    shown.page.until("document.querySelector('#state').dataset.state === 'lost'")
    shown.page.until(f"{ARTICLES}.includes('Meanwhile')")
    shown.page.wrong[:] = [each for each in shown.page.wrong if "ERR_" not in each]


def test_the_browsers_own_client_resumes(shown: Shown) -> None:
    shown.open()
    shown.page.do("""{ window.seen = []; window.own = new EventSource('events');
        own.onmessage = (message) => seen.push([JSON.parse(message.data).title, message.lastEventId]);
        own.onopen = () => { window.opened = (window.opened ?? 0) + 1; }; }""")
    shown.page.until("window.opened === 1")
    shown.feed(0, title="One")
    shown.page.until("seen.length === 1")
    shown.site.do(lambda: [transport.abort() for transport in shown.site.connections()])
    shown.feed(1, title="Two")
    shown.page.until("seen.length === 2")
    assert shown.page.do("seen") == [["One", "0.1"], ["Two", "0.2"]]
    shown.page.do("own.close()")
    shown.page.wrong[:] = [each for each in shown.page.wrong if "ERR_" not in each]


def test_the_example_for_a_page_of_ones_own(tab: Page) -> None:
    example = Path(__file__).parents[2] / "docs" / "consumers" / "sse_browser.html"
    titles = "[...document.querySelectorAll('#list a')].map((each) => each.textContent).join('|')"
    with served(feed_origins="*") as site:
        tab.call("Page.navigate", url=f"{example.as_uri()}?feed=http://127.0.0.1:{site.port}/events")
        tab.until("document.querySelector('#state')?.textContent === 'live'")
        site.receive(0, 0, body(0, title="<b>One</b>"))
        tab.until(f"{titles} === '<b>One</b>'")
        site.do(lambda: [transport.abort() for transport in site.connections()])
        site.receive(0, 1, body(1, title="Two"))
        tab.until(f"{titles} === 'Two|<b>One</b>'")
        tab.call("Page.navigate", url="about:blank")


def test_the_newest_five_hundred_are_drawn(shown: Shown) -> None:
    shown.site.do(lambda: [shown.site.gateway.receive(0, number, body(number)) for number in range(600)])
    began = time.monotonic()
    shown.open()
    assert len(shown.page.do(ARTICLES)) == 500
    assert time.monotonic() - began < 10
