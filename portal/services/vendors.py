"""The vendor itself: first set-up, how it presents itself, and how it wants to be paid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.policy import Action, authorize
from portal.adapters import clock, logos, passwords
from portal.db import command, lock_row, lock_table, new_id
from portal.models.vendor import Member, Vendor
from portal.rules import iban, pricing, terms, texts
from portal.rules.errors import Conflict, Invalid
from portal.rules.findings import Findings
from portal.rules.roles import Role
from portal.rules.wording import N_
from portal.services import members, notices
from portal.services.notices import NoticeKind

LONGEST_INSTRUCTIONS = 4000
LONGEST_ACCOUNT = 60
LONGEST_CODE = 40
NAMELESS = N_("Enter a name.")
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True)
class Founding:
    """What the first visit asks for."""

    vendor_name: str
    name: str
    email: str
    password: str
    locale: str = "en"
    time_zone: str = "UTC"
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Presentation:
    """Name, papers and looks. The logo is a picture as uploaded; None keeps the one there is, no bytes take it away."""

    name: str
    address: str
    tax_id: str
    email: str
    brand_colour: str
    time_zone: str
    locale: str
    currency: str
    logo: bytes | None = None


@dataclass(frozen=True, slots=True)
class Payee:
    """How the client pays the vendor."""

    pay_instructions: str
    bank_holder: str
    bank_name: str
    bank_account: str
    bank_code: str


def found(session: Session, *, founding: Founding, only_first: bool = True) -> Member:
    """Make a vendor and its owner. With `only_first`, raises Conflict when there is a vendor already."""
    members.check_password(founding.password, founding.email, founding.vendor_name)
    return _found(session, founding, passwords.hash_password(founding.password), only_first)


def present(session: Session, *, actor: Actor, vendor: Vendor, presentation: Presentation) -> Vendor:
    """Change how the vendor appears. Papers already issued keep what they said.

    Raises InvalidForm with what is wrong beside each field.
    """
    authorize(actor, Action.CHANGE_VENDOR, vendor)
    # Read, and the logo redrawn, before there is a transaction: a picture can take a second.
    return _present(session, vendor, _presented(presentation))


@command
def change_payee(session: Session, *, actor: Actor, vendor: Vendor, payee: Payee) -> Vendor:
    """Change how the vendor wants to be paid. Clients who may pay are told, and see for a while that it changed.

    Raises InvalidForm with what is wrong beside each field. Returns without a word when nothing is different.
    """
    authorize(actor, Action.CHANGE_PAYEE, vendor)
    values = _paid(payee)
    _hold(session, vendor)
    before = {name: getattr(vendor, name) for name in values}
    for name, value in values.items():
        setattr(vendor, name, value)
    if any(before.values()) and before != values:
        vendor.payee_changed_at = clock.now()
        notices.tell_payers(session, vendor.id, NoticeKind.PAYEE_CHANGED, by=actor)
    return vendor


@command
def _present(session: Session, vendor: Vendor, values: dict[str, Any]) -> Vendor:
    _hold(session, vendor)
    for name, value in values.items():
        setattr(vendor, name, value)
    vendor.look_version += 1
    return vendor


def _hold(session: Session, vendor: Vendor) -> None:
    """Change it alone, starting from what it is now: two forms at once must not make a mixture nobody typed."""
    lock_row(session, "vendors", vendor.id)
    session.refresh(vendor)


@command
def _found(session: Session, founding: Founding, password_hash: str, only_first: bool) -> Member:
    lock_table(session, "vendors")
    if only_first and session.scalar(select(func.count()).select_from(Vendor)):
        raise Conflict(N_("This installation is already set up. Log in instead."))
    now = clock.now()
    vendor = Vendor(
        id=new_id(),
        name=_founded_name(founding.vendor_name),
        email=founding.email.strip(),
        locale=founding.locale,
        time_zone=founding.time_zone,
        currency=founding.currency,
        created_at=now,
    )
    session.add(vendor)
    session.flush()
    newcomer = members.Newcomer(name=founding.name, email=founding.email, role=Role.OWNER, locale=founding.locale)
    return members.enrol(session, vendor=vendor, newcomer=newcomer, password_hash=password_hash)


def _founded_name(text: str) -> str:
    try:
        return texts.needed(text, NAMELESS)
    except Invalid as error:
        raise error.at("vendor_name") from None


def _presented(said: Presentation) -> dict[str, Any]:
    """The columns of a presentation, checked."""
    found = Findings()
    values: dict[str, Any] = {
        "name": found.value("name", partial(texts.needed, said.name, NAMELESS), ""),
        "address": found.value("address", partial(texts.block, said.address, texts.LONGEST_ADDRESS), ""),
        "tax_id": found.value("tax_id", partial(texts.line, said.tax_id, texts.LONGEST_TAX_ID), ""),
        "email": found.value("email", partial(terms.read_email, said.email), ""),
        "brand_colour": found.value("brand_colour", partial(_colour, said.brand_colour), ""),
        "time_zone": found.value("time_zone", partial(terms.read_zone, said.time_zone), ""),
        "locale": found.value("locale", partial(terms.read_locale, said.locale), ""),
        "currency": found.value("currency", partial(pricing.read_currency, said.currency), ""),
    }
    if said.logo is not None:
        values["logo"] = found.check("logo", partial(logos.redraw, said.logo)) if said.logo else None
        values["logo_type"] = logos.TYPE if said.logo else None
    found.settle()
    return values


def _paid(said: Payee) -> dict[str, str]:
    """The columns of a payee, checked."""
    found = Findings()
    words = partial(texts.block, said.pay_instructions, LONGEST_INSTRUCTIONS)
    values = {
        "pay_instructions": found.value("pay_instructions", words, ""),
        "bank_holder": found.value("bank_holder", partial(texts.line, said.bank_holder), ""),
        "bank_name": found.value("bank_name", partial(texts.line, said.bank_name), ""),
        "bank_account": found.value("bank_account", partial(_account, said.bank_account), ""),
        "bank_code": found.value("bank_code", partial(texts.line, said.bank_code, LONGEST_CODE), ""),
    }
    found.settle()
    return values


def _account(text: str) -> str:
    return iban.printed(texts.line(text, LONGEST_ACCOUNT))


def _colour(text: str) -> str:
    if not COLOUR.fullmatch(text):
        raise Invalid(N_("Write the colour as # and six digits, for example #11604A."))
    return text.upper()
