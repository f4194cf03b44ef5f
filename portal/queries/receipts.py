"""One receipt as its page shows it: the frozen facts, and what became of the payment since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.payment import Payment, PaymentMethod
from portal.models.project import Project
from portal.models.receipt import Receipt
from portal.rules.lifecycle import PaymentState


@dataclass(frozen=True, slots=True)
class Party:
    """Who paid or was paid, as the paper names them."""

    name: str
    address: str
    tax_id: str
    contact: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """What is printed, plus `reversed_at`: when the payment behind it was taken back. Amounts in minor units."""

    id: UUID
    milestone_id: UUID
    number: str
    issued_on: date
    paid_on: date
    received_on: date | None
    method: PaymentMethod
    reference: str
    payer: Party
    payee: Party
    project: str
    milestone: str
    position: int
    milestones: int
    currency: str
    amount_minor: int
    words: dict[str, str]
    due_minor: int
    paid_to_date_minor: int
    balance_minor: int
    credit_minor: int
    manifest_sha256: str | None
    head: str
    snapshot_sha256: str
    signature: str
    china: bool
    zone: str
    reversed_at: datetime | None


def page(session: Session, receipt: Receipt) -> ReceiptPage:
    """The page of a receipt that was found through a door, in one statement."""
    row = session.execute(
        select(Payment.state, Payment.decided_at, Project.time_zone)
        .join(Project, Project.id == Payment.project_id)
        .where(Payment.vendor_id == receipt.vendor_id, Payment.id == receipt.payment_id)
    ).one()
    facts: dict[str, Any] = json.loads(receipt.snapshot)
    same = ("project", "milestone", "position", "milestones", "currency", "reference", "manifest_sha256", "head")
    sums = ("amount_minor", "due_minor", "paid_to_date_minor", "balance_minor", "credit_minor")
    return ReceiptPage(
        id=receipt.id,
        milestone_id=receipt.milestone_id,
        number=receipt.label,
        issued_on=receipt.issued_on,
        paid_on=date.fromisoformat(facts["paid_on"]),
        received_on=date.fromisoformat(facts["received_on"]) if facts["received_on"] else None,
        method=PaymentMethod(facts["method"]),
        payer=Party(**facts["payer"]),
        payee=Party(**facts["payee"]),
        words={"en": facts["words_en"]} | ({"zh_Hans": facts["words_zh"]} if facts["words_zh"] else {}),
        snapshot_sha256=receipt.snapshot_sha256,
        signature=receipt.signature,
        china=facts["currency"] == "CNY" or "zh_Hans" in facts["languages"],
        zone=row.time_zone,
        reversed_at=row.decided_at if row.state is PaymentState.REVERSED else None,
        **{name: facts[name] for name in (*same, *sums)},
    )
