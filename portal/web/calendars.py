"""Dates as a calendar (RFC 5545): which words a date has, in the language of the person whose link it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from babel.dates import get_timezone_location

from portal.access.actor import MemberActor
from portal.adapters import catalogue, pages
from portal.queries.feeds import Item, Reader
from portal.rules import money
from portal.rules.calendar_dates import CalendarDate, DateKind, Mark
from portal.rules.wording import N_

PRODUCT = "-//Milepost//Milepost//EN"
ASK_AGAIN = timedelta(hours=1)
SUMMARIES = {
    (DateKind.DELIVERY, Mark.OPEN): N_("Due: %(milestone)s · %(project)s"),
    (DateKind.DELIVERY, Mark.DELIVERED): N_("✓ Delivered: %(milestone)s · %(project)s"),
    (DateKind.DELIVERY, Mark.SETTLED): N_("✓ Paid and complete: %(milestone)s · %(project)s"),
    (DateKind.DELIVERY, Mark.CANCELLED): N_("Cancelled: %(milestone)s · %(project)s"),
    (DateKind.PAYMENT, Mark.OPEN): N_("Payment due: %(milestone)s · %(project)s"),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """The language of one calendar, where its links lead, and for which side it is written."""

    locale: str
    base_url: str
    vendor_name: str
    for_member: bool

    def say(self, message: str, /, **words: object) -> str:
        """The sentence in this language."""
        return catalogue.gettext(self.locale, message, **words)


def voice(reader: Reader, base_url: str) -> Voice:
    """How one reader's calendar speaks."""
    return Voice(reader.actor.locale, base_url, reader.vendor_name, isinstance(reader.actor, MemberActor))


def write(items: Iterable[Item], voice: Voice) -> bytes:
    """The calendar. It is the same to the last byte while nothing changed, so that it need not be sent again."""
    # It takes a seventh of a second to load, which a start without calendars need not wait for.
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    name = voice.say(N_("Milepost · %(vendor)s"), vendor=pages.clean(voice.vendor_name))
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for item in items:
        for day in item.dates:
            calendar.add_component(_event(item, day, voice))
    text: bytes = calendar.to_ical()
    return text


def _event(item: Item, day: CalendarDate, voice: Voice) -> Any:
    from icalendar import Event

    event = Event()
    # Without the address of this portal in it: moving to another one doubles nobody's dates.
    event.add("uid", f"milepost-{item.milestone_id}-{day.kind}")
    event.add("dtstamp", item.changed_at)
    event.add("last-modified", item.changed_at)
    event.add("sequence", item.sequence)
    event.add("dtstart", day.day)
    event.add("dtend", day.day + timedelta(days=1))
    event.add("summary", _summary(item, day, voice))
    event.add("description", "\n".join(_lines(item, day, voice)))
    event.add("url", f"{voice.base_url}/milestones/{item.milestone_id}")
    event.add("status", "CANCELLED" if day.mark is Mark.CANCELLED else "CONFIRMED")
    # It is a date, not a meeting: nobody is busy all day because of it.
    event.add("transp", "TRANSPARENT")
    return event


def _summary(item: Item, day: CalendarDate, voice: Voice) -> str:
    return voice.say(SUMMARIES[day.kind, day.mark], milestone=_name(item.title), project=_name(item.project))


def _lines(item: Item, day: CalendarDate, voice: Voice) -> list[str]:
    say = voice.say
    milestone = say(N_("Milestone %(position)s of %(count)s"), position=item.position, count=item.total)
    return [
        f"{milestone} · {say(item.standing.label)}",
        say(N_("Client: %(client)s"), client=_name(item.client)) if voice.for_member else _name(voice.vendor_name),
        *_money(item, day, voice),
        say(N_("The day ends at midnight in %(city)s."), city=_city(item.time_zone, voice.locale)),
    ]


def _money(item: Item, day: CalendarDate, voice: Voice) -> list[str]:
    if day.kind is not DateKind.PAYMENT:
        return []
    return [
        voice.say(
            N_("Still to pay: %(amount)s"), amount=money.format_amount(day.balance_minor, item.currency, voice.locale)
        )
    ]


_name = pages.clean


def _city(zone: str, locale: str) -> str:
    return zone if zone == "UTC" else str(get_timezone_location(zone, locale=locale, return_city=True))
