"""What the client says it paid: checked and kept. Unlocks nothing; see payments.py for what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access import ledger
from portal.access.actor import Key
from portal.adapters import clock
from portal.models.milestone import Milestone
from portal.models.payment import Payment, PaymentMethod, Proof
from portal.models.project import Project
from portal.rules import gate
from portal.rules.errors import Conflict, Invalid
from portal.rules.lifecycle import PaymentState
from portal.rules.wording import N_

LONGEST_REFERENCE = 140


@dataclass(frozen=True, slots=True)
class Report:
    """What the client says it paid: minor units of the milestone's currency, a date, and how to find it."""

    amount_minor: int
    paid_on: date
    method: PaymentMethod
    reference: str = ""
    duplicate_ok: bool = False


@dataclass(frozen=True, slots=True)
class KeptProof:
    """A proof whose bytes are already in storage under `id`."""

    id: UUID
    name: str
    media_type: str
    bytes: int
    sha256: str


def check(session: Session, project: Project, milestone: Milestone, said: Report) -> None:
    """Raises Conflict when nothing is asked for, Invalid for an impossible value or an unacknowledged twin."""
    if not gate.payable(ledger.facts(session, milestone.id), project.flow):
        raise Conflict(N_("Nothing is to be paid for this milestone at the moment."))
    check_money(project, said.amount_minor, said.paid_on, "paid_on")
    if len(said.reference) > LONGEST_REFERENCE:
        raise Invalid(N_("Shorten this to at most %(most)s characters."), field="reference", most=LONGEST_REFERENCE)
    if not said.duplicate_ok and _twin(session, milestone, said):
        raise Invalid(
            N_("A payment with this amount, date and reference is already here. Tick the box if this is another one."),
            field="duplicate_ok",
            code="duplicate_payment",
        )


def check_money(project: Project, amount_minor: int, day: date, field: str) -> None:
    """An amount above zero, moved on a day that has begun somewhere; `field` is the form's name of the day."""
    if amount_minor <= 0:
        raise Invalid(N_("Enter an amount above zero."), field="amount")
    # A day of grace: where the client is, tomorrow may already have begun.
    if day > clock.today(project.time_zone) + timedelta(days=1):
        raise Invalid(N_("This date is in the future. Enter the day the money moved."), field=field)


def keep(
    session: Session, milestone: Milestone, said: Report, *, payment_id: UUID, key: Key, proof: KeptProof | None
) -> None:
    """Add the reported payment, and the proof that came with it."""
    session.add(
        Payment(
            id=payment_id,
            vendor_id=milestone.vendor_id,
            project_id=milestone.project_id,
            milestone_id=milestone.id,
            amount_minor=said.amount_minor,
            currency=milestone.currency,
            paid_on=said.paid_on,
            method=said.method,
            reference=said.reference.strip(),
            state=PaymentState.REPORTED,
            reported_by=key.contact_id,
            reported_at=clock.now(),
        )
    )
    session.flush()
    if proof is not None:
        _attach(session, milestone, payment_id, proof)


def _twin(session: Session, milestone: Milestone, said: Report) -> bool:
    same = select(Payment.id).where(
        Payment.vendor_id == milestone.vendor_id,
        Payment.project_id == milestone.project_id,
        Payment.amount_minor == said.amount_minor,
        Payment.paid_on == said.paid_on,
        Payment.reference == said.reference.strip(),
        Payment.state != PaymentState.REJECTED,
    )
    return session.scalar(same.limit(1)) is not None


def _attach(session: Session, milestone: Milestone, payment_id: UUID, proof: KeptProof) -> None:
    if session.get(Proof, proof.id) is not None:
        raise Invalid(N_("Attach the proof again."), field="proof")
    session.add(
        Proof(
            id=proof.id,
            vendor_id=milestone.vendor_id,
            payment_id=payment_id,
            name=proof.name,
            media_type=proof.media_type,
            bytes=proof.bytes,
            sha256=proof.sha256,
        )
    )
