"""The vendor itself: first set-up, how it presents itself, and how it wants to be paid."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.policy import Action, authorize
from portal.adapters import clock, passwords
from portal.db import command, lock_row, new_id
from portal.models.vendor import Member, Vendor
from portal.rules import money, terms
from portal.rules.errors import Conflict, Invalid
from portal.rules.roles import Role
from portal.rules.wording import N_
from portal.services import members

MAX_LOGO_BYTES = 512 * 1024
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
    """Name, papers and looks. A logo of None keeps the one there is; empty bytes take it away."""

    name: str
    address: str
    tax_id: str
    email: str
    brand_colour: str
    time_zone: str
    locale: str
    currency: str
    logo: bytes | None = None
    logo_type: str | None = None


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


@command
def present(session: Session, *, actor: Actor, vendor: Vendor, presentation: Presentation) -> Vendor:
    """Change how the vendor appears. Papers already issued keep what they said."""
    authorize(actor, Action.CHANGE_VENDOR, vendor)
    lock_row(session, "vendors", vendor.id)
    vendor.name = _named("name", presentation.name)
    vendor.address, vendor.tax_id = presentation.address.strip()[:2000], presentation.tax_id.strip()[:60]
    vendor.email = _checked("email", terms.read_email, presentation.email)
    vendor.time_zone = _checked("time_zone", terms.read_zone, presentation.time_zone)
    vendor.locale = _checked("locale", terms.read_locale, presentation.locale)
    money.exponent(presentation.currency)
    vendor.currency = presentation.currency
    if not COLOUR.fullmatch(presentation.brand_colour):
        raise Invalid(N_("Write the colour as # and six digits, for example #11604A."), field="brand_colour")
    vendor.brand_colour = presentation.brand_colour.upper()
    if presentation.logo is not None:
        vendor.logo, vendor.logo_type = (
            presentation.logo or None,
            presentation.logo_type if presentation.logo else None,
        )
    vendor.look_version += 1
    return vendor


@command
def change_payee(session: Session, *, actor: Actor, vendor: Vendor, payee: Payee) -> Vendor:
    """Change how the vendor wants to be paid. Clients see for a while that it changed lately."""
    authorize(actor, Action.CHANGE_PAYEE, vendor)
    lock_row(session, "vendors", vendor.id)
    names = ("pay_instructions", "bank_holder", "bank_name", "bank_account", "bank_code")
    before = [getattr(vendor, name) for name in names]
    vendor.pay_instructions = payee.pay_instructions.strip()[:4000]
    for name in names[1:]:
        setattr(
            vendor,
            name,
            " ".join(getattr(payee, name).split())[: 200 if "_n" in name or "holder" in name else 40],
        )
    if any(before) and before != [getattr(vendor, name) for name in names]:
        vendor.payee_changed_at = clock.now()
    return vendor


@command
def _found(session: Session, founding: Founding, password_hash: str, only_first: bool) -> Member:
    if only_first and session.scalar(select(func.count()).select_from(Vendor)):
        raise Conflict(N_("This installation is already set up. Log in instead."))
    now = clock.now()
    vendor = Vendor(
        id=new_id(),
        name=_named("vendor_name", founding.vendor_name),
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


def _named(field: str, text: str) -> str:
    bare = " ".join(text.split())
    if not bare or len(bare) > terms.LONGEST_TITLE:
        raise Invalid(N_("Enter a name of at most %(most)s characters."), field=field, most=terms.LONGEST_TITLE)
    return bare


def _checked(field: str, read, text: str) -> str:  # type: ignore[no-untyped-def]  # any of the readers in rules.terms
    try:
        value: str = read(text)
    except Invalid as error:
        raise error.at(field) from None
    return value
