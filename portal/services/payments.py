"""Money: the client reports, the vendor confirms, rejects or reverses. Nothing here is undone, only added to."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.access import stepup
from portal.access.actor import Actor, MemberActor
from portal.access.policy import Action, authorize
from portal.adapters import clock
from portal.adapters.failpoints import failpoint
from portal.db import announce, command, new_id
from portal.models.milestone import Milestone
from portal.models.payment import LedgerEntry, Payment
from portal.models.project import Project
from portal.models.receipt import Receipt
from portal.rules import events
from portal.rules.errors import Conflict, Forbidden, Invalid
from portal.rules.gate import EntryKind
from portal.rules.lifecycle import Act, advance_payment
from portal.rules.roles import Scope
from portal.rules.wording import N_
from portal.services import answers, notices, receipts, record, reports, settlement
from portal.services.answers import Ticket
from portal.services.notices import NoticeKind

LONGEST_REASON = 2000
Report = reports.Report
KeptProof = reports.KeptProof


@command
def report(
    session: Session,
    *,
    actor: Actor,
    milestone: Milestone,
    said: Report,
    ticket: Ticket,
    proof: KeptProof | None = None,
) -> UUID:
    """Keep what the client says it paid; unlocks nothing. Returns the payment's id, the same one for a repeat.

    Raises Conflict when nothing is asked for, Invalid for an impossible value or an unacknowledged twin,
    StepUp when the access code was entered more than 15 minutes ago.
    """
    authorize(actor, Action.REPORT_PAYMENT, milestone)
    project = record.hold(session, actor, milestone.project_id)
    key = stepup.require_fresh(actor, project.id)
    payment_id = new_id()
    if (earlier := answers.claim(session, actor, "payments.report", ticket, payment_id)) is not None:
        return earlier
    reports.check(session, project, milestone, said)
    reports.keep(session, milestone, said, payment_id=payment_id, key=key, proof=proof)
    record.append(
        session,
        project,
        "payment.reported",
        by=actor,
        milestone_id=milestone.id,
        payment=payment_id,
        amount_minor=said.amount_minor,
        currency=milestone.currency,
        paid_on=said.paid_on.isoformat(),
        method=said.method.value,
        proof_sha256=proof.sha256 if proof else None,
    )
    about = {"milestone": milestone.id, "payment": payment_id}
    notices.tell_members(session, project, NoticeKind.PAYMENT_REPORTED, by=actor, **about)
    announce(session, events.PaymentReported(**_ids(project, milestone, payment_id)))
    failpoint("payment.reporting")
    return payment_id


@command
def confirm(
    session: Session, *, actor: Actor, payment: Payment, amount_minor: int, received_on: date, ticket: Ticket
) -> UUID:
    """The money arrived, `amount_minor` of it: ledger, receipt, record, settlement and notices in one transaction.

    Returns the receipt's id, the same one for a repeat. Raises AlreadyDone or Conflict when it was decided before.
    """
    authorize(actor, Action.CONFIRM_PAYMENT, payment)
    project = record.hold(session, actor, payment.project_id)
    receipt_id = new_id()
    if (earlier := answers.claim(session, actor, f"payments.confirm:{payment.id}", ticket, receipt_id)) is not None:
        return earlier
    milestone = session.get_one(Milestone, payment.milestone_id)
    reports.check_money(project, amount_minor, received_on, "received_on")
    _decide(session, actor, payment, Act.CONFIRM, confirmed_minor=amount_minor, received_on=received_on)
    _enter(session, milestone, payment, EntryKind.PAYMENT, amount_minor)
    session.flush()
    credit = settlement.balance_credit(session, project, milestone, payment)
    receipt = receipts.issue(session, project=project, milestone=milestone, payment=payment, receipt_id=receipt_id)
    record.append(
        session,
        project,
        "payment.confirmed",
        by=actor,
        milestone_id=milestone.id,
        payment=payment.id,
        amount_minor=amount_minor,
        received_on=received_on.isoformat(),
        credit_change_minor=credit,
        receipt=receipt.id,
        receipt_label=receipt.label,
        receipt_sha256=receipt.snapshot_sha256,
    )
    _tell_of_receipt(session, actor, project, milestone, receipt)
    announce(session, events.PaymentConfirmed(**_ids(project, milestone, payment.id)))
    session.flush()
    settlement.settle_if_paid(session, project, milestone, by=actor)
    failpoint("payment.confirming")
    return receipt.id


@command
def reject(session: Session, *, actor: Actor, payment: Payment, reason: str, ticket: Ticket) -> UUID:
    """The money did not arrive; the reason is told to the client. Returns the payment's id."""
    authorize(actor, Action.CONFIRM_PAYMENT, payment)
    project = record.hold(session, actor, payment.project_id)
    if answers.claim(session, actor, f"payments.reject:{payment.id}", ticket, payment.id) is not None:
        return payment.id
    _decide(session, actor, payment, Act.REJECT, reason=_reason(reason))
    record.append(session, project, "payment.rejected", by=actor, milestone_id=payment.milestone_id, payment=payment.id)
    notices.tell_contacts(
        session,
        project,
        NoticeKind.PAYMENT_REJECTED,
        by=actor,
        scope=Scope.PAY,
        milestone=payment.milestone_id,
        payment=payment.id,
    )
    milestone = session.get_one(Milestone, payment.milestone_id)
    announce(session, events.PaymentRejected(**_ids(project, milestone, payment.id)))
    return payment.id


