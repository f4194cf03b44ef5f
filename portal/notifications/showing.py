"""How values look to one reader, where no request says who is reading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_timezone_location
from babel.lists import format_list

from portal.adapters import catalogue
from portal.rules import money
from portal.web.language import DATE_PATTERNS, INSTANT_PATTERNS


@dataclass(frozen=True, slots=True)
class Showing:
    """A reader's language and clock, beside the project's own clock."""

    locale: str
    zone: str
    project_zone: str

    def gettext(self, message: str, /, **params: object) -> str:
        """The sentence in the reader's language."""
        return catalogue.gettext(self.locale, message, **params)

    def ngettext(self, one: str, many: str, count: int, /, **params: object) -> str:
        """The sentence that fits `count`, which is also its `%(num)s`."""
        return catalogue.ngettext(self.locale, one, many, count, **params)

    def money(self, minor: int, currency: str) -> str:
        """An amount as the reader writes it."""
        return money.format_amount(minor, currency, self.locale)

    def date(self, day: date) -> str:
        """A date as a date."""
        return str(format_date(day, DATE_PATTERNS[self.locale], locale=self.locale))

    def together(self, names: Iterable[str]) -> str:
        """Several names in a row."""
        return str(format_list(list(names), locale=self.locale))

    def clocks(self, moment: datetime) -> str:
        """The instant on the project's clock and, where it differs, on the reader's, each with its city."""
        zones = dict.fromkeys([self.project_zone, self.zone])
        return " · ".join(self._clock(moment, zone) for zone in zones)

    def _clock(self, moment: datetime, zone: str) -> str:
        local = moment.astimezone(ZoneInfo(zone))
        shown = format_datetime(local, INSTANT_PATTERNS[self.locale], locale=self.locale)
        city = "UTC" if zone == "UTC" else get_timezone_location(zone, locale=self.locale, return_city=True)
        return f"{shown} {city}"
