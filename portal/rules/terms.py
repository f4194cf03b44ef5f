"""The terms of a project: what a vendor typed becomes checked values, or one sentence beside each wrong field."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from zoneinfo import available_timezones

from portal.rules import drafts, pricing, schedule, texts
from portal.rules.drafts import Draft as Draft  # named here too: terms are made from a draft
from portal.rules.drafts import Row as Row
from portal.rules.errors import Invalid, InvalidForm
from portal.rules.findings import Findings
from portal.rules.lifecycle import Flow
from portal.rules.wording import N_

LONGEST_TITLE = texts.LONGEST_LINE
LONGEST_KIND = 60
LONGEST_EMAIL = 254
LOCALES = ("en", "zh_Hans")


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


def read(draft: Draft, *, reader_locale: str, today: date | None) -> Terms:
    """The terms in `draft`, numbers read as `reader_locale` writes them; dates before `today` are refused.

    Raises InvalidForm with an Invalid for each field at fault, rows named `milestones-N-…`, N from 0.
    """
    found = Findings()
    found.check("milestones", partial(drafts.check_count, len(draft.rows)))
    currency = found.check("currency", partial(pricing.read_currency, draft.currency))
    priced = pricing.price(found, draft, currency, reader_locale) if currency and draft.rows else None
    parts = [_part(found, number, row, today) for number, row in enumerate(draft.rows)]
    checked = partial(_head, found, draft)
    if currency is None or priced is None:
        checked(currency="", price_minor=0, parts=())
        raise InvalidForm(found.errors)
    costs = zip(parts, priced.shares, priced.amounts, strict=True)
    agreed = checked(
        currency=currency,
        price_minor=priced.price_minor,
        parts=tuple(Part(*part, share, amount) for part, share, amount in costs),
    )
    found.settle()
    return agreed


def canonical(terms_body: dict[str, object]) -> str:
    """The exact text of the terms that is hashed when a project starts."""
    return json.dumps(terms_body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def read_email(text: str) -> str:
    """An address that a mail could reach, as typed but for blanks; may be empty. Raises Invalid."""
    bare = text.strip()
    name, at, host = bare.rpartition("@")
    odd = any(char.isspace() or ord(char) < 32 or char in '<>,;:"' for char in bare)
    if bare and (not at or not name or "." not in host.strip(".") or odd or len(bare) > LONGEST_EMAIL):
        raise Invalid(N_("This does not look like an e-mail address; it should be like name@example.com."))
    return bare


def read_zone(text: str) -> str:
    """An IANA zone name. Raises Invalid."""
    if text not in _zones():
        raise Invalid(N_("Choose a time zone from the list, for example Europe/Berlin."))
    return text


def read_locale(text: str) -> str:
    """A language Milepost speaks. Raises Invalid."""
    if text not in LOCALES:
        raise Invalid(N_("Choose one of the languages in the list."))
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _head(found: Findings, draft: Draft, *, currency: str, price_minor: int, parts: tuple[Part, ...]) -> Terms:
    client, contact = N_("Say who the client is."), N_("Name the person at the client.")
    return Terms(
        title=found.value("title", lambda: texts.needed(draft.title, N_("Give the project a title.")), ""),
        client_name=found.value("client_name", lambda: texts.needed(draft.client_name, client), ""),
        contact_name=found.value("contact_name", lambda: texts.needed(draft.contact_name, contact), ""),
        contact_email=found.value("contact_email", lambda: read_email(draft.contact_email), ""),
        currency=currency,
        price_minor=price_minor,
        time_zone=found.value("time_zone", lambda: read_zone(draft.time_zone), ""),
        locale=found.value("locale", lambda: read_locale(draft.locale), ""),
        kind=found.value("kind", lambda: texts.line(draft.kind, LONGEST_KIND), ""),
        flow=found.value("flow", lambda: _flow(draft.flow), Flow.PAY_TO_UNLOCK),
        parts=parts,
    )


def _part(found: Findings, number: int, row: Row, today: date | None) -> tuple[str, str, str, date]:
    name, missing = f"milestones-{number}", N_("Give the milestone a title.")
    return (
        found.value(f"{name}-title", lambda: texts.needed(row.title, missing), ""),
        found.value(f"{name}-description", lambda: texts.block(row.description), ""),
        found.value(f"{name}-criteria", lambda: texts.lines(row.criteria), ""),
        found.value(f"{name}-due_on", lambda: _due(row.due_on, today), date.max),
    )


def _flow(text: str) -> Flow:
    if text not in tuple(Flow):
        raise Invalid(N_("Choose when the client pays."))
    return Flow(text)


def _due(text: str, today: date | None) -> date:
    if not text.strip():
        raise Invalid(N_("Choose a due date."), code="date_missing")
    due_on = schedule.parse_date(text)
    if today is not None and due_on < today:
        raise Invalid(N_("This date is in the past. Choose today or later."), code="date_past")
    return due_on
