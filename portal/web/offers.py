"""Which acts a milestone offers to this reader now, each with its form filled as far as it can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portal.access.actor import Actor
from portal.access.policy import Action, can
from portal.adapters import clock
from portal.queries.payments import PaymentRow
from portal.queries.projects import Head, Step
from portal.rules import gate, money, references
from portal.rules.lifecycle import MilestoneState, PaymentState
from portal.web.acts import Act, ApprovalForm, ConfirmationForm, ReasonForm, ReleaseForm, ReportForm, SubmissionForm
from portal.web.forms import new_key
from portal.web.language import reader_locale

OPEN_FOR_WORK = (MilestoneState.ACTIVE, MilestoneState.CHANGES_REQUESTED)

Offer = tuple[str, Act]


def forms(actor: Actor, head: Head, step: Step, payments: Sequence[PaymentRow]) -> dict[str, Act]:
    """The forms by name: submission, release, approval, report, and per payment confirmation-, rejection-, reversal-ID.

    What is not offered would be refused as well: this decides what is shown, the verbs decide what is done.
    """
    offered = [*_of_step(actor, head, step), *_of_payments(actor, head, payments)]
    return {name: form.tell_apart(name) for name, form in offered}


def _of_step(actor: Actor, head: Head, step: Step) -> Iterator[Offer]:
    if step.facts.state in OPEN_FOR_WORK and can(actor, Action.SUBMIT, step):
        yield "submission", SubmissionForm()
    if _may_release(step) and can(actor, Action.RELEASE, step):
        yield "release", ReleaseForm()
    if step.facts.state is MilestoneState.SUBMITTED and can(actor, Action.APPROVE, step):
        yield "approval", ApprovalForm(data={"manifest": step.manifest_sha256})
    if gate.payable(step.facts, head.flow) and can(actor, Action.REPORT_PAYMENT, step):
        yield "report", _report(head, step)


def _of_payments(actor: Actor, head: Head, payments: Sequence[PaymentRow]) -> Iterator[Offer]:
    for payment in payments if can(actor, Action.CONFIRM_PAYMENT, head) else ():
        if payment.state is PaymentState.REPORTED:
            yield f"confirmation-{payment.id}", _confirmation(head, payment)
            yield f"rejection-{payment.id}", ReasonForm(data={"idempotency_key": new_key()})
        elif payment.state is PaymentState.CONFIRMED:
            yield f"reversal-{payment.id}", ReasonForm(data={"idempotency_key": new_key()})


def _may_release(step: Step) -> bool:
    return step.submitted_at is not None and not step.unlocked and step.facts.state is not MilestoneState.CANCELLED


def _report(head: Head, step: Step) -> ReportForm:
    return ReportForm(
        data={
            "amount": money.amount_plain(step.balance_minor, step.currency, reader_locale()),
            "paid_on": clock.today(head.time_zone).isoformat(),
            "reference": references.grouped(references.of_milestone(head.id, step.position)),
            "idempotency_key": new_key(),
        }
    )


def _confirmation(head: Head, payment: PaymentRow) -> ConfirmationForm:
    return ConfirmationForm(
        data={
            "amount": money.amount_plain(payment.amount_minor, payment.currency, reader_locale()),
            "received_on": clock.today(head.time_zone).isoformat(),
            "idempotency_key": new_key(),
        }
    )
