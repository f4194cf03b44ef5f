"""The hours of a person's day, on the clock of their zone: when it is quiet, and when the next morning comes.

All of it goes by what the clock on the wall shows, so a night in which the clocks change is a little longer or
shorter. Where they skip the hour that is asked for, it is the moment of the skip.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.rules.errors import Invalid
from portal.rules.wording import N_

HOUR = 60
DAY = 24 * HOUR
MONDAY = 0
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nothing is to arrive: from and to as minutes after midnight, over midnight if need be."""

    starts: int
    ends: int

    def __contains__(self, minute: int) -> bool:
        if self.starts < self.ends:
            return self.starts <= minute < self.ends
        return minute >= self.starts or minute < self.ends


NIGHT = Quiet(22 * HOUR, 7 * HOUR)


def after_quiet(quiet: Quiet | None, zone: str, moment: datetime) -> datetime:
    """`moment` itself, or the end of the quiet hours that it lies in."""
    if quiet is None or not _is_quiet(quiet, zone, moment):
        return moment
    ends = (end for end in _showing(quiet.ends, zone, moment) if end > moment and not _is_quiet(quiet, zone, end))
    return min(ends)


def next_at(minute: int, zone: str, moment: datetime, weekday: int | None = None) -> datetime:
    """The first time after `moment` that the clock shows `minute`; on that weekday (0 is Monday), if one is named."""
    today = moment.astimezone(ZoneInfo(zone)).date()
    mornings = (_first(today + timedelta(days=n), minute, zone) for n in range(9) if _fits(today, n, weekday))
    return min(morning for morning in mornings if morning > moment)


def read_minute(text: str) -> int:
    """Minutes after midnight from "22:00". Raises Invalid."""
    try:
        read = time.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(N_("Write the time like 22:00.")) from None
    if read.tzinfo is not None:
        raise Invalid(N_("Write the time like 22:00."))
    return read.hour * HOUR + read.minute


def show_minute(minute: int) -> str:
    """ "22:00", as fields of forms have it."""
    return f"{minute // HOUR:02d}:{minute % HOUR:02d}"


def read_quiet(starts: str, ends: str) -> Quiet:
    """Quiet hours as typed. Raises Invalid beside quiet_from or quiet_to."""
    read = {}
    for name, text in (("quiet_from", starts), ("quiet_to", ends)):
        try:
            read[name] = read_minute(text)
        except Invalid as error:
            raise error.at(name) from None
    if read["quiet_from"] == read["quiet_to"]:
        raise Invalid(N_("Quiet hours need an end: choose another time than the one they begin at."), field="quiet_to")
    return Quiet(read["quiet_from"], read["quiet_to"])


def _is_quiet(quiet: Quiet, zone: str, moment: datetime) -> bool:
    local = moment.astimezone(ZoneInfo(zone))
    return local.hour * HOUR + local.minute in quiet


def _showing(minute: int, zone: str, moment: datetime) -> Iterator[datetime]:
    """Every time around `moment` that the clock begins to show `minute`: twice on a day on which it is set back."""
    today = moment.astimezone(ZoneInfo(zone)).date()
    for day in (today + timedelta(days=n) for n in range(4)):
        yield _first(day, minute, zone)
        yield _wall(day, minute, zone).replace(fold=1).astimezone(UTC)


def _first(day: date, minute: int, zone: str) -> datetime:
    """The first moment at which the clock shows that minute of that day, or one behind it."""
    wall = _wall(day, minute, zone)
    usual, other = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    return usual if usual <= other else _skip(zone, other, usual)


def _skip(zone: str, before: datetime, after: datetime) -> datetime:
    """When the clock was set forward between the two, to the minute."""
    offset = after.astimezone(ZoneInfo(zone)).utcoffset()
    while after - before > _MINUTE:
        middle = before + (after - before) // 2
        middle = middle.replace(second=0, microsecond=0)
        if middle in (before, after):
            break
        if middle.astimezone(ZoneInfo(zone)).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def _wall(day: date, minute: int, zone: str) -> datetime:
    return datetime.combine(day, time(minute // HOUR, minute % HOUR), tzinfo=ZoneInfo(zone))


def _fits(today: date, days: int, weekday: int | None) -> bool:
    return weekday is None or (today + timedelta(days=days)).weekday() == weekday
