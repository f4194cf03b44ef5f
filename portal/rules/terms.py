"""The terms of a project: what a vendor typed becomes checked values, or one sentence beside each wrong field."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TypeVar
from zoneinfo import available_timezones

from portal.rules import money, schedule
from portal.rules.errors import Invalid, InvalidForm
from portal.rules.lifecycle import Flow
from portal.rules.wording import N_

LONGEST_TITLE = 200
LONGEST_TEXT = 10_000
LOCALES = ("en", "zh_Hans")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """One milestone as typed."""

    title: str = ""
    description: str = ""
    criteria: str = ""
    due_on: str = ""
    share: str = ""
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A project as typed; `zero_ok` says that milestones that come out at nothing are meant."""

    title: str = ""
    client_name: str = ""
    contact_name: str = ""
    contact_email: str = ""
    currency: str = ""
    price: str = ""
    time_zone: str = ""
    locale: str = ""
    kind: str = ""
    flow: str = ""
    zero_ok: bool = False
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One milestone, checked. Amount in minor units; `share_ppm` where the price was given as a share."""

    title: str
    description: str
    criteria: str
    due_on: date
    share_ppm: int | None
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Terms:
    """A project, checked: the parts sum to the price, to the last minor unit."""

    title: str
    client_name: str
    contact_name: str
    contact_email: str
    currency: str
    price_minor: int
    time_zone: str
    locale: str
    kind: str
    flow: Flow
    parts: tuple[Part, ...]


@dataclass(slots=True)
class _Findings:
    """What is wrong so far, each beside its field."""

    errors: list[Invalid] = field(default_factory=list)

    def check(self, name: str, read: Callable[[], T]) -> T | None:
        """The value of `read`, or None and a finding beside the field `name`."""
        try:
            return read()
        except Invalid as error:
            self.add(name, error)
            return None

    def add(self, name: str, error: Invalid) -> None:
        """Keep `error` beside `name`, whatever field it was raised for."""
        self.errors.append(error.at(name))


def read(draft: Draft, *, reader_locale: str, today: date | None) -> Terms:
    """The terms in `draft`, numbers read as `reader_locale` writes them; dates before `today` are refused.

    Raises InvalidForm with an Invalid for each field at fault, rows named `milestones-N-…`, N from 0.
    """
    found = _Findings()
    currency = found.check("currency", lambda: _currency(draft.currency))
    heads = [_row_head(found, number, row, today) for number, row in enumerate(draft.rows)]
    _check_count(found, len(draft.rows))
    amounts = _amounts(found, draft, currency, reader_locale) if currency and draft.rows else None
    title = found.check("title", lambda: _needed(draft.title, N_("Give the project a title.")))
    client = found.check("client_name", lambda: _needed(draft.client_name, N_("Say who the client is.")))
    contact = found.check("contact_name", lambda: _needed(draft.contact_name, N_("Name the person at the client.")))
    email = found.check("contact_email", lambda: read_email(draft.contact_email))
    zone = found.check("time_zone", lambda: read_zone(draft.time_zone))
    locale = found.check("locale", lambda: read_locale(draft.locale))
    flow = found.check("flow", lambda: _flow(draft.flow))
    if found.errors or amounts is None or currency is None:
        raise InvalidForm(found.errors)
    shares, price, minors = amounts
    parts = tuple(
        Part(row.title.strip(), row.description.strip(), _lines(row.criteria), due_on or date.max, share, minor)
        for row, due_on, share, minor in zip(draft.rows, heads, shares, minors, strict=True)
    )
    return Terms(
        title or "",
        client or "",
        contact or "",
        email or "",
        currency,
        price,
        zone or "",
        locale or "",
        draft.kind.strip()[:60],
        flow or Flow.PAY_TO_UNLOCK,
        parts,
    )


def amounts_so_far(draft: Draft, *, reader_locale: str) -> tuple[list[int] | None, list[Invalid]]:
    """What the parts come to while the form is still being filled: amounts (or None), and what is in the way."""
    found = _Findings()
    currency = found.check("currency", lambda: _currency(draft.currency))
    result = _amounts(found, draft, currency, reader_locale) if currency and draft.rows else None
    return (result[2] if result else None), found.errors


def canonical(terms_body: dict[str, object]) -> str:
    """The exact text of the terms that is hashed when a project starts."""
    return json.dumps(terms_body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def read_email(text: str) -> str:
    """An address that a mail could reach, as typed but for blanks; may be empty. Raises Invalid."""
    bare = text.strip()
    name, at, host = bare.rpartition("@")
    odd = any(char.isspace() or ord(char) < 32 or char in '<>,;:"' for char in bare)
    if bare and (not at or not name or "." not in host.strip(".") or odd or len(bare) > 254):
        raise Invalid(N_("This does not look like an e-mail address; it should be like name@example.com."))
    return bare


def read_zone(text: str) -> str:
    """An IANA zone name. Raises Invalid."""
    if text not in available_timezones():
        raise Invalid(N_("Choose a time zone from the list, for example Europe/Berlin."))
    return text


def read_locale(text: str) -> str:
    """A language Milepost speaks. Raises Invalid."""
    if text not in LOCALES:
        raise Invalid(N_("Choose one of the languages in the list."))
    return text


def _currency(text: str) -> str:
    money.exponent(text)
    return text


def _flow(text: str) -> Flow:
    if text not in tuple(Flow):
        raise Invalid(N_("Choose when the client pays."))
    return Flow(text)


def _needed(text: str, missing: str) -> str:
    bare = " ".join(text.split())
    if not bare:
        raise Invalid(missing)
    if len(bare) > LONGEST_TITLE:
        raise Invalid(N_("Shorten this to at most %(most)s characters."), most=LONGEST_TITLE)
    return bare


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise Invalid(N_("Shorten this to at most %(most)s characters."), most=LONGEST_TEXT)
    return text


def _lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _row_head(found: _Findings, number: int, row: Row, today: date | None) -> date | None:
    name = f"milestones-{number}"
    found.check(f"{name}-title", lambda: _needed(row.title, N_("Give the milestone a title.")))
    found.check(f"{name}-description", lambda: _text(row.description))
    found.check(f"{name}-criteria", lambda: _text(row.criteria))
    return found.check(f"{name}-due_on", lambda: _due(row.due_on, today))


def _due(text: str, today: date | None) -> date:
    due_on = schedule.parse_date(text)
    if today is not None and due_on < today:
        raise Invalid(N_("This date is in the past. Choose today or later."))
    return due_on


def _check_count(found: _Findings, count: int) -> None:
    if count == 0:
        found.add("milestones", Invalid(N_("Add at least one milestone.")))
    if count > schedule.MAX_MILESTONES:
        message = N_("A project has at most %(most)s milestones. Put the rest into a follow-on project.")
        found.add("milestones", Invalid(message, most=schedule.MAX_MILESTONES))


Amounts = tuple[list[int | None], int, list[int]]


def _amounts(found: _Findings, draft: Draft, currency: str, locale: str) -> Amounts | None:
    by_share = [bool(row.share.strip()) for row in draft.rows]
    if any(by_share) and any(row.amount.strip() for row in draft.rows):
        found.add("milestones", Invalid(N_("Price every milestone by share, or every one by amount, not a mix.")))
        return None
    result = _by_share(found, draft, currency, locale) if any(by_share) else _by_amount(found, draft, currency, locale)
    if result and draft.price.strip() and result[1] > 0 and 0 in result[2] and not draft.zero_ok:
        message = N_("A milestone comes out at zero. Tick the box if that is meant, or change the prices.")
        found.add("zero_ok", Invalid(message, code="zero_milestone"))
    return result


def _by_share(found: _Findings, draft: Draft, currency: str, locale: str) -> Amounts | None:
    price = found.check("price", lambda: money.parse_amount(draft.price, currency, locale))
    shares = [
        found.check(f"milestones-{number}-share", partial(money.parse_share, row.share, locale))
        for number, row in enumerate(draft.rows)
    ]
    known = [share for share in shares if share is not None]
    if price is None or len(known) < len(shares):
        return None
    minors = found.check("milestones", lambda: money.split(price, known))
    return None if minors is None else (list(known), price, minors)


def _by_amount(found: _Findings, draft: Draft, currency: str, locale: str) -> Amounts | None:
    minors = [
        found.check(f"milestones-{number}-amount", partial(money.parse_amount, row.amount, currency, locale))
        for number, row in enumerate(draft.rows)
    ]
    known = [minor for minor in minors if minor is not None]
    if len(known) < len(minors):
        return None
    total = sum(known)
    price = (
        found.check("price", lambda: money.parse_amount(draft.price, currency, locale))
        if draft.price.strip()
        else total
    )
    if price is not None and price != total:
        message = N_("The milestones add up to %(total)s, the price says %(price)s. Change one of them.")
        shown = {
            "total": money.format_amount(total, currency, locale),
            "price": money.format_amount(price, currency, locale),
        }
        found.add("price", Invalid(message, total=shown["total"], price=shown["price"]))
        return None
    return None if price is None else ([None] * len(known), price, known)
