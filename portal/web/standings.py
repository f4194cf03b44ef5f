"""Where a milestone stands, as each side sees it: whose turn it is, its shape and colour, and what opens the lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.queries.payments import PaymentRow
from portal.queries.projects import Head, Step
from portal.rules import gate, schedule
from portal.rules.gate import Standing
from portal.rules.lifecycle import Flow
from portal.rules.wording import N_
from portal.web.language import gettext as _
from portal.web.language import show_date, show_money

VENDORS_TURN = frozenset({Standing.WORKING, Standing.REPORTED, Standing.CHANGES_REQUESTED})
CLIENTS_TURN = frozenset({Standing.TO_APPROVE, Standing.TO_PAY, Standing.PARTLY_PAID, Standing.REVERSED})
WORKING = frozenset({Standing.WORKING, Standing.CHANGES_REQUESTED})
_RESTING = {
    Standing.SETTLED: ("done", "good"),
    Standing.CANCELLED: ("cancelled", "neutral"),
    Standing.LOCKED: ("locked", "neutral"),
    Standing.DRAFT: ("locked", "neutral"),
}
_CLIENT_WORDS = {Standing.REPORTED: N_("Payment reported")}


@dataclass(frozen=True, slots=True)
class Face:
    """How a milestone looks in the timeline: shape (done, current, waiting, locked, cancelled), tone and word."""

    shape: str
    tone: str
    word: str
    is_late: bool = False


def face(step: Step, zone: str, now: datetime, *, is_member: bool) -> Face:
    """The look for one side. What is late is red for both; `zone` is the project's."""
    standing = step.standing
    words = standing.label if is_member else _CLIENT_WORDS.get(standing, standing.label)
    if standing in _RESTING:
        return Face(*_RESTING[standing], _(words))
    mine = standing in (VENDORS_TURN if is_member else CLIENTS_TURN)
    shape = "current" if mine else "waiting"
    if standing in WORKING and schedule.is_overdue(step.due_on, zone, now):
        return Face(shape, "danger", _("Late"), is_late=True)
    calm = not mine or standing is Standing.WORKING
    return Face(shape, "danger" if standing is Standing.REVERSED else "info" if calm else "attention", _(words))


def waits_for(step: Step) -> str:
    """The soft line of a milestone that is not open yet."""
    if step.position == 1:
        return _("Opens when the project starts")
    return _("Opens when milestone %(n)s is paid", n=step.position - 1)


def opens(step: Step, head: Head, *, is_member: bool) -> str:
    """What opens the files, or who sees them, in one sentence."""
    if is_member:
        return _for_vendor(step, head)
    words = {
        "balance": show_money(step.balance_minor, step.currency),
        "vendor": head.vendor_name,
        "due": show_date(step.due_on),
    }
    return _(_for_client(step, head), **words)


def what_delivering_does(step: Step, head: Head) -> str:
    """What happens when the vendor delivers, said before."""
    words = {"client": head.client_name, "amount": show_money(step.balance_minor, step.currency)}
    if not step.balance_minor:
        return _("%(client)s is told by mail and can download at once. What is delivered stays as it is.", **words)
    if head.flow is Flow.APPROVE_THEN_INVOICE:
        return _(
            "%(client)s is told by mail and asked to approve. The files open when that is done and %(amount)s is paid. "
            "What is delivered stays as it is.",
            **words,
        )
    return _(
        "%(client)s is told by mail and sees names, sizes and hashes. The files open when %(amount)s is paid. "
        "What is delivered stays as it is.",
        **words,
    )


def reported(payment: PaymentRow) -> list[tuple[str, str]]:
    """What the client said of a payment, as the vendor looks for it."""
    facts = [(_("Paid on"), show_date(payment.paid_on)), (_("Paid by"), _(payment.method.label))]
    return [*facts, (_("Reference"), payment.reference)] if payment.reference else facts


def story(payment: PaymentRow) -> str:
    """What is known of a payment, in one line."""
    parts = [_("paid %(day)s", day=show_date(payment.paid_on)), _(payment.method.label)]
    if payment.reference:
        parts.append(_("reference %(reference)s", reference=payment.reference))
    if payment.received_on:
        parts.append(_("arrived %(day)s", day=show_date(payment.received_on)))
    if payment.confirmed_minor not in (None, payment.amount_minor):
        parts.append(_("reported as %(amount)s", amount=show_money(payment.amount_minor, payment.currency)))
    return " · ".join([*parts, payment.reported_by])


def _for_client(step: Step, head: Head) -> str:
    if step.unlocked and step.balance_minor:
        return N_("%(vendor)s opened these files before payment.")
    if step.unlocked:
        return N_("Everything here is yours to download.")
    if step.standing is Standing.REPORTED:
        return N_("The originals open as soon as %(vendor)s has confirmed your payment.")
    if step.standing is Standing.REVERSED:
        return N_("A payment was reversed, so the originals are locked again until %(balance)s is paid.")
    if step.standing is Standing.CHANGES_REQUESTED:
        return N_("%(vendor)s is working on a new version. The originals open when it is delivered and paid.")
    if head.flow is Flow.APPROVE_THEN_INVOICE and step.standing is Standing.TO_APPROVE:
        return N_("The originals open when you have approved them and %(balance)s is paid.")
    return N_("The originals open when your payment of %(balance)s is confirmed.")


def _for_vendor(step: Step, head: Head) -> str:
    balance = show_money(step.balance_minor, step.currency)
    if step.submitted_at is None:
        return _("Nobody but you sees these files until you deliver them.")
    if gate.unlocked(step.facts):
        if step.balance_minor:
            return _("You opened these files before payment. %(balance)s is still to be paid.", balance=balance)
        return _("%(client)s can download everything here.", client=head.client_name)
    if step.standing is Standing.CHANGES_REQUESTED:
        return _("The client keeps seeing the last delivery until you deliver again.")
    return _(
        "%(client)s sees names, sizes and hashes. The originals open when %(balance)s is confirmed.",
        client=head.client_name, balance=balance,
    )  # fmt: skip
