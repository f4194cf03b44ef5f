"""When status updates are due: each period once, at its hour on the project's clock, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.rules import rhythm
from portal.rules.errors import Invalid
from portal.rules.rhythm import Choice, Plan, Rhythm
from tests.rules.test_schedule import ZONES

MONDAY, SUNDAY = 0, 6
REGULAR = (Rhythm.WEEKLY, Rhythm.BIWEEKLY, Rhythm.MONTHLY)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def weekly(zone: str, hour: int = 9, weekday: int = MONDAY, anchor: date = date(2026, 1, 5)) -> Plan:
    return Plan(Rhythm.WEEKLY, weekday, hour, zone, anchor)


# Gaps and folds, worked out from the zones' published rules: the hour, the day, and its instant in UTC.
JUMPS = [
    ("Europe/Berlin", 2, date(2026, 3, 29), "2026-03-29T01:00"),  # skipped: the instant of the change, 03:00
    ("Europe/Berlin", 2, date(2026, 10, 25), "2026-10-25T00:00"),  # twice: the first
    ("America/New_York", 2, date(2026, 3, 8), "2026-03-08T07:00"),
    ("America/New_York", 1, date(2026, 11, 1), "2026-11-01T05:00"),
    ("Australia/Lord_Howe", 2, date(2026, 10, 4), "2026-10-03T15:30"),  # a gap of half an hour
    ("Asia/Beirut", 0, date(2026, 3, 29), "2026-03-28T22:00"),  # midnight itself is skipped
    ("America/Havana", 0, date(2026, 11, 1), "2026-11-01T04:00"),
    ("Pacific/Chatham", 9, date(2026, 9, 27), "2026-09-26T19:15"),
    ("Asia/Kathmandu", 9, date(2026, 3, 29), "2026-03-29T03:15"),
]


@pytest.mark.parametrize(("zone", "hour", "day", "instant"), JUMPS)
def test_an_hour_the_clocks_skip_or_repeat_is_one_instant(zone: str, hour: int, day: date, instant: str) -> None:
    plan = weekly(zone, hour, SUNDAY, anchor=date(2026, 1, 4))
    assert rhythm.instant(plan, day) == utc(instant)
    before, after = utc(instant) - timedelta(minutes=1), utc(instant)
    assert rhythm.next_instant(plan, before) == utc(instant)
    assert rhythm.latest_day(plan, before) == day - timedelta(days=7)
    assert rhythm.latest_day(plan, after) == day


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("regular", REGULAR)
def test_a_year_of_periods_has_each_once_and_at_its_hour_in_every_zone(zone: str, regular: Rhythm) -> None:
    start = utc("2026-01-01T00:00")
    plan = rhythm.begin(Choice(regular, SUNDAY, 2), zone, start)
    moments, now = [], start
    while (due := rhythm.next_instant(plan, now)) is not None and due < start + timedelta(days=366):
        assert rhythm.latest_day(plan, due) == due.astimezone(ZoneInfo(zone)).date()
        moments.append(due)
        now = due
    local = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    assert len({each.date() for each in local}) == len(local) == {"weekly": 52, "biweekly": 26, "monthly": 12}[regular]
    assert {each.weekday() for each in local} == {SUNDAY}
    # On the day of a gap the skipped hour has moved on, by no more than the gap.
    assert all(each.hour in (2, 3) and (each.hour == 2 or each.replace(fold=0).dst()) for each in local)


@pytest.mark.parametrize("zone", ZONES)
def test_whoever_looks_every_five_minutes_sees_each_period_begin_once(zone: str) -> None:
    plan = weekly(zone, 2, SUNDAY, anchor=date(2026, 3, 1))
    now, seen = utc("2026-03-24T00:00"), []
    while now < utc("2026-04-09T00:00"):
        latest = rhythm.latest_day(plan, now)
        if latest is not None and latest not in seen:
            seen.append(latest)
        now += timedelta(minutes=5)
    assert seen == [date(2026, 3, 22), date(2026, 3, 29), date(2026, 4, 5)]


def test_a_day_that_a_zone_left_out_is_due_when_it_would_have_been() -> None:
    # Samoa went from Thursday, 29 December 2011 to Saturday the 31st.
    plan = weekly("Pacific/Apia", 9, weekday=4, anchor=date(2011, 12, 2))
    assert rhythm.instant(plan, date(2011, 12, 30)) == utc("2011-12-30T19:00")
    assert rhythm.latest_day(plan, utc("2011-12-31T00:00")) == date(2011, 12, 30)


def test_a_server_that_slept_for_ten_weeks_finds_the_last_period() -> None:
    plan = weekly("Europe/Berlin")
    assert rhythm.latest_day(plan, utc("2026-03-18T12:00")) == date(2026, 3, 16)
    assert rhythm.next_instant(plan, utc("2026-03-18T12:00")) == utc("2026-03-23T08:00")


def test_two_weeks_are_counted_from_the_first_day() -> None:
    plan = Plan(Rhythm.BIWEEKLY, MONDAY, 9, "UTC", date(2026, 1, 12))
    assert rhythm.next_instant(plan, utc("2026-01-12T09:00")) == utc("2026-01-26T09:00")
    assert rhythm.latest_day(plan, utc("2026-01-25T00:00")) == date(2026, 1, 12)


def test_a_month_has_its_update_in_its_first_week() -> None:
    plan = Plan(Rhythm.MONTHLY, MONDAY, 9, "UTC", date(2026, 1, 5))
    assert rhythm.next_instant(plan, utc("2026-01-05T09:00")) == utc("2026-02-02T09:00")
    assert rhythm.next_instant(plan, utc("2026-02-02T09:00")) == utc("2026-03-02T09:00")
    assert rhythm.latest_day(plan, utc("2026-05-31T00:00")) == date(2026, 5, 4)


@pytest.mark.parametrize("regular", REGULAR)
def test_the_first_is_the_next_such_hour_after_the_choice(regular: Rhythm) -> None:
    choice = Choice(regular, MONDAY, 9)
    assert rhythm.begin(choice, "Europe/Berlin", utc("2026-01-05T07:59")).anchor_on == date(2026, 1, 5)
    assert rhythm.begin(choice, "Europe/Berlin", utc("2026-01-05T08:00")).anchor_on == date(2026, 1, 12)
    plan = rhythm.begin(choice, "Europe/Berlin", utc("2026-01-05T08:00"))
    assert rhythm.latest_day(plan, utc("2026-01-06T08:00")) is None


def test_where_there_is_no_rhythm_nothing_is_ever_due() -> None:
    plan = rhythm.begin(Choice(Rhythm.OFF, MONDAY, 9), "UTC", utc("2026-01-05T00:00"))
    assert rhythm.next_instant(plan, utc("2030-01-05T00:00")) is None
    assert rhythm.latest_day(plan, utc("2030-01-05T00:00")) is None


def test_a_choice_is_read_as_forms_send_it() -> None:
    assert rhythm.read("weekly", "0", "16", "") == Choice(Rhythm.WEEKLY, 0, 16, None)
    assert rhythm.read("monthly", "6", "0", "14") == Choice(Rhythm.MONTHLY, 6, 0, 14)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (("daily", "0", "9", ""), "rhythm"),
        (("", "0", "9", ""), "rhythm"),
        (("weekly", "7", "9", ""), "weekday"),
        (("weekly", "-1", "9", ""), "weekday"),
        (("weekly", "", "9", ""), "weekday"),
        (("weekly", "\u0663", "9", ""), "weekday"),
        (("weekly", "0", "24", ""), "hour"),
        (("weekly", "0", "9" * 50, ""), "hour"),
        (("weekly", "0", "9", "0"), "send_after_days"),
        (("weekly", "0", "9", "15"), "send_after_days"),
        (("weekly", "0", "9", "soon"), "send_after_days"),
    ],
)
def test_what_no_form_of_ours_sends_is_refused_beside_its_field(sent: tuple[str, ...], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        rhythm.read(*sent)
    assert caught.value.field == field
