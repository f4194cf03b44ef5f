"""What needs the vendor, in words: one sentence, a soft line, and the one thing to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from babel.lists import format_list
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from portal.access.policy import Action, can
from portal.adapters import clock
from portal.models.payment import PaymentMethod
from portal.queries.figures import Figures, Sum
from portal.queries.needs import Item, Need
from portal.queries.shelf import Line
from portal.rules.gate import Standing
from portal.rules.wording import N_
from portal.web import standings
from portal.web.actor import current_actor
from portal.web.language import show_date, show_money

NAMED = 2
NUMBERS = (
    N_("One"), N_("Two"), N_("Three"), N_("Four"), N_("Five"),
    N_("Six"), N_("Seven"), N_("Eight"), N_("Nine"), N_("Ten"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One thing as the page shows it. `act` is the word on its one button, `href` where that leads."""

    key: str
    title: str
    sub: str
    tone: str
    act: str
    href: str


def headline(figures: Figures) -> str:
    """The one sentence of the day: how much needs somebody, and the money that is on its way."""
    count = sum(figures.counts.values())
    things = _things(count)
    if not figures.on_its_way:
        return things
    return _("%(things)s %(money)s", things=things, money=_money(figures.on_its_way))


def number(count: int) -> str:
    """A count as a sentence begins with it: in a word up to ten."""
    return _(NUMBERS[count - 1]) if 0 < count <= len(NUMBERS) else str(count)


def _money(sums: tuple[Sum, ...]) -> str:
    """Currencies are never added up; from the third on they are only counted."""
    shown = [show_money(each.minor, each.currency) for each in sums]
    more = len(sums) - NAMED
    if more <= 0:
        amounts = format_list(shown, locale=get_locale() or "en")
        return ngettext("%(amounts)s is on its way.", "%(amounts)s are on their way.", len(sums), amounts=amounts)
    return ngettext(
        "%(amounts)s and money in %(num)s other currency are on their way.",
        "%(amounts)s and money in %(num)s other currencies are on their way.",
        more,
        amounts=_(", ").join(shown[:NAMED]),
    )


def told(item: Item) -> Told:
    """The words of one thing."""
    return _TELLERS[item.need](item)


def beyond(figures: Figures, shown: tuple[Item, ...]) -> int:
    """How many things of all kinds are not among those shown."""
    kinds = Counter(item.need for item in shown)
    return sum(max(0, count - kinds[need]) for need, count in figures.counts.items())


def _things(count: int) -> str:
    if count == 0:
        return _("Nothing needs you right now.")
    return ngettext("%(count)s thing needs you.", "%(count)s things need you.", count, count=number(count))


def waiting(count: int) -> str:
    """The one sentence over a client's projects."""
    if count == 0:
        return _("Nothing is waiting for you right now.")
    return ngettext(
        "%(count)s project is waiting for you.", "%(count)s projects are waiting for you.", count, count=number(count)
    )


def _reported(item: Item) -> Told:
    title = _("%(who)s reported %(amount)s for “%(milestone)s”.", who=item.person, **_words(item))
    method = _(PaymentMethod(item.extra or PaymentMethod.OTHER).label)
    paid = _("%(method)s, %(day)s", method=method, day=_day(item))
    facts = [item.project, paid, _("proof attached")] if item.flag else [item.project, paid]
    return Told(
        f"payment-{item.subject_id}", title, _line(*facts), "info", _("Check and confirm"),
        f"/milestones/{item.milestone_id}#payment-{item.subject_id}",
    )  # fmt: skip


def _reversed(item: Item) -> Told:
    title = _("A payment for “%(milestone)s” went back. %(amount)s is open again.", **_words(item))
    return _of_milestone(item, title, _line(item.project, item.client), "danger", _("Open"))


def _changes(item: Item) -> Told:
    title = _("%(client)s asked for changes to “%(milestone)s”.", **_words(item))
    return _of_milestone(item, title, _line(item.project, _due(item)), "attention", _("Answer"))


