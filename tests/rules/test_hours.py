"""Quiet hours and mornings, on the clocks of 24 zones, over nights in which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules import hours
from portal.rules.errors import Invalid
from portal.rules.hours import DAY, HOUR, NIGHT, Quiet

ZONES = (
    "Europe/Berlin", "Europe/London", "Europe/Dublin", "Africa/Cairo", "Africa/Casablanca", "Asia/Shanghai",
    "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Asia/Beirut", "Asia/Tokyo", "America/New_York",
    "America/Los_Angeles", "America/St_Johns", "America/Santiago", "America/Havana", "America/Asuncion",
    "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Chatham", "Pacific/Apia", "Pacific/Marquesas",
    "Antarctica/Troll", "UTC",
)  # fmt: skip
MINUTE = timedelta(minutes=1)
# Three years, so that each zone that changes its clocks does so several times.
START = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 3 * 365 * DAY * 60).map(lambda seconds: START + timedelta(seconds=seconds))
NIGHTS = st.tuples(st.integers(0, DAY - 1), st.integers(0, DAY - 1)).filter(lambda two: two[0] != two[1])


def wall(zone: str, moment: datetime) -> int:
    local = moment.astimezone(ZoneInfo(zone))
    return local.hour * HOUR + local.minute


def first_end(quiet: Quiet, zone: str, moment: datetime) -> datetime:
    """Minute by minute: the first at which the quiet hours are left, other than by a clock that is set back."""
    step = moment.replace(second=0, microsecond=0)
    while True:
        before, step = step, step + MINUTE
        is_set_back = offset(zone, step) < offset(zone, before)
        if wall(zone, before) in quiet and wall(zone, step) not in quiet and not is_set_back:
            return step


def offset(zone: str, moment: datetime) -> timedelta:
    return moment.astimezone(ZoneInfo(zone)).utcoffset()


def test_there_are_24_zones():
    assert len(set(ZONES)) == 24


@pytest.mark.parametrize("zone", ZONES)
@settings(deadline=None)  # the minutes are walked one by one
@given(moment=MOMENTS, night=NIGHTS)
def test_what_is_due_in_quiet_hours_waits_until_they_end_and_nothing_else_does(zone, moment, night):
    quiet = Quiet(*night)
    until = hours.after_quiet(quiet, zone, moment)
    if wall(zone, moment) in quiet:
        assert until == first_end(quiet, zone, moment)
        assert wall(zone, until) not in quiet
    else:
        assert until == moment


def changes(zone: str) -> list[datetime]:
    """The hours in which the clocks of a zone change, three years long."""
    steps = [START + timedelta(hours=n) for n in range(3 * 366 * 24)]
    return [step for step in steps if offset(zone, step) != offset(zone, step + timedelta(hours=1))]


@pytest.mark.parametrize("zone", ZONES)
def test_nights_in_which_the_clocks_change_are_quiet_to_their_end(zone):
    tried = [NIGHT, Quiet(23 * HOUR, 2 * HOUR + 30), Quiet(22 * HOUR, 30), Quiet(1 * HOUR, 3 * HOUR)]
    for change in changes(zone):
        for quiet in tried:
            for back in range(-120, 240, 37):
                moment = change - timedelta(minutes=back)
                expected = first_end(quiet, zone, moment) if wall(zone, moment) in quiet else moment
                assert hours.after_quiet(quiet, zone, moment) == expected, (zone, quiet, moment)


@pytest.mark.parametrize("zone", ZONES)
@given(moment=MOMENTS)
def test_the_next_morning_is_at_eight_on_the_wall_and_within_a_day(zone, moment):
    morning = hours.next_at(8 * HOUR, zone, moment)
    assert wall(zone, morning) == 8 * HOUR
    assert timedelta(0) < morning - moment <= timedelta(hours=26)


@pytest.mark.parametrize("zone", ZONES)
@given(moment=MOMENTS)
def test_the_next_monday_is_a_monday_there_and_within_a_week(zone, moment):
    monday = hours.next_at(8 * HOUR, zone, moment, hours.MONDAY)
    local = monday.astimezone(ZoneInfo(zone))
    assert (local.weekday(), local.hour, local.minute) == (0, 8, 0)
    assert timedelta(0) < monday - moment <= timedelta(days=7, hours=2)


@pytest.mark.parametrize(
    ("zone", "at", "until"),
    [
        ("Europe/Berlin", "2026-11-26T22:00+01:00", "2026-11-27T07:00+01:00"),
        ("Europe/Berlin", "2026-11-26T21:59+01:00", "2026-11-26T21:59+01:00"),
        ("Europe/Berlin", "2026-11-27T06:59+01:00", "2026-11-27T07:00+01:00"),
        ("Europe/Berlin", "2026-11-27T07:00+01:00", "2026-11-27T07:00+01:00"),
        ("Asia/Shanghai", "2026-11-26T16:30+01:00", "2026-11-27T00:00+01:00"),
        ("Europe/Berlin", "2026-03-28T23:00+01:00", "2026-03-29T07:00+02:00"),
        ("Europe/Berlin", "2026-10-24T23:00+02:00", "2026-10-25T07:00+01:00"),
    ],
)
def test_nights_by_the_calendar(zone, at, until):
    assert hours.after_quiet(NIGHT, zone, datetime.fromisoformat(at)) == datetime.fromisoformat(until)


def test_an_end_in_the_hour_that_is_skipped_is_the_moment_of_the_skip():
    quiet, late = Quiet(22 * HOUR, 2 * HOUR + 30), datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
    assert hours.after_quiet(quiet, "Europe/Berlin", late) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_without_quiet_hours_nothing_waits():
    now = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)
    assert hours.after_quiet(None, "Europe/Berlin", now) == now


def test_hours_are_read_as_typed_and_shown_the_same():
    assert hours.read_quiet(" 22:00", "07:30") == Quiet(22 * HOUR, 7 * HOUR + 30)
    assert (hours.show_minute(7 * HOUR + 5), hours.show_minute(0)) == ("07:05", "00:00")


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [("", "07:00", "quiet_from"), ("22:00", "25:00", "quiet_to"), ("22:00", "x", "quiet_to"),
     ("22:00+02:00", "07:00", "quiet_from"), ("22:00", "22:00", "quiet_to")],
)  # fmt: skip
def test_what_is_no_time_or_has_no_end_is_refused_beside_its_field(starts, ends, field):
    with pytest.raises(Invalid) as refused:
        hours.read_quiet(starts, ends)
    assert refused.value.field == field
