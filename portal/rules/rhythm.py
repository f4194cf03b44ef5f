"""When status updates are drafted: on which days, and at which instant of such a day in the project's zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.rules.errors import Invalid
from portal.rules.wording import N_

DAYS_A_WEEK = 7
HOURS_A_DAY = 24
LONGEST_WAIT_DAYS = 14


class Rhythm(StrEnum):
    """How often. `MONTHLY` means the first such weekday of each month."""

    OFF = "off"
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"

    @property
    def label(self) -> str:
        """The words people read, to be translated."""
        return _LABELS[self]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a lead chose: weekday 0 (Monday) to 6, hour 0 to 23; None of `send_after_days` never sends by itself."""

    rhythm: Rhythm
    weekday: int
    hour: int
    send_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A choice in its IANA zone. Weeks are counted from `anchor_on`, the first day there is an update for."""

    rhythm: Rhythm
    weekday: int
    hour: int
    zone: str
    anchor_on: date


def read(rhythm: str, weekday: str, hour: str, send_after_days: str) -> Choice:
    """The choice as a form sends it, all of it as text; an empty wait is never. Raises Invalid."""
    if rhythm not in tuple(Rhythm):
        raise Invalid(N_("Choose how often."), field="rhythm")
    day = _number(weekday, DAYS_A_WEEK - 1, N_("Choose a day of the week."), "weekday")
    at = _number(hour, HOURS_A_DAY - 1, N_("Choose an hour."), "hour")
    wait = N_("Choose after how many days.")
    days = _number(send_after_days, LONGEST_WAIT_DAYS, wait, "send_after_days") if send_after_days.strip() else None
    if days == 0:
        raise Invalid(wait, field="send_after_days")
    return Choice(Rhythm(rhythm), day, at, days)


def begin(choice: Choice, zone: str, now: datetime) -> Plan:
    """The plan of a choice made at `now`: its first day is the next such weekday whose hour is still to come."""
    today = now.astimezone(ZoneInfo(zone)).date()
    days = (today + timedelta(days=number) for number in range(2 * DAYS_A_WEEK))
    fitting = (day for day in days if day.weekday() == choice.weekday)
    first = next(day for day in fitting if _instant(day, choice.hour, zone) > now)
    return Plan(choice.rhythm, choice.weekday, choice.hour, zone, first)


def instant(plan: Plan, day: date) -> datetime:
    """When the update of that day is due, in UTC. An hour that the clocks skip is the instant after the gap,
    one that comes twice the first of the two."""
    return _instant(day, plan.hour, plan.zone)


def next_instant(plan: Plan, now: datetime) -> datetime | None:
    """When the next update is due after `now`, in UTC; None where nothing is planned."""
    if plan.rhythm is Rhythm.OFF:
        return None
    # A day before: where the zone is changed, today's hour may be still to come yesterday.
    start = now.astimezone(ZoneInfo(plan.zone)).date() - timedelta(days=1)
    return next(due for day in _days(plan, start, 1) if (due := instant(plan, day)) > now)


def latest_day(plan: Plan, now: datetime) -> date | None:
    """The last day whose instant has come at `now`, however many came before it; None when none has."""
    if plan.rhythm is Rhythm.OFF:
        return None
    start = now.astimezone(ZoneInfo(plan.zone)).date() + timedelta(days=1)
    found = next(day for day in _days(plan, start, -1) if instant(plan, day) <= now)
    return found if found >= plan.anchor_on else None


def _days(plan: Plan, start: date, direction: int) -> Iterator[date]:
    """The days of the plan from `start` on, forwards (1) or backwards (-1)."""
    day = start
    while True:
        if _fits(plan, day):
            yield day
        day += timedelta(days=direction)


def _fits(plan: Plan, day: date) -> bool:
    if day.weekday() != plan.weekday:
        return False
    if plan.rhythm is Rhythm.MONTHLY:
        return day.day <= DAYS_A_WEEK
    weeks = 2 if plan.rhythm is Rhythm.BIWEEKLY else 1
    return (day - plan.anchor_on).days % (weeks * DAYS_A_WEEK) == 0


def _instant(day: date, hour: int, zone: str) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _number(text: str, most: int, message: str, field: str) -> int:
    number = int(text) if text.strip().isascii() and text.strip().isdigit() and len(text) < LONGEST_WAIT_DAYS else -1
    if not 0 <= number <= most:
        raise Invalid(message, field=field)
    return number


_LABELS = {
    Rhythm.OFF: N_("No regular updates"),
    Rhythm.WEEKLY: N_("Every week"),
    Rhythm.BIWEEKLY: N_("Every two weeks"),
    Rhythm.MONTHLY: N_("Every month, in its first week"),
}
