"""What counts as new, copy and revision. All texts are made up."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from streams import dedup
from streams.messages import Item

MakeItem = Callable[..., Item]

WIRE = (
    "Heavy rain washed away two bridges on the road between Marund and Tessaly on Monday, cutting off eleven villages, "
    "the regional governor said. Rescue teams reached the first of them by boat in the evening and found most houses "
    "under water but nobody hurt. Army engineers want to lay a floating bridge by the end of the week if the river "
    "falls below four metres. Farmers fear for the harvest because the fields along the bank will stay flooded for "
    "days. The weather service expects more showers on Thursday, though weaker than those of the weekend. Schools in "
    "the valley remain closed until further notice, and the mayor of Tessaly asked people to boil drinking water."
)
OTHER = (
    "The central bank of Olvania kept its interest rate unchanged on Tuesday and warned that prices may rise faster "
    "than expected next year. Governor Ilva Karim told reporters that energy costs were the greatest risk, while wages "
    "had grown more slowly than in spring. Traders had expected a small cut after the currency gained against the "
    "dollar. The bank will publish new forecasts in June and decide then whether to buy more government bonds."
)
SENTENCES = [s + "." for s in WIRE.rstrip(".").split(". ")]
NAV = "Home World Business Sport Culture Weather Video Podcasts Newsletters Subscribe Log in"
FOOTER = (
    "Follow us for more news every day. All rights reserved. No part of this page may be copied without the written "
    "consent of the publisher. Read our terms of use, our privacy notice and our cookie settings. Contact the desk."
)


@pytest.fixture
def state() -> dedup.State:
    return dedup.State(dedup.Window(max_age_seconds=72 * 3600, max_items=1000))


def test_unrelated_items_are_new_stories(state: dedup.State, make_item: MakeItem) -> None:
    first, second = dedup.admit(state, make_item(WIRE)).verdict, dedup.admit(state, make_item(OTHER)).verdict
    assert (first.status, second.status) == ("new", "new")
    assert first.story_id != second.story_id


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (WIRE, "exact"),
        (WIRE.replace(" Monday,", " Monday –").replace("Rescue", "« Rescue »"), "exact"),
        (WIRE.upper(), "exact"),
        (" ".join(SENTENCES[3:] + SENTENCES[:3]), "near"),
        (WIRE.replace("washed away", "swept off").replace("most houses", "many homes"), "near"),
        (f"{NAV}\n{WIRE}\nRelated: Ten recipes for the summer. Puzzle of the day. What to watch tonight.", "near"),
        (" ".join(SENTENCES[:3]), "contained"),
        (f"{NAV} {WIRE} {FOOTER} {OTHER}", "contained"),
    ],
    ids=["same", "signs", "capitals", "reordered", "edited", "furniture", "shortened", "with more"],
)
def test_copies_link_to_their_original(state: dedup.State, make_item: MakeItem, text: str, kind: str) -> None:
    original = make_item(WIRE, title="Floods cut off eleven villages" if kind != "exact" else "")
    story = dedup.admit(state, original).verdict.story_id
    verdict = dedup.admit(state, make_item(text, hours=5)).verdict
    assert verdict.status == "duplicate"
    assert verdict.duplicate is not None
    assert (verdict.duplicate.kind, verdict.duplicate.of, verdict.story_id) == (kind, original.item_id, story)


def test_digits_of_any_script_are_the_same(state: dedup.State, make_item: MakeItem) -> None:
    text = "أعلنت الوزارة أن 25 شاحنة عبرت الجسر يوم 14 من الشهر بعد إغلاق دام 3 أيام"
    dedup.admit(state, make_item(text, language="ar"))
    indic = text.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    verdict = dedup.admit(state, make_item(indic, language="ar")).verdict
    assert verdict.duplicate is not None
    assert verdict.duplicate.kind == "exact"


def test_scripts_without_spaces_are_compared_by_characters(state: dedup.State, make_item: MakeItem) -> None:
    text = (
        "周一的暴雨冲毁了两座桥梁,十一个村庄的交通中断。救援队傍晚乘船抵达第一个村庄,发现多数房屋进水,但无人受伤。"
        "工程兵计划在周末前架设浮桥。"
    )
    original = make_item(text, language="zh")
    dedup.admit(state, original)
    verdict = dedup.admit(state, make_item("本报讯 " + text + "(完)", language="zh")).verdict
    assert verdict.duplicate is not None
    assert verdict.duplicate.of == original.item_id


QUAKE = (
    "An earthquake of magnitude {} struck {} km south of {} at {} local time, the seismological institute said. The "
    "tremor had a depth of {} km. There were no reports of damage or injuries. The institute asks people who felt the "
    "tremor to fill in the form on its page. The region lies on an active fault and sees several such quakes a year."
)
RAID = (
    "A drone hit an apartment block in {} overnight, killing a couple and wounding their neighbour, the emergency "
    "service said. Firefighters put out a blaze on the upper floors and searched the rubble until the morning "
    "with the help of dogs."
)
NOTICE = (
    "The funeral of {} will be held on {} at {} in the chapel of the cemetery. The family asks for donations to the "
    "hospice instead of flowers. {} was born in {} and worked as a teacher for many years before retiring to the "
    "coast, where the garden became a passion shared with friends and neighbours."
)
WEATHER = (
    "{} spells in the whole country today. The temperature rises to {} degrees in the valleys and falls to {} degrees "
    "in the night. The wind blows at {} km/h from the west. The chance of rain is {} per cent. Mind the notes of "
    "the mountain service before you set out, and keep away from the banks of rivers after heavy rain in the hills."
)
PRICES = (
    "Morning prices: a barrel of crude oil costs {} dollars, a unit of gas {} dollars, an ounce of gold {} dollars, a "
    "bushel of wheat {} dollars. Prices are those of the first trade of the day and are given without any guarantee."
)
SCORES = (
    "Live: {} {}, {} {}. Follow it in our ticker with all goals, cards and changes. Goal in minute {} and "
    "a card was shown in minute {}. Send us your comments, vote for the player of the match and join the discussion."
)
ARABIC = (
    "أعلنت المديرية العامة للدفاع المدني إخماد حريق اندلع في مستودع تجاري بمشاركة {} فرقة في مدينة {} وقال المتحدث "
    "إن فرق الإنقاذ أخلت المباني المجاورة وإن {} أشخاص نقلوا إلى المستشفى لتلقي العلاج وإن التحقيق جار لمعرفة الأسباب"
)
EXECUTED = (
    "The interior ministry said that {} was executed on Tuesday after being found guilty of murder in {} by a court in "
    "{}. The verdict was upheld by the court of appeal and the supreme court, and an order was issued to carry it out."
)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (QUAKE.format("4.1", 12, "Marund", "03:14", 10), QUAKE.format("3.7", 31, "Tessaly", "17:52", 8)),
        (RAID.format("Marund"), RAID.format("Tessaly")),
        (
            NOTICE.format("Ana Vell", "Monday", "10:00", "Vell", "Marund"),
            NOTICE.format("Jor Misk", "Friday", "14:30", "Misk", "Tessaly"),
        ),
        (
            "Kharsk: shelling damages 14 houses in 3 villages, no casualties reported by the regional office today",
            "Kharsk: shelling damages 9 houses in 2 villages, no casualties reported by the regional office today",
        ),
        (f"{OTHER.split('. ')[0]}. {FOOTER}", f"{SENTENCES[0]} {FOOTER}"),
        (WEATHER.format("Sunny", 21, 14, 12, 0), WEATHER.format("Cloudy", 17, 9, 30, 80)),
        (PRICES.format(71.2, 3.1, 1904, 12.5), PRICES.format(69.8, 2.7, 1921, 14.1)),
        (SCORES.format("Marund", 2, "Olvania", 1, 34, 61), SCORES.format("Tessaly", 0, "Kharsk", 0, 12, 80)),
        (ARABIC.format(14, "مارون", 3), ARABIC.format(9, "تسالي", 5)),
        (EXECUTED.format("Ilva Karim", 2019, "Marund"), EXECUTED.format("Jor Misk", 2021, "Tessaly")),
    ],
    ids=[
        *("earthquakes", "another town", "obituaries", "other numbers", "same footer"),
        *("weather", "prices", "scores", "Arabic notices", "executions"),
    ],
)
def test_look_alikes_stay_apart(state: dedup.State, make_item: MakeItem, one: str, two: str) -> None:
    dedup.admit(state, make_item(one))
    assert dedup.admit(state, make_item(two, hours=2)).verdict.status == "new"


def test_titles_are_copies_only_word_for_word(state: dedup.State, make_item: MakeItem) -> None:
    title = "Rain cuts off eleven villages in the Marund valley"
    dedup.admit(state, make_item(title=title))
    assert dedup.admit(state, make_item(title=title.replace("eleven", "twelve"))).verdict.status == "new"
    assert dedup.admit(state, make_item(title=f"“{title}”")).verdict.status == "duplicate"


@pytest.mark.parametrize("title", ["Live updates", "Weather", "", "🙂"])
def test_titles_that_say_nothing_link_nothing(state: dedup.State, make_item: MakeItem, title: str) -> None:
    dedup.admit(state, make_item(title=title))
    assert dedup.admit(state, make_item(title=title)).verdict.status == "new"


def test_same_id_same_text_is_the_same_item(state: dedup.State, make_item: MakeItem) -> None:
    first = dedup.admit(state, make_item(WIRE, item_id="a"))
    again = dedup.admit(state, make_item(WIRE, item_id="a", hours=900))
    assert again.verdict.duplicate is not None
    assert again.verdict.duplicate.kind == "same_item"
    assert again.verdict.story_id == first.verdict.story_id


@pytest.mark.parametrize("changed", [WIRE.replace("eleven", "twelve"), OTHER, "Withdrawn."])
def test_changed_text_under_an_id_is_a_revision(state: dedup.State, make_item: MakeItem, changed: str) -> None:
    dedup.admit(state, make_item(OTHER, item_id="b"))
    story = dedup.admit(state, make_item(WIRE, item_id="a")).verdict.story_id
    verdict = dedup.admit(state, make_item(changed, item_id="a")).verdict
    assert (verdict.status, verdict.revision, verdict.story_id) == ("revision", 2, story)
    third = dedup.admit(state, make_item(changed + " More follows.", item_id="a")).verdict
    assert (third.status, third.revision, third.story_id) == ("revision", 3, story)
    old = dedup.admit(state, make_item(WIRE, item_id="a")).verdict
    assert old.duplicate is not None
    assert old.duplicate.kind == "same_item"


def test_changed_text_under_a_url_is_a_revision(state: dedup.State, make_item: MakeItem) -> None:
    url = "https://paper.example/2026/floods"
    story = dedup.admit(state, make_item(WIRE, url=url)).verdict.story_id
    verdict = dedup.admit(state, make_item(WIRE.replace("eleven", "twelve"), url=url)).verdict
    assert (verdict.status, verdict.revision, verdict.story_id) == ("revision", 2, story)


@pytest.mark.parametrize("url", ["https://channel.example", "https://channel.example/", "https://channel.example/all"])
def test_a_page_of_many_items_is_no_item(state: dedup.State, make_item: MakeItem, url: str) -> None:
    texts = [" ".join(SENTENCES[3:]), OTHER, "Bridge closed.", "Trains late again between Marund and Tessaly."]
    dedup.admit(state, make_item(SENTENCES[0] + SENTENCES[1], item_id="elsewhere"))
    verdicts = [dedup.admit(state, make_item(text, url=url)).verdict for text in [SENTENCES[0] + SENTENCES[1], *texts]]
    assert [verdict.status for verdict in verdicts] == ["duplicate", "new", "new", "new", "new"]


def test_a_copy_of_a_revision_belongs_to_the_story(state: dedup.State, make_item: MakeItem) -> None:
    story = dedup.admit(state, make_item(WIRE, item_id="a")).verdict.story_id
    dedup.admit(state, make_item(OTHER, item_id="a"))
    verdict = dedup.admit(state, make_item(OTHER, item_id="c")).verdict
    assert verdict.duplicate is not None
    assert (verdict.story_id, verdict.duplicate.of) == (story, "a")


def test_copies_of_copies_name_the_original(state: dedup.State, make_item: MakeItem) -> None:
    dedup.admit(state, make_item(WIRE, item_id="a"))
    dedup.admit(state, make_item(f"{NAV} {WIRE}", item_id="b"))
    verdict = dedup.admit(state, make_item(f"{NAV} {WIRE}", item_id="b")).verdict
    assert verdict.duplicate is not None
    assert verdict.duplicate.of == "a"


def test_a_chain_of_edits_does_not_drift(state: dedup.State, make_item: MakeItem) -> None:
    words, other = WIRE.split(), OTHER.split()
    stories = [
        dedup.admit(state, make_item(" ".join(other[:n] + words[n:]))).verdict.story_id for n in range(0, len(other), 8)
    ]
    assert stories[0] != stories[-1]


def test_a_digest_swallows_nothing(state: dedup.State, make_item: MakeItem) -> None:
    first = dedup.admit(state, make_item(WIRE)).verdict
    second = dedup.admit(state, make_item(OTHER)).verdict
    third = dedup.admit(state, make_item(" ".join(reversed(WIRE.split())))).verdict
    digest = " ".join([WIRE, OTHER, " ".join(reversed(WIRE.split())), FOOTER, NAV])
    assert dedup.admit(state, make_item(digest)).verdict.status == "new"
    assert len({first.story_id, second.story_id, third.story_id}) == 3


def test_a_redelivery_gets_its_verdict_again(state: dedup.State, make_item: MakeItem) -> None:
    items = [
        make_item(WIRE, item_id="a"),
        make_item(f"{NAV} {WIRE}", item_id="b"),
        make_item(OTHER, item_id="a"),
        make_item(OTHER, item_id="c"),
        make_item(OTHER, item_id="a"),
    ]
    verdicts = [dedup.admit(state, item).verdict for item in items]
    again = [dedup.admit(state, item) for item in items]
    assert [admission.verdict for admission in again] == verdicts
    assert all(not admission.changes for admission in again)
    assert [admission.again for admission in again] == [True, True, True, True, False]  # repetitions are not remembered


def test_another_item_from_the_same_offset_is_no_redelivery(state: dedup.State, make_item: MakeItem) -> None:
    """A topic was made anew, and its offsets begin again."""
    dedup.admit(state, make_item(WIRE, item_id="a", offset=7))
    made = dedup.admit(state, make_item(OTHER, item_id="b", offset=7, received_hours=1))
    assert (made.verdict.status, made.again) == ("new", False)
    assert dedup.admit(state, make_item(OTHER, item_id="b", offset=7, received_hours=1)).again
    restored = dedup.State(state.window)
    dedup.restore(restored, made.changes[-1:])
    assert (state.size, restored.size, state.evicted["replaced"]) == (1, 1, 1)


@pytest.mark.parametrize(("hours", "status"), [(71, "duplicate"), (-71, "duplicate"), (73, "new"), (-73, "new")])
def test_the_window_is_the_distance_in_event_time(
    state: dedup.State, make_item: MakeItem, hours: float, status: str
) -> None:
    dedup.admit(state, make_item(WIRE, received_hours=0))
    assert dedup.admit(state, make_item(WIRE, hours=hours, received_hours=max(hours, 0))).verdict.status == status


def test_a_date_in_the_future_counts_as_received(state: dedup.State, make_item: MakeItem) -> None:
    dedup.admit(state, make_item(WIRE, hours=24 * 365, received_hours=0))
    assert dedup.admit(state, make_item(WIRE, hours=1)).verdict.status == "duplicate"


def test_many_versions_of_one_item_stay_bounded(state: dedup.State, make_item: MakeItem) -> None:
    for n in range(100):
        verdict = dedup.admit(state, make_item(f"{WIRE} Update {n}.", item_id="live")).verdict
    assert verdict.revision == 100
    assert state.size == 64
    assert state.evicted["versions"] == 36


def test_of_several_originals_the_first_published_is_named(state: dedup.State, make_item: MakeItem) -> None:
    late = make_item(" ".join([*SENTENCES, FOOTER, NAV, OTHER, *OTHER.split()[::-1]]), hours=3, received_hours=4)
    early = make_item(" ".join([WIRE, OTHER.upper()[::-1]]), hours=1, received_hours=5)
    assert dedup.admit(state, late).verdict.status == "new"
    assert dedup.admit(state, early).verdict.status == "new"
    verdict = dedup.admit(state, make_item(" ".join(SENTENCES[:-1]), hours=6)).verdict
    assert verdict.duplicate is not None
    assert verdict.duplicate.of == early.item_id


def test_shards_in_one_partition_do_not_meet(state: dedup.State, make_item: MakeItem) -> None:
    first, second = make_item(WIRE, item_id="a"), make_item(WIRE, item_id="b")
    dedup.admit(state, first)
    assert dedup.admit(state, replace(second, shard="elsewhere")).verdict.status == "new"
    assert dedup.admit(state, make_item(WIRE, item_id="c")).verdict.status == "duplicate"
