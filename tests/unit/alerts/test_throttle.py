"""What is held back: repeats, quiet hours in their zone, digests."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from streams.alerts.model import Quiet

NIGHT = 'quiet = { from = "22:00", to = "07:00", zone = "Europe/Kyiv" }'


def test_a_group_is_told_again_only_after_the_repeat_interval(desk, after) -> None:
    d = desk('when = "each"\ngroup_by = ["conflict"]\nrepeat = "4h"')
    assert [d.feed(after(hours=hour)) for hour in range(5)] == ["sent", "repeat", "repeat", "repeat", "sent"]
    assert d.decisions[1].until == after(hours=4)
    assert [alert.left_out for alert in d.told] == [0, 3]


def test_a_digest_gathers_from_the_first_on(desk, after) -> None:
    d = desk('when = "each"\ndigest = "1h"')
    assert d.feed() == "digest"
    assert d.feed(after(minutes=59), title="Second") == "digest"
    assert d.wait(after(minutes=59)) == []
    assert d.wait(after(hours=1)) == ["sent"]
    (alert,) = d.told
    assert (alert.parts, [report.title for report in alert.reports]) == (2, ["Second", "Strike on El Fasher market"])
    assert d.wait(after(hours=3)) == []


def test_a_digest_of_one_is_that_alert(desk, after) -> None:
    d = desk('when = "each"\ndigest = "1h"')
    d.feed()
    d.wait(after(hours=1))
    assert (d.told[0].parts, d.told[0].made_at) == (1, after(hours=1))


def test_a_digest_has_bounds(desk, after) -> None:
    d = desk('when = "each"\ndigest = "1h"')
    for number in range(70):
        d.feed(after(seconds=number))
    d.wait(after(hours=1))
    assert (d.told[0].parts, len(d.told[0].reports), d.told[0].more) == (70, 10, 40)


def test_quiet_hours_hold_until_the_morning(desk, after) -> None:
    d = desk(f'when = "each"\n{NIGHT}')
    late, morning = after(hours=9), datetime(2026, 3, 3, 5, tzinfo=UTC)
    assert d.feed() == "sent"
    assert d.feed(late) == "quiet"
    assert d.decisions[-1].until == morning
    assert d.wait(morning - timedelta(seconds=1)) == []
    assert d.wait(morning) == ["sent"]


def test_grave_alerts_are_told_at_night(desk, after) -> None:
    assert desk(f'when = "each"\nseverity = "critical"\n{NIGHT}').feed(after(hours=9)) == "sent"
    never = NIGHT.replace(" }", ', unless = "never" }')
    assert desk(f'when = "each"\nseverity = "critical"\n{never}').feed(after(hours=9)) == "quiet"


def test_what_is_held_survives_a_restart(desk, after) -> None:
    d = desk('when = "each"\ndigest = "1h"')
    d.feed()
    again = d.restarted()
    assert again.wait(after(hours=1)) == ["sent"]
    assert [alert.id for alert in again.told] == [d.state.held("r").alerts[0].id]


def test_the_end_of_what_was_only_held_is_not_told(desk, after) -> None:
    d = desk(f'when = "silence"\nwithin = "3h"\nfilter = {{ source = "wire.example" }}\nlearn = "0s"\n{NIGHT}')
    d.feed(after(hours=8))
    assert d.wait(after(hours=11)) == ["quiet"]
    d.feed(after(hours=12))
    assert d.wait(after(hours=24)) == ["sent"]
    assert d.told[0].starts_at == after(hours=12)


def test_a_silence_that_begins_again_at_night_goes_on(desk, after) -> None:
    d = desk(f'when = "silence"\nwithin = "3h"\nrepeat = "1h"\nfilter = {{ source = "wire.example" }}\n{NIGHT}')
    d.feed()
    assert d.wait(after(hours=4)) == ["sent"]
    d.feed(after(hours=9))
    assert d.wait(after(hours=13)) == ["quiet"]
    assert d.wait(after(hours=18)) == []
    d.feed(after(hours=19))
    assert [alert.status for alert in d.told] == ["firing", "resolved"]


@pytest.mark.parametrize(
    ("begin", "end", "now", "until"),
    [
        ("22:00", "07:00", "2026-03-02T22:00", "2026-03-03T07:00"),
        ("22:00", "07:00", "2026-03-03T06:59", "2026-03-03T07:00"),
        ("22:00", "07:00", "2026-03-03T07:00", None),
        ("09:00", "17:00", "2026-03-02T12:00", "2026-03-02T17:00"),
        ("09:00", "17:00", "2026-03-02T17:00", None),
        ("22:00", "03:30", "2026-03-28T23:00", "2026-03-29T04:30"),  # the clocks go from 3 to 4
    ],
)
def test_quiet_hours_in_their_zone(begin: str, end: str, now: str, until: str | None) -> None:
    zone = ZoneInfo("Europe/Kyiv")
    quiet = Quiet(time.fromisoformat(begin), time.fromisoformat(end), zone)
    found = quiet.until(datetime.fromisoformat(now).replace(tzinfo=zone).astimezone(UTC), "warning")
    assert (found and found.astimezone(zone).isoformat()[:16]) == until
