"""The payments of a project, each with its proof and receipt, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.models.client import Contact
from portal.models.payment import Payment, PaymentMethod, Proof
from portal.models.receipt import Receipt
from portal.queries.projects import Head
from portal.rules.lifecycle import PaymentState


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """What the client reported and what became of it. Amounts in minor units of `currency`."""

    id: UUID
    vendor_id: UUID
    project_id: UUID
    milestone_id: UUID
    amount_minor: int
    currency: str
    paid_on: date
    method: PaymentMethod
    reference: str
    state: PaymentState
    reported_at: datetime
    reported_by: str
    decided_at: datetime | None
    confirmed_minor: int | None
    received_on: date | None
    reason: str
    proof_name: str | None
    receipt_id: UUID | None
    receipt_label: str | None


def of_project(session: Session, head: Head) -> tuple[PaymentRow, ...]:
    """Every payment of a project that was found through a door, in the order they were reported."""
    rows = session.connection().execute(_STATEMENT, {"vendor": head.vendor_id, "project": head.id})
    return tuple(PaymentRow(*row) for row in rows)


# In the order of PaymentRow.
_COLUMNS: list[Any] = [
    Payment.id,
    Payment.vendor_id,
    Payment.project_id,
    Payment.milestone_id,
    Payment.amount_minor,
    Payment.currency,
    Payment.paid_on,
    Payment.method,
    Payment.reference,
    Payment.state,
    Payment.reported_at,
    Contact.name,
    Payment.decided_at,
    Payment.confirmed_minor,
    Payment.received_on,
    Payment.reason,
    Proof.name,
    Receipt.id,
    Receipt.label,
]
_STATEMENT = (
    select(*_COLUMNS)
    .select_from(Payment)
    .join(Contact, (Contact.vendor_id == Payment.vendor_id) & (Contact.id == Payment.reported_by))
    .outerjoin(Proof, (Proof.vendor_id == Payment.vendor_id) & (Proof.payment_id == Payment.id))
    .outerjoin(Receipt, (Receipt.vendor_id == Payment.vendor_id) & (Receipt.payment_id == Payment.id))
    .where(Payment.vendor_id == bindparam("vendor"), Payment.project_id == bindparam("project"))
    .order_by(Payment.reported_at, Payment.id)
)
