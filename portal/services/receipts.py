"""Receipts: issued with the confirmation, numbered without gaps, every word on them frozen in a snapshot."""

from __future__ import annotations

import hashlib
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.access import ledger
from portal.adapters import clock, outside
from portal.models.client import Client, Contact
from portal.models.milestone import Milestone
from portal.models.payment import Payment
from portal.models.project import Project
from portal.models.receipt import Counter, Receipt
from portal.models.vendor import Vendor
from portal.rules import chain, gate, money, numbering


def issue(session: Session, *, project: Project, milestone: Milestone, payment: Payment, receipt_id: UUID) -> Receipt:
    """The receipt for one confirmed payment, inside the confirming command. Its year is the vendor's own."""
    vendor = session.get_one(Vendor, project.vendor_id)
    issued_on = clock.today(vendor.time_zone)
    series = numbering.series("receipt", issued_on.year)
    number = take_number(session, vendor.id, series)
    contact = session.get_one(Contact, payment.reported_by)
    label = numbering.label(series, number)
    facts = _facts(session, vendor, contact, project, milestone, payment)
    snapshot = chain.canonical({"number": label, "issued_on": issued_on.isoformat(), **facts})
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
        language=contact.locale,
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
    return number


def _facts(
    session: Session,
    vendor: Vendor,
    contact: Contact,
    project: Project,
    milestone: Milestone,
    payment: Payment,
) -> dict[str, object]:
    client = session.get_one(Client, project.client_id)
    snapshot = ledger.facts(session, milestone.id)
    amount = payment.confirmed_minor or 0
    return {
        "language": contact.locale,
        "payee": {"name": vendor.name, "address": vendor.address, "tax_id": vendor.tax_id},
        "payer": {
            "name": client.name,
            "address": client.address,
            "tax_id": client.tax_id,
            "contact": contact.name,
        },
        "project": project.title,
        "milestone": milestone.title,
        "position": milestone.position,
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
        "manifest_sha256": milestone.manifest_sha256,
        "head": f"{project.head_seq}:{project.head_hash}",
    }


def of_payment(session: Session, payment: Payment) -> Receipt | None:
    """The receipt of a payment, if it was ever confirmed."""
    mine = select(Receipt).where(Receipt.vendor_id == payment.vendor_id, Receipt.payment_id == payment.id)
    return session.scalar(mine)
