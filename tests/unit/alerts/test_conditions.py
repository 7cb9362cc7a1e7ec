"""When a rule speaks: each, first, surge, silence, sources; and what never makes it speak."""

from msgspec.structs import replace

from streams.messages import Duplicate, Source


def test_each_tells_every_new_event_the_filter_accepts_once(desk, after) -> None:
    d = desk('when = "each"')
    assert d.feed() == "sent"
    assert d.feed(conflicts=()) == "filter"
    assert d.feed(status="duplicate") == "status"
    assert d.feed(status="revision") == "status"
    assert len(d.told) == 1


def test_an_event_that_comes_twice_is_told_once(desk, after) -> None:
    d = desk('when = "each"\ngroup_by = ["conflict"]\nrepeat = "1s"')
    assert d.feed(id="same") == "sent"
    assert d.feed(after(minutes=1), id="same") == "again"
    assert d.feed(after(minutes=1), id="other") == "sent"


def test_backfill_and_old_items_neither_speak_nor_are_remembered(desk, event, after) -> None:
    d = desk('when = "first"\nwithin = "30d"\nlearn = "0s"')
    backfill = replace(event().provenance, backfill=True)
    assert d.feed(provenance=backfill) == "backfill"
    assert d.feed(published_at=after(hours=-7)) == "old"
    assert d.feed() == "sent"


def test_an_event_handled_too_late_is_remembered_but_not_told(desk, after) -> None:
    d = desk('when = "first"\nwithin = "30d"\nlearn = "0s"')
    assert d.feed(now=after(hours=7)) == "late"
    assert d.feed(after(hours=7)) == "known"


def test_a_rule_ends_when_it_is_no_longer_valid(desk, after) -> None:
    d = desk('when = "each"\nvalid_until = 2026-03-02T13:00:00+01:00')
    assert d.feed(after(seconds=-1)) == "sent"
    assert d.feed() == "ended"


def test_first_is_the_first_of_a_war_in_a_country(desk, event, after) -> None:
    d = desk('when = "first"\nwithin = "10d"\nlearn = "0s"')
    chad = replace(event().places[0], country="TD", name="Adré")
    assert d.feed() == "sent"
    assert d.feed(after(days=9)) == "known"
    assert d.feed(after(days=9), places=(chad,), countries=()) == "sent"
    assert d.feed(after(days=18)) == "known"
    assert d.feed(after(days=28)) == "sent"
    assert d.told[-1].group == {"conflict": "sudan", "country": "SD"}


def test_first_keeps_still_until_it_can_know(desk, after) -> None:
    d = desk('when = "first"\nwithin = "10d"')
    assert d.feed() == "learning"
    assert d.decisions[-1].until == after(days=10)
    assert d.feed(after(days=11)) == "sent"


def test_without_a_value_to_group_by_nothing_is_told(desk) -> None:
    d = desk('when = "first"\nlearn = "0s"')
    assert d.feed(places=(), countries=()) == "ungrouped"


def hourly(d, after, hours: int, each: int = 2) -> None:
    for hour in range(hours):
        for number in range(each):
            d.feed(after(hours=hour, minutes=20 * number))


def test_a_surge_is_far_above_what_is_usual(desk, after) -> None:
    d = desk('when = "surge"\nat_least = 5\nratio = 3')
    hourly(d, after, 72)
    assert d.told == []
    found = [d.feed(after(hours=72, seconds=20 * number)) for number in range(12)]
    assert found.index("sent") == 7
    assert set(found[:7]) <= {"usual", "few"}
    alert = d.told[0]
    assert (alert.count, alert.within, round(alert.expected)) == (9, 3600, 2)
    assert len(alert.reports) == 9


def test_more_of_everything_is_no_surge_of_one(desk, after) -> None:
    d = desk('when = "surge"')
    hourly(d, after, 72)
    for number in range(30):
        d.feed(after(hours=72, seconds=20 * number), conflicts=())
    assert "sent" not in {d.feed(after(hours=72, minutes=11, seconds=number)) for number in range(12)}
    assert d.feed(after(hours=72, minutes=12)) == "usual"


def test_a_surge_needs_a_minimum_however_unusual(desk, after) -> None:
    d = desk('when = "surge"\nat_least = 5\nlearn = "1h"')
    d.feed(after(days=-3), conflicts=())
    found = [d.feed(after(minutes=number)) for number in range(5)]
    assert found == ["few", "few", "few", "few", "sent"]