@command
def reverse(session: Session, *, actor: Actor, payment: Payment, reason: str, ticket: Ticket) -> UUID:
    """The confirmed money went back or never was ours: a ledger entry against it. What it unlocked locks again."""
    authorize(actor, Action.CONFIRM_PAYMENT, payment)
    project = record.hold(session, actor, payment.project_id)
    if answers.claim(session, actor, f"payments.reverse:{payment.id}", ticket, payment.id) is not None:
        return payment.id
    milestone = session.get_one(Milestone, payment.milestone_id)
    _decide(session, actor, payment, Act.REVERSE, reason=_reason(reason))
    amount = payment.confirmed_minor or 0
    _enter(session, milestone, payment, EntryKind.CHARGEBACK, amount)
    session.flush()
    credit = settlement.balance_credit(session, project, milestone, payment)
    record.append(
        session,
        project,
        "payment.reversed",
        by=actor,
        milestone_id=milestone.id,
        payment=payment.id,
        amount_minor=amount,
        credit_change_minor=credit,
    )
    notices.tell_contacts(
        session,
        project,
        NoticeKind.PAYMENT_REVERSED,
        by=actor,
        scope=Scope.PAY,
        milestone=milestone.id,
        payment=payment.id,
    )
    announce(session, events.PaymentReversed(**_ids(project, milestone, payment.id)))
    return payment.id


def _reason(text: str) -> str:
    bare = text.strip()
    if not bare:
        raise Invalid(N_("Say why in a sentence, so that the other side understands."), field="reason")
    if len(bare) > LONGEST_REASON:
        raise Invalid(N_("Shorten this to at most %(most)s characters."), field="reason", most=LONGEST_REASON)
    return bare


def _decide(session: Session, actor: Actor, payment: Payment, act: Act, **values: object) -> None:
    """One edge of the payment's life as a compare-and-set: two people at once make one decision."""
    if not isinstance(actor, MemberActor):
        raise Forbidden(N_("Only the vendor decides about payments."))
    decided = session.execute(
        update(Payment)
        .where(Payment.id == payment.id, Payment.vendor_id == payment.vendor_id, Payment.state == payment.state)
        .values(
            state=advance_payment(payment.state, act),
            decided_by=actor.member_id,
            decided_at=clock.now(),
            **values,
        )
        .returning(Payment.id)
        .execution_options(synchronize_session=False)
    ).first()
    if decided is None:
        raise Conflict(N_("This payment was already decided differently. Look at it again before you act."))
    session.refresh(payment)


def _enter(session: Session, milestone: Milestone, payment: Payment, kind: EntryKind, amount_minor: int) -> None:
    session.add(
        LedgerEntry(
            vendor_id=milestone.vendor_id,
            project_id=milestone.project_id,
            milestone_id=milestone.id,
            payment_id=payment.id,
            kind=kind,
            amount_minor=amount_minor,
            currency=milestone.currency,
            reference=f"payment:{payment.id}",
            at=clock.now(),
        )
    )


def _tell_of_receipt(session: Session, actor: Actor, project: Project, milestone: Milestone, receipt: Receipt) -> None:
    about = {"milestone": milestone.id, "receipt": receipt.id}
    notices.tell_contacts(session, project, NoticeKind.PAYMENT_CONFIRMED, by=actor, scope=Scope.PAY, **about)
    notices.tell_members(session, project, NoticeKind.PAYMENT_CONFIRMED, by=actor, **about)


def _ids(project: Project, milestone: Milestone, payment_id: UUID) -> dict[str, UUID]:
    return {
        "vendor_id": project.vendor_id,
        "project_id": project.id,
        "milestone_id": milestone.id,
        "payment_id": payment_id,
    }
