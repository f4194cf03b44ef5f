"""Payments: reported by the client; confirmed, rejected or reversed by the vendor."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask_babel import gettext as _
from werkzeug.datastructures import CombinedMultiDict

from portal.access import doors
from portal.access.policy import Action, authorize
from portal.models.milestone import Milestone
from portal.models.payment import Payment
from portal.rules import money, schedule
from portal.services import payments
from portal.web import acts, proofs, showing, stepup
from portal.web.actor import current_actor
from portal.web.acts import ConfirmationForm, Findings, ReasonForm, ReportForm
from portal.web.gatehouse import Who, who
from portal.web.htmx import back_to
from portal.web.installation import db
from portal.web.language import reader_locale

bp = Blueprint("payments", __name__)


@bp.post("/milestones/<uuid:milestone_id>/payments")
@who(Who.CONTACT, takes_secret=True)
def create_payment(milestone_id: UUID) -> Any:
    """The client says that it paid."""
    milestone = doors.get_milestone(db(), current_actor(), milestone_id)
    form = ReportForm(_sent())
    back_to(f"/milestones/{milestone_id}")
    return showing.after(
        milestone_id,
        "report",
        form,
        lambda: _report(milestone, form),
        done=_("Thank you. Your payment is reported, and you will hear when it is confirmed."),
    )


@bp.post("/payments/<uuid:payment_id>/confirmation")
@who(Who.MEMBER)
def create_confirmation(payment_id: UUID) -> Any:
    """The money arrived."""
    payment, form = _find(payment_id), ConfirmationForm(request.form)
    return showing.after(
        payment.milestone_id,
        f"confirmation-{payment_id}",
        form,
        lambda: _confirm(payment, form),
        done=_("Confirmed. The receipt is issued, and the client is told by mail."),
    )


@bp.post("/payments/<uuid:payment_id>/rejection")
@who(Who.MEMBER)
def create_rejection(payment_id: UUID) -> Any:
    """The money did not arrive."""
    payment, form = _find(payment_id), ReasonForm(request.form)
    return showing.after(
        payment.milestone_id,
        f"rejection-{payment_id}",
        form,
        lambda: payments.reject(db(), **_decision(payment, form)),
        done=_("Rejected. The client is told by mail, with your reason."),
    )


@bp.post("/payments/<uuid:payment_id>/reversal")
@who(Who.MEMBER)
def create_reversal(payment_id: UUID) -> Any:
    """The money went back."""
    payment, form = _find(payment_id), ReasonForm(request.form)
    return showing.after(
        payment.milestone_id,
        f"reversal-{payment_id}",
        form,
        lambda: payments.reverse(db(), **_decision(payment, form)),
        done=_("Reversed. What is not paid for is locked again, and the client is told by mail."),
    )


def _sent() -> Any:
    return CombinedMultiDict([request.files, request.form])


def _find(payment_id: UUID) -> Payment:
    payment = doors.get_payment(db(), current_actor(), payment_id)
    back_to(f"/milestones/{payment.milestone_id}")
    return payment


def _report(milestone: Milestone, form: ReportForm) -> None:
    authorize(current_actor(), Action.REPORT_PAYMENT, milestone)
    stepup.renew(milestone.project_id, form.code.data or "")
    found, currency = Findings(), milestone.currency
    amount = found.check(form.amount, partial(money.parse_amount, currency=currency, locale=reader_locale()))
    paid_on = found.check(form.paid_on, schedule.parse_date)
    method = found.check(form.method, acts.read_method)
    proof = found.check(form.proof, lambda _typed: proofs.take(form, milestone.id))
    found.settle()
    payments.report(
        db(),
        actor=current_actor(),
        milestone=milestone,
        said=payments.Report(amount, paid_on, method, form.reference.data or "", form.duplicate_ok.data),
        ticket=form.ticket(milestone.id, proof.sha256 if proof else ""),
        proof=proof,
    )


def _confirm(payment: Payment, form: ConfirmationForm) -> None:
    authorize(current_actor(), Action.CONFIRM_PAYMENT, payment)
    found, currency = Findings(), payment.currency
    amount = found.check(form.amount, partial(money.parse_amount, currency=currency, locale=reader_locale()))
    received_on = found.check(form.received_on, schedule.parse_date)
    found.settle()
    payments.confirm(
        db(),
        actor=current_actor(),
        payment=payment,
        amount_minor=amount,
        received_on=received_on,
        ticket=form.ticket(payment.id),
    )


def _decision(payment: Payment, form: ReasonForm) -> dict[str, Any]:
    return {
        "actor": current_actor(),
        "payment": payment,
        "reason": form.reason.data or "",
        "ticket": form.ticket(payment.id),
    }