def test_a_surge_does_not_speak_of_what_it_does_not_know(desk, after) -> None:
    d = desk('when = "surge"')
    assert {d.feed(after(minutes=number)) for number in range(30)} == {"learning"}


def test_a_surge_ends_when_the_rate_has_fallen(desk, after) -> None:
    d = desk('when = "surge"')
    hourly(d, after, 72)
    for number in range(12):
        d.feed(after(hours=72, seconds=number))
    assert d.wait(after(hours=72, minutes=30)) == []
    assert d.wait(after(hours=73, minutes=11)) == ["resolved"]
    firing, end = d.told
    assert (end.status, end.key, end.ends_at) == ("resolved", firing.key, after(hours=73, minutes=11))
    assert end.id != firing.id
    assert d.wait(after(hours=75)) == []


def test_a_silence_is_told_once_and_ends_with_the_next_event(desk, after) -> None:
    d = desk('when = "silence"\nwithin = "3h"\ngroup_by = ["source"]\nat_least = 3\neverything = true\nlearn = "0s"')
    for minutes in range(3):
        d.feed(after(minutes=minutes), conflicts=())
    assert d.wait(after(hours=3, minutes=1)) == []
    assert d.wait(after(hours=3, minutes=2)) == ["sent"]
    assert d.wait(after(hours=9)) == []
    d.feed(after(hours=10), status="duplicate", duplicate=Duplicate("exact", "i", 1.0))
    assert [alert.status for alert in d.told] == ["firing", "resolved"]
    assert d.told[0].group == {"source": "wire.example"}
    assert d.told[0].starts_at == after(minutes=2)


def test_no_silence_before_all_has_been_read_or_of_a_stranger(desk, after) -> None:
    d = desk('when = "silence"\nwithin = "3h"\ngroup_by = ["source"]\nat_least = 2\neverything = true\nlearn = "0s"')
    d.feed()
    assert d.wait(after(hours=5)) == []
    d.feed(after(hours=5))
    assert d.wait(after(hours=9), caught_up=False) == []
    assert d.wait(after(hours=9)) == ["sent"]


def test_a_silence_of_what_a_rule_names_needs_no_earlier_event(desk, after) -> None:
    d = desk('when = "silence"\nwithin = "3h"\nfilter = { source = ["other.example", "wire.example"] }')
    d.feed(conflicts=())
    assert d.wait(after(hours=3)) == ["sent", "sent"]
    assert {alert.group["source"] for alert in d.told} == {"other.example", "wire.example"}


def test_publishers_of_one_story_copies_included(desk, after) -> None:
    d = desk('when = "sources"\nat_least = 3\nwithin = "6h"')
    copy = {"story_id": "s", "status": "duplicate", "duplicate": Duplicate("exact", "i", 1.0)}
    assert d.feed(story_id="s") == "few"
    assert d.feed(after(hours=1), **copy) == "few"
    assert d.feed(after(hours=1), source=Source("B", "b.example"), **copy) == "few"
    assert d.feed(after(hours=8), source=Source("C", "c.example"), **copy) == "few"
    assert d.feed(after(hours=9), source=Source("D", "d.example"), **copy) == "few"
    assert d.feed(after(hours=9), source=Source("Example Wire", "wire.example"), **copy) == "sent"
    assert d.told[0].sources == 3


def test_reports_are_independent_ones_copies_do_not_count(desk, after) -> None:
    d = desk('when = "sources"\ncounting = "reports"\nat_least = 2')
    copy = {"status": "duplicate", "duplicate": Duplicate("near", "i", 0.9)}
    assert d.feed() == "few"
    assert d.feed(source=Source("B", "b.example"), **copy) == "few"
    assert d.feed() == "few"
    assert d.feed(source=Source("B", "b.example")) == "sent"
    assert d.told[0].group == {"conflict": "sudan", "place": "El Fasher, SD"}


def test_the_state_of_a_restarted_engine_is_the_same(desk, after) -> None:
    d = desk('when = "surge"')
    hourly(d, after, 72)
    again = d.restarted()
    rest = [after(hours=72, seconds=20 * number) for number in range(12)]
    assert [again.feed(at) for at in rest] == [d.feed(at) for at in rest]
    assert [alert.count for alert in again.told] == [9]


def test_groups_long_past_are_forgotten(desk, after) -> None:
    d = desk('when = "each"')
    d.feed()
    d.state.take()
    d.wait(after(days=3))
    assert [value for name, value in d.log() if name.startswith(b'["group"')] == [None]
