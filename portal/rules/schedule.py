"""Dates: series of due dates, and the instant at which a date is over somewhere on earth (domain.md §11)."""

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from portal.rules.errors import Invalid
from portal.rules.wording import N_

MAX_MILESTONES = 10
LONGEST_TERM_DAYS = 365
FIRST_YEAR, LAST_YEAR = 1970, 2199
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTHS_A_YEAR = 12

Rhythm = Literal["monthly", "biweekly"]

# Milestones to begin with: title and share in parts per million.
STARTERS: Mapping[str, list[tuple[str, int]]] = MappingProxyType(
    {
        "website": [
            (N_("Research"), 150_000),
            (N_("Design"), 250_000),
            (N_("Core"), 300_000),
            (N_("Content and testing"), 200_000),
            (N_("Launch"), 100_000),
        ],
        "concept": [
            (N_("Concept"), 400_000),
            (N_("Revisions"), 300_000),
            (N_("Final"), 300_000),
        ],
    }
)


def series_dates(first: date, rhythm: Rhythm, count: int) -> list[date]:
    """`count` dates from `first` on, every month on its day (or the month's last) or every fourteen days."""
    if not 1 <= count <= MAX_MILESTONES:
        message = N_("Choose between 1 and %(most)s milestones.")
        raise Invalid(message, code="count_out_of_range", field="count", most=MAX_MILESTONES)
    if rhythm == "monthly":
        # Counted from the first date each time, so that 31 January, 28 February is followed by 31 March.
        dates = [_months_later(first, months) for months in range(count)]
    else:
        dates = [first + timedelta(weeks=2 * turn) for turn in range(count)]
    if dates[-1].year > LAST_YEAR:
        raise _year_out_of_range()
    return dates


def due_instant(due_on: date, zone: str) -> datetime:
    """When the date is over (24:00) in the IANA zone, as an aware UTC instant.

    Where midnight is skipped by a change of clocks this is the instant of the change; where it comes twice,
    the first of the two.
    """
    midnight = datetime.combine(due_on + timedelta(days=1), time.min, tzinfo=_zone(zone))
    return midnight.astimezone(UTC)


def is_overdue(due_on: date, zone: str, now: datetime) -> bool:
    """Whether the due date is over in the zone at `now`, which must be aware."""
    if now.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return now >= due_instant(due_on, zone)


def parse_date(text: str) -> date:
    """The date for YYYY-MM-DD, the form every browser's date field sends."""
    text = text.strip()
    try:
        parsed = date.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:
        raise Invalid(N_("This day does not exist in the calendar."), code="date_impossible", field="date") from None
    if parsed is None:
        raise Invalid(N_("Write the date as year-month-day, like 2026-03-31."), code="date_unreadable", field="date")
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise _year_out_of_range()
    return parsed


def net_days(issued_on: date, days: int) -> date:
    """The due date of a paper issued on a date in the vendor's zone and payable within `days`."""
    if not 0 <= days <= LONGEST_TERM_DAYS:
        message = N_("Choose a term between 0 and %(most)s days.")
        raise Invalid(message, code="term_out_of_range", field="days", most=LONGEST_TERM_DAYS)
    return issued_on + timedelta(days=days)


def _months_later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, _MONTHS_A_YEAR)
    year = first.year + years
    last_day = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(first.day, last_day))


def _year_out_of_range() -> Invalid:
    message = N_("Choose a date between the years %(first)s and %(last)s.")
    return Invalid(message, code="date_out_of_range", field="date", first=FIRST_YEAR, last=LAST_YEAR)


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        message = N_("“%(zone)s” is not a time zone we know. Choose one from the list.")
        raise Invalid(message, code="unknown_zone", field="zone", zone=name) from None
