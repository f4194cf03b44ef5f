"""What the select boxes of forms offer: currencies, time zones and languages, the likely ones first."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from zoneinfo import available_timezones

from babel import Locale
from babel.dates import get_timezone_location
from babel.numbers import get_currency_name
from flask_babel import get_locale
from flask_babel import gettext as _

from portal.rules import money
from portal.rules.wording import N_

COMMON_CURRENCIES = ("EUR", "USD", "GBP", "CHF", "CNY", "HKD", "JPY", "SGD", "CAD", "AUD")
COMMON_ZONES = (
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Shanghai", "Asia/Hong_Kong",
    "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "UTC",
)  # fmt: skip
REGIONS = {
    "Africa": N_("Africa"), "America": N_("The Americas"), "Asia": N_("Asia"), "Atlantic": N_("Atlantic Ocean"),
    "Australia": N_("Australia"), "Europe": N_("Europe"), "Indian": N_("Indian Ocean"), "Pacific": N_("Pacific Ocean"),
}  # fmt: skip
LANGUAGES = {"en": "English", "zh_Hans": "简体中文"}

# Group → value → what is shown, as WTForms' select fields take it.
Grouped = dict[str, dict[str, str]]


def currencies(*first: str) -> Grouped:
    """Currencies by code and name; `first` (what is chosen now, what the vendor uses) and the common ones lead."""
    names = _currency_names(_language())
    common = _unique((*first, *COMMON_CURRENCIES))
    return {
        _("Common"): {code: names.get(code, code) for code in common},
        _("All currencies"): {code: name for code, name in names.items() if code not in common},
    }


def time_zones(*first: str) -> Grouped:
    """Zones by region and city; `first` and the common ones lead."""
    common = _unique((*first, *COMMON_ZONES))
    groups = {_("Common"): {zone: _city(zone, _language()) for zone in common}}
    for region, zones in _zones(_language()).items():
        groups[_(REGIONS[region])] = {zone: city for zone, city in zones.items() if zone not in common}
    return groups


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _language() -> str:
    return str(get_locale() or "en")


@cache
def _currency_names(language: str) -> dict[str, str]:
    return {code: f"{code} · {get_currency_name(code, locale=language)}" for code in money.currencies()}


@cache
def _zones(language: str) -> dict[str, dict[str, str]]:
    """Each place once: where tz keeps two names for it, the one that is spelt like the place."""
    places: dict[tuple[str, str], str] = {}
    for zone in sorted(available_timezones()):
        region, _slash, rest = zone.partition("/")
        if rest and region in REGIONS:
            place = region, _city(zone, "en")
            if place not in places or rest.replace("_", " ") == place[1]:
                places[place] = zone
    groups: dict[str, dict[str, str]] = {region: {} for region in REGIONS}
    for (region, _place), zone in places.items():
        groups[region][zone] = _city(zone, language)
    return {region: dict(sorted(zones.items(), key=lambda zone: zone[1])) for region, zones in groups.items()}


# Bounded, because what somebody sent as a zone passes through here too.
@lru_cache(maxsize=2048)
def _city(zone: str, language: str) -> str:
    if zone == "UTC":
        return zone
    try:
        city = str(get_timezone_location(zone, locale=Locale.parse(language), return_city=True))
        return city.replace("/", ", ")
    except LookupError:
        return zone
