from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.rules import money, schedule
from portal.rules.errors import Invalid

# Per zone a date that ends near a gap and one that ends near a fold, each with its UTC instant, worked out from the
# zone's published rules; then the winter (year-end) offset. Zones without summer time have ordinary dates.
ZONES = {
    "UTC": ("2026-03-28 2026-03-29T00:00", "2026-10-24 2026-10-25T00:00", 0),
    "Europe/Berlin": ("2026-03-28 2026-03-28T23:00", "2026-10-25 2026-10-25T23:00", 60),
    "Europe/London": ("2026-03-29 2026-03-29T23:00", "2026-10-24 2026-10-24T23:00", 0),
    "Europe/Kyiv": ("2026-03-29 2026-03-29T21:00", "2026-10-25 2026-10-25T22:00", 120),
    "Europe/Istanbul": ("2026-03-29 2026-03-29T21:00", "2026-10-25 2026-10-25T21:00", 180),
    "Asia/Shanghai": ("2026-03-29 2026-03-29T16:00", "2026-10-25 2026-10-25T16:00", 480),
    "Asia/Tokyo": ("2026-03-29 2026-03-29T15:00", "2026-10-25 2026-10-25T15:00", 540),
    "Asia/Kolkata": ("2026-03-29 2026-03-29T18:30", "2026-10-25 2026-10-25T18:30", 330),
    "Asia/Kathmandu": ("2026-03-29 2026-03-29T18:15", "2026-10-25 2026-10-25T18:15", 345),
    "Asia/Dubai": ("2026-03-29 2026-03-29T20:00", "2026-10-25 2026-10-25T20:00", 240),
    # Midnight itself is skipped in spring; in autumn 24:00 becomes 23:00 and the day ends an hour later.
    "Asia/Beirut": ("2026-03-28 2026-03-28T22:00", "2026-10-24 2026-10-24T22:00", 120),
    "Africa/Cairo": ("2026-04-23 2026-04-23T22:00", "2026-10-29 2026-10-29T22:00", 120),
    "Africa/Lagos": ("2026-03-29 2026-03-29T23:00", "2026-10-25 2026-10-25T23:00", 60),
    "America/New_York": ("2026-03-07 2026-03-08T05:00", "2026-11-01 2026-11-02T05:00", -300),
    "America/Los_Angeles": ("2026-03-08 2026-03-09T07:00", "2026-10-31 2026-11-01T07:00", -480),
    "America/St_Johns": ("2026-03-08 2026-03-09T02:30", "2026-11-01 2026-11-02T03:30", -210),
    "America/Sao_Paulo": ("2018-11-03 2018-11-04T03:00", "2018-02-17 2018-02-18T03:00", -180),
    # Midnight comes twice: the day ends the first time.
    "America/Havana": ("2026-03-07 2026-03-08T05:00", "2026-10-31 2026-11-01T04:00", -300),
    "America/Santiago": ("2024-09-07 2024-09-08T04:00", "2024-04-06 2024-04-07T04:00", None),
    "Australia/Sydney": ("2026-10-04 2026-10-04T13:00", "2026-04-05 2026-04-05T14:00", 660),
    "Australia/Lord_Howe": ("2026-10-04 2026-10-04T13:00", "2026-04-05 2026-04-05T13:30", 660),
    "Pacific/Auckland": ("2026-09-27 2026-09-27T11:00", "2026-04-05 2026-04-05T12:00", 780),
    "Pacific/Chatham": ("2026-09-27 2026-09-27T10:15", "2026-04-05 2026-04-05T11:15", 825),
    # A whole day, 30 December 2011, was left out.
    "Pacific/Apia": ("2011-12-29 2011-12-30T10:00", "2011-12-30 2011-12-30T10:00", None),
}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def cases():
    for zone, (gap, fold, winter) in ZONES.items():
        for kind, pair in (("gap", gap), ("fold", fold)):
            due, instant = pair.split()
            yield pytest.param(zone, date.fromisoformat(due), utc(instant), id=f"{zone}-{kind}")
        for kind, due in (("leap", date(2024, 2, 29)), ("year-end", date(2025, 12, 31))):
            offset = timedelta(minutes=OTHER.get((zone, kind), winter))
            midnight = datetime.combine(due + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
            yield pytest.param(zone, due, midnight - offset, id=f"{zone}-{kind}")


OTHER = {
    ("America/Santiago", "leap"): -180,
    ("America/Santiago", "year-end"): -180,
    ("Pacific/Apia", "leap"): 780,
    ("Pacific/Apia", "year-end"): 780,
}


def test_there_are_24_zones():
    assert len(ZONES) == 24


@pytest.mark.parametrize(("zone", "due", "instant"), [*cases()])
def test_a_date_is_over_at_its_midnight_in_the_zone_and_not_a_second_before(zone, due, instant):
    assert schedule.due_instant(due, zone) == instant
    assert schedule.due_instant(due, zone).tzinfo is UTC
    assert not schedule.is_overdue(due, zone, instant - timedelta(seconds=1))
    assert schedule.is_overdue(due, zone, instant + timedelta(seconds=1))
    assert schedule.is_overdue(due, zone, instant)


@pytest.mark.parametrize("zone", sorted(set(ZONES) - {"Pacific/Apia"}))
def test_overdue_means_that_the_calendar_on_the_wall_shows_a_later_date(zone):
    # Clocks that go back over midnight (Santiago) show the old date again; the day is over only after that.
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for hours in range(0, 24 * 300, 7):
        now = start + timedelta(hours=hours)
        today = now.astimezone(ZoneInfo(zone)).date()
        assert not schedule.is_overdue(today, zone, now)
        assert schedule.is_overdue(today - timedelta(days=1), zone, now)


def test_the_reader_s_zone_of_now_does_not_matter():
    now = datetime(2026, 5, 1, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert schedule.is_overdue(date(2026, 4, 30), "Asia/Shanghai", now)
    assert not schedule.is_overdue(date(2026, 4, 30), "Europe/Berlin", now)


def test_an_instant_without_zone_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="needs its zone"):
        schedule.is_overdue(date(2026, 1, 1), "UTC", datetime(2026, 1, 2))  # noqa: DTZ001  # the mistake


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../etc/passwd", "/etc/passwd", "Europe", "UTC\0", "x" * 500])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(Invalid) as caught:
        schedule.due_instant(date(2026, 1, 1), zone)
    assert caught.value.field == "zone"


@pytest.mark.parametrize(
    ("first", "rhythm", "dates"),
    [
        ("2026-01-31", "monthly", "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31"),
        ("2024-01-30", "monthly", "2024-01-30 2024-02-29 2024-03-30"),
        ("2024-02-29", "monthly", "2024-02-29 2024-03-29 2024-04-29"),
        ("2026-11-15", "monthly", "2026-11-15 2026-12-15 2027-01-15"),
        ("2026-12-31", "monthly", "2026-12-31 2027-01-31 2027-02-28"),
        ("2026-02-20", "biweekly", "2026-02-20 2026-03-06 2026-03-20"),
        ("2024-02-20", "biweekly", "2024-02-20 2024-03-05"),
        ("2026-07-01", "monthly", "2026-07-01"),
    ],
)
def test_series_keep_their_day(first, rhythm, dates):
    expected = [date.fromisoformat(text) for text in dates.split()]
    assert schedule.series_dates(date.fromisoformat(first), rhythm, len(expected)) == expected


@pytest.mark.parametrize("count", [-1, 0, 11])
def test_a_series_has_one_to_ten_dates(count):
    with pytest.raises(Invalid) as caught:
        schedule.series_dates(date(2026, 1, 1), "monthly", count)
    assert "between 1 and 10" in str(caught.value)
    assert len(schedule.series_dates(date(2026, 1, 1), "monthly", 10)) == 10


def test_a_series_that_runs_out_of_the_calendar_is_refused():
    with pytest.raises(Invalid):
        schedule.series_dates(date(2199, 12, 1), "monthly", 2)


@pytest.mark.parametrize("text", ["2026-03-31", "2024-02-29", " 2026-03-31 "])
def test_iso_dates_are_read(text):
    assert schedule.parse_date(text) == date.fromisoformat(text.strip())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "date_unreadable"),
        ("31.03.2026", "date_unreadable"),
        ("2026-3-31", "date_unreadable"),
        ("20260331", "date_unreadable"),
        ("2026-W14-2", "date_unreadable"),
        ("2026-03-31T00:00", "date_unreadable"),
        ("２０２６-03-31", "date_unreadable"),
        ("2026-02-29", "date_impossible"),
        ("2026-13-01", "date_impossible"),
        ("2026-00-10", "date_impossible"),
        ("0000-01-01", "date_impossible"),
        ("0026-03-31", "date_out_of_range"),
        ("9999-12-31", "date_out_of_range"),
    ],
)
def test_other_dates_are_refused_and_say_why(text, code):
    with pytest.raises(Invalid) as caught:
        schedule.parse_date(text)
    assert caught.value.code == code


def test_terms_count_days_from_issue():
    assert schedule.net_days(date(2026, 1, 31), 30) == date(2026, 3, 2)
    assert schedule.net_days(date(2026, 1, 31), 0) == date(2026, 1, 31)
    for days in (-1, 366):
        with pytest.raises(Invalid):
            schedule.net_days(date(2026, 1, 31), days)


def test_starters_are_whole_and_fit_a_project():
    assert [ppm for _, ppm in schedule.STARTERS["website"]] == [150_000, 250_000, 300_000, 200_000, 100_000]
    assert [title for title, _ in schedule.STARTERS["concept"]] == ["Concept", "Revisions", "Final"]
    for parts in schedule.STARTERS.values():
        money.check_shares([ppm for _, ppm in parts])
        assert len(parts) <= schedule.MAX_MILESTONES