def _late(item: Item) -> Told:
    days = _days(item)
    title = ngettext(
        "“%(milestone)s” is %(num)s day late.", "“%(milestone)s” is %(num)s days late.", max(1, -days), **_words(item)
    )
    return _of_milestone(item, title, _line(item.project, item.client, _due(item)), "danger", _("Deliver"))


def _soon(item: Item) -> Told:
    days = _days(item)
    if days <= 0:
        title = _("“%(milestone)s” is due today.", **_words(item))
    elif days == 1:
        title = _("“%(milestone)s” is due tomorrow.", **_words(item))
    else:
        title = ngettext(
            "“%(milestone)s” is due in %(num)s day.", "“%(milestone)s” is due in %(num)s days.", days, **_words(item)
        )
    return _of_milestone(item, title, _line(item.project, item.client, _due(item)), "attention", _("Deliver"))


def _overdue(item: Item) -> Told:
    title = ngettext(
        "%(amount)s for “%(milestone)s” is %(num)s day overdue.",
        "%(amount)s for “%(milestone)s” is %(num)s days overdue.",
        max(1, -_days(item)),
        **_words(item),
    )
    return _of_milestone(item, title, _line(item.project, item.client, _due(item)), "danger", _("Open"))


def _mail(item: Item) -> Told:
    title = _("A mail to %(who)s could not be delivered.", who=item.person or _("someone"))
    sub = _line(item.project, item.extra or _("no address"))
    actor = current_actor()
    if can(actor, Action.MANAGE_MAIL, actor):
        href = f"/settings/mail#mail-{item.subject_id}"
        return Told(f"mail-{item.subject_id}", title, sub, "attention", _("See why"), href)
    href = "/settings/members" if item.flag else f"/projects/{item.project_id}/contacts"
    return Told(f"mail-{item.subject_id}", title, sub, "attention", _("Check the address"), href)


def _update(item: Item) -> Told:
    title = _("The status update of “%(project)s” is drafted. Read it, then send it.", project=item.project)
    return Told(
        f"update-{item.subject_id}", title, _line(item.client), "attention", _("Read and send"),
        f"/updates/{item.subject_id}",
    )  # fmt: skip


def _draft(item: Item) -> Told:
    title = _("“%(project)s” is a draft and has not started.", project=item.project)
    sub, href = _line(item.client), f"/projects/{item.project_id}"
    return Told(f"draft-{item.project_id}", title, sub, "neutral", _("Check and start"), href)


_TELLERS: dict[Need, Callable[[Item], Told]] = {
    Need.REPORTED: _reported,
    Need.REVERSED: _reversed,
    Need.CHANGES: _changes,
    Need.LATE: _late,
    Need.OVERDUE: _overdue,
    Need.SOON: _soon,
    Need.MAIL: _mail,
    Need.UPDATE: _update,
    Need.DRAFT: _draft,
}


def _of_milestone(item: Item, title: str, sub: str, tone: str, act: str) -> Told:
    return Told(f"{item.need}-{item.milestone_id}", title, sub, tone, act, f"/milestones/{item.milestone_id}")


def _words(item: Item) -> dict[str, str]:
    amount = show_money(item.minor or 0, item.currency) if item.currency else ""
    return {"milestone": item.milestone or "", "client": item.client, "amount": amount}


def _line(*facts: str) -> str:
    return " · ".join(facts)


def _day(item: Item) -> str:
    return show_date(item.day) if item.day else ""


def _due(item: Item) -> str:
    return _("due %(day)s", day=_day(item))


def _days(item: Item) -> int:
    """Days until the due date on the project's calendar, below zero once it is over."""
    today = clock.today(item.time_zone)
    return (item.day - today).days if item.day else 0


def pill(line: Line, now: datetime) -> tuple[str, str]:
    """Where a project of the list stands, in a word and a tone; red is what is over its date."""
    if line.is_late(now):
        return _("Late"), "danger"
    if line.is_overdue(now):
        return _("Overdue"), "danger"
    word = _(line.standing.label)
    # Somebody else's turn asks nothing of the reader.
    return word, "info" if line.standing in standings.CLIENTS_TURN - {Standing.REVERSED} else line.standing.tone
