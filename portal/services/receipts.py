"""Receipts: issued with the confirmation, numbered without gaps, every word on them frozen in a snapshot."""

from __future__ import annotations

import hashlib
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.access import ledger
from portal.adapters import clock, outside
from portal.adapters.failpoints import failpoint
from portal.models.client import Client, Contact
from portal.models.milestone import Milestone
from portal.models.payment import Payment
from portal.models.project import Project
from portal.models.receipt import Counter, Receipt
from portal.models.vendor import Vendor
from portal.rules import chain, gate, money, numbering

# What Receipt.language says where the paper has two; which one leads is in the snapshot.
BILINGUAL = "both"


def issue(session: Session, *, project: Project, milestone: Milestone, payment: Payment, receipt_id: UUID) -> Receipt:
    """The receipt for one confirmed payment, inside the confirming command. Its year is the vendor's own."""
    vendor = session.get_one(Vendor, project.vendor_id)
    issued_on = clock.today(vendor.time_zone)
    series = numbering.series("receipt", issued_on.year)
    number = take_number(session, vendor.id, series)
    contact = session.get_one(Contact, payment.reported_by)
    label = numbering.label(series, number)
    languages = _languages(contact.locale, vendor.locale)
    snapshot = chain.canonical(
        {
            "receipt": str(receipt_id),
            "number": label,
            "issued_on": issued_on.isoformat(),
            "languages": languages,
            "brand": _brand(vendor),
            **_parties(session, vendor, contact, project),
            **_work(session, project, milestone),
            **_money(session, milestone, payment),
        }
    )
    digest = hashlib.sha256(snapshot.encode()).hexdigest()
    receipt = Receipt(
        id=receipt_id,
        vendor_id=vendor.id,
        project_id=project.id,
        milestone_id=milestone.id,
        payment_id=payment.id,
        series=series,
        number=number,
        label=label,
        issued_on=issued_on,
        language=languages[0] if len(languages) == 1 else BILINGUAL,
        snapshot=snapshot,
        snapshot_sha256=digest,
        signature=outside.of(session).keys.sign(digest.encode()),
        created_at=clock.now(),
    )
    session.add(receipt)
    return receipt


def take_number(session: Session, vendor_id: UUID, series: str) -> int:
    """The next number of a series, held by this transaction: a rollback gives it back, so there are no gaps."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = insert(Counter).values(vendor_id=vendor_id, series=series, value=1)
    taken = first.on_conflict_do_update(
        index_elements=[Counter.vendor_id, Counter.series], set_={"value": Counter.value + 1}
    ).returning(Counter.value)
    number: int = session.execute(taken.execution_options(populate_existing=True)).scalar_one()
    failpoint("receipt.numbered")
    return number


def of_payment(session: Session, payment: Payment) -> Receipt | None:
    """The receipt of a payment, if it was ever confirmed."""
    mine = select(Receipt).where(Receipt.vendor_id == payment.vendor_id, Receipt.payment_id == payment.id)
    return session.scalar(mine)


def _languages(reader: str, vendor: str) -> list[str]:
    """The contact's language leads; where the vendor's own is another, the paper carries both (domain.md §11)."""
    return list(dict.fromkeys([reader, vendor]))


def _brand(vendor: Vendor) -> dict[str, object]:
    logo = hashlib.sha256(vendor.logo).hexdigest() if vendor.logo else None
    return {"colour": vendor.brand_colour, "initial": vendor.name.strip()[:1].upper(), "logo_sha256": logo}


def _parties(session: Session, vendor: Vendor, contact: Contact, project: Project) -> dict[str, object]:
    client = session.get_one(Client, project.client_id)
    payer = {"name": client.name, "address": client.address, "tax_id": client.tax_id, "contact": contact.name}
    return {"payee": {"name": vendor.name, "address": vendor.address, "tax_id": vendor.tax_id}, "payer": payer}


def _work(session: Session, project: Project, milestone: Milestone) -> dict[str, object]:
    live = (Milestone.vendor_id == project.vendor_id, Milestone.project_id == project.id)
    return {
        "project": project.title,
        "milestone": milestone.title,
        "position": milestone.position,
        "milestones": session.scalar(select(func.count()).select_from(Milestone).where(*live)),
        "manifest_sha256": milestone.manifest_sha256,
        "head": f"{project.head_seq}:{project.head_hash}",
    }


def _money(session: Session, milestone: Milestone, payment: Payment) -> dict[str, object]:
    snapshot = ledger.facts(session, milestone.id)
    amount = payment.confirmed_minor or 0
    return {
        "currency": payment.currency,
        "amount_minor": amount,
        "words_en": money.in_words_en(amount, payment.currency),
        "words_zh": money.in_words_cny(amount) if payment.currency == "CNY" else None,
        "method": payment.method.value,
        "reference": payment.reference,
        "paid_on": payment.paid_on.isoformat(),
        "received_on": payment.received_on.isoformat() if payment.received_on else None,
        "due_minor": snapshot.due_minor,
        "paid_to_date_minor": snapshot.net_minor,
        "balance_minor": gate.balance(snapshot),
        "credit_minor": gate.surplus(snapshot),
    }
