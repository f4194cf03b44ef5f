"""What time it is. The only place that asks the machine."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def today(zone: str) -> date:
    """The calendar date it is now in the IANA zone `zone`."""
    return datetime.now(ZoneInfo(zone)).date()
