"""Which language and clock a reader has, and how values look in it."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone_location
from flask import Flask, request, session
from flask_babel import Babel, get_locale
from flask_babel import gettext as _

from portal.rules import money
from portal.rules.terms import LOCALES
from portal.web.actor import current_visit

KIB = 1024
DATE_PATTERNS = {"en": "EEE d MMM y", "zh_Hans": "y年M月d日"}
INSTANT_PATTERNS = {"en": "d MMM y, HH:mm", "zh_Hans": "y年M月d日 HH:mm"}


def init_app(app: Flask) -> None:
    """Language of pages, and the filters templates show values with."""
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=reader_locale)
    app.jinja_env.filters.update(
        money=show_money, date=show_date, instant=show_instant, bytes=show_bytes, words=show_words, iso=show_iso,
        city=show_city,
    )  # fmt: skip


def reader_locale() -> str:
    """The reader's own choice, else what they are known by, else what their browser asks for."""
    visit = current_visit()
    chosen = session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    if visit is not None and visit.actor.locale in LOCALES:
        return visit.actor.locale
    asked = request.accept_languages.best_match(["en", "zh-Hans", "zh-CN", "zh"], default="en")
    return "zh_Hans" if asked.startswith("zh") else "en"


def reader_zone() -> str:
    """The reader's IANA zone, UTC for strangers."""
    visit = current_visit()
    return visit.actor.time_zone if visit else "UTC"


def show_money(minor: int, currency: str) -> str:
    """An amount with its currency, as the reader writes it."""
    return _money(minor, currency, str(get_locale()))


def show_date(day: date) -> str:
    """A date as a date, without a clock."""
    return _date(day, str(_locale()))


def show_instant(moment: datetime, zone: str) -> str:
    """An instant on the clock of `zone`, the zone named by its city."""
    locale = _locale()
    local = moment.astimezone(ZoneInfo(zone))
    shown = format_datetime(local, INSTANT_PATTERNS.get(str(locale), "medium"), locale=locale)
    return f"{shown} {show_city(zone)}"


def show_city(zone: str) -> str:
    """The city that names a zone, in the reader's language."""
    return "UTC" if zone == "UTC" else str(get_timezone_location(zone, locale=_locale(), return_city=True))


def show_bytes(count: int) -> str:
    """A size people can compare: B, KB, MB, GB by 1024, one decimal from MB on."""
    size, unit = float(count), "B"
    for unit in ("B", "KB", "MB", "GB"):
        if size < KIB or unit == "GB":
            break
        size /= KIB
    return f"{size:.1f} {unit}" if unit in ("MB", "GB") else f"{size:.0f} {unit}"


def show_words(thing: Any) -> str:
    """The translated label of an enum member."""
    return _(thing.label)


def show_iso(moment: datetime | date) -> str:
    """For <time datetime>."""
    return moment.isoformat()


def _locale() -> Locale:
    found = get_locale()
    return found if found is not None else Locale("en")


# Lists show the same few amounts and dates again and again, and writing them out is the slowest part of a row.
@lru_cache(maxsize=4096)
def _money(minor: int, currency: str, locale: str) -> str:
    return money.format_amount(minor, currency, locale)


@lru_cache(maxsize=4096)
def _date(day: date, locale: str) -> str:
    return format_date(day, DATE_PATTERNS.get(locale, "medium"), locale=locale)
