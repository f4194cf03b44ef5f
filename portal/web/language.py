"""Which language and clock a reader has, and how values look in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import NullTranslations
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_timezone_location
from flask import Flask, request, session
from flask_babel import Babel, force_locale, get_locale, get_translations
from flask_babel.speaklater import LazyString
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from portal.adapters import clock
from portal.rules import money
from portal.rules.terms import LOCALES
from portal.web.actor import current_visit

KIB = 1024
DATE_PATTERNS = {"en": "EEE d MMM y", "zh_Hans": "y年M月d日"}
INSTANT_PATTERNS = {"en": "d MMM y, HH:mm", "zh_Hans": "y年M月d日 HH:mm"}
# Among many of the same kind: the year goes without saying while it is this one, and so does the city.
MOMENT_PATTERNS = {"en": "d MMM, HH:mm", "zh_Hans": "M月d日 HH:mm"}


def init_app(app: Flask) -> None:
    """Language of pages, and the filters templates show values with."""
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=reader_locale)
    app.jinja_env.globals.update(_=say, gettext=say)
    app.before_request(_forget)
    app.teardown_appcontext(_forget)
    app.jinja_env.filters.update(
        money=show_money, date=show_date, instant=show_instant, bytes=show_bytes, words=show_words, iso=show_iso,
        city=show_city, moment=show_moment, clocks=show_clocks,
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


@contextmanager
def speaking_to(locale: str) -> Iterator[None]:
    """Within this block the page speaks the language of whoever it is for, where no visit tells it: somebody with a
    link from a mail. What a browser chose itself wins.
    """
    chosen = session.get("locale")
    with force_locale(chosen if chosen in LOCALES else locale):
        _forget()
        try:
            yield
        finally:
            _forget()


def reader_zone() -> str:
    """The reader's IANA zone, UTC for strangers."""
    visit = current_visit()
    return visit.actor.time_zone if visit else "UTC"


def gettext(message: str, /, **words: object) -> str:
    """As Flask-Babel's, which looks for the reader's language anew at every sentence."""
    text = _reading().sentences.gettext(message)
    return text % words if words else text


def lazy_gettext(message: str) -> LazyString:
    """A sentence that is not spoken before it is shown: labels of form fields."""
    return LazyString(gettext, message)


@pass_eval_context
def say(context: EvalContext, message: str, /, **words: object) -> str:
    """What templates call `_`: the sentence in the reader's language, its words escaped."""
    text = _reading().sentences.gettext(message)
    if not context.autoescape:
        return text % words if words else text
    if words:
        text %= {name: escape(word) for name, word in words.items()}
    return Markup(text)  # noqa: S704  # our own sentence, and every word in it is escaped


def show_money(minor: int, currency: str) -> str:
    """An amount with its currency, as the reader writes it."""
    return _money(minor, currency, _language())


def show_date(day: date) -> str:
    """A date as a date, without a clock."""
    return _date(day, _language())


def show_instant(moment: datetime, zone: str) -> str:
    """An instant on the clock of `zone`, the zone named by its city."""
    return _instant(moment, zone, _language())


def show_moment(moment: datetime, zone: str) -> str:
    """An instant on the clock of `zone`, short, as it stands beside a message."""
    return _moment(moment, zone, _language(), clock.now().astimezone(ZoneInfo(zone)).year)


def show_clocks(moment: datetime, *zones: str) -> str:
    """A time of day on several clocks, each with its city: “14:02 Shanghai · 07:02 Berlin”."""
    shown = [f"{moment.astimezone(ZoneInfo(zone)):%H:%M} {_city(zone, _language())}" for zone in dict.fromkeys(zones)]
    return " · ".join(shown)


def show_city(zone: str) -> str:
    """The city that names a zone, in the reader's language."""
    return _city(zone, _language())


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
    return gettext(thing.label)


def show_iso(moment: datetime | date) -> str:
    """For <time datetime>."""
    return moment.isoformat()


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Say everything in `locale`, whoever asked: for what is pushed to readers of other languages."""
    before = _read_now.get()
    with force_locale(locale):
        _read_now.set(_Reading(locale, get_translations()))
        try:
            yield
        finally:
            _read_now.set(before)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The reader's language and its sentences."""

    language: str
    sentences: NullTranslations


# Found out once a request, because a page asks for it hundreds of times.
_read_now: ContextVar[_Reading | None] = ContextVar("read_now", default=None)


def _reading() -> _Reading:
    found = _read_now.get()
    if found is None:
        found = _Reading(str(get_locale() or "en"), get_translations())
        _read_now.set(found)
    return found


def _forget(_error: BaseException | None = None) -> None:
    _read_now.set(None)


def _language() -> str:
    return _reading().language


# Pages show the same few amounts and dates again and again, and writing them out is the slowest part of a row.
@lru_cache(maxsize=4096)
def _money(minor: int, currency: str, language: str) -> str:
    return money.format_amount(minor, currency, language)


@lru_cache(maxsize=4096)
def _date(day: date, language: str) -> str:
    return format_date(day, DATE_PATTERNS.get(language, "medium"), locale=language)


@lru_cache(maxsize=4096)
def _instant(moment: datetime, zone: str, language: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    shown = format_datetime(local, INSTANT_PATTERNS.get(language, "medium"), locale=language)
    return f"{shown} {_city(zone, language)}"


@lru_cache(maxsize=4096)
def _moment(moment: datetime, zone: str, language: str, year: int) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    patterns = MOMENT_PATTERNS if local.year == year else INSTANT_PATTERNS
    return str(format_datetime(local, patterns.get(language, "medium"), locale=language))


@lru_cache(maxsize=1024)
def _city(zone: str, language: str) -> str:
    return "UTC" if zone == "UTC" else str(get_timezone_location(zone, locale=language, return_city=True))
