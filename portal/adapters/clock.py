"""What time it is. The only place that asks the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _told.get() or datetime.now(UTC)


def today(zone: str) -> date:
    """The calendar date it is now in the IANA zone `zone`."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within this block, and this thread, it is `moment`: how the demo spreads its facts over the weeks behind it.

    Only portal/demo may use it (a test sees to that). Raises ValueError for a naive moment, or one still to come.
    """
    if moment.tzinfo is None or moment > datetime.now(UTC):
        raise ValueError("the demo tells of what was, in aware instants")
    token = _told.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _told.reset(token)
