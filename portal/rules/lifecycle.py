"""The life of a milestone and of a payment, as data (domain.md §2 and §4). Unlocking is not a state."""

from __future__ import annotations

from enum import StrEnum

from portal.rules.errors import AlreadyDone, Conflict
from portal.rules.wording import N_


class Flow(StrEnum):
    """When the client is asked for the money; fixed at the start of a project."""

    PAY_TO_UNLOCK = "pay_to_unlock"
    APPROVE_THEN_INVOICE = "approve_then_invoice"

    @property
    def label(self) -> str:
        """The words people read, to be translated."""
        return _FLOW_LABELS[self]


class MilestoneState(StrEnum):
    """Where the work on a milestone is."""

    DRAFT = "draft"
    LOCKED = "locked"
    ACTIVE = "active"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    SETTLED = "settled"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The word people read, to be translated."""
        return _STATE_LABELS[self]


class PaymentState(StrEnum):
    """What became of a reported payment."""

    REPORTED = "reported"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    REVERSED = "reversed"

    @property
    def label(self) -> str:
        """The word people read, to be translated."""
        return _PAYMENT_LABELS[self]


class Act(StrEnum):
    """What moves a milestone or a payment on."""

    LOCK = "lock"
    OPEN = "open"
    SUBMIT = "submit"
    REQUEST_CHANGES = "request_changes"
    APPROVE = "approve"
    SETTLE = "settle"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    REJECT = "reject"
    REVERSE = "reverse"


M, P = MilestoneState, PaymentState

MILESTONE_EDGES: dict[tuple[MilestoneState, Act], MilestoneState] = {
    (M.DRAFT, Act.LOCK): M.LOCKED,
    (M.LOCKED, Act.OPEN): M.ACTIVE,
    (M.ACTIVE, Act.SUBMIT): M.SUBMITTED,
    (M.SUBMITTED, Act.REQUEST_CHANGES): M.CHANGES_REQUESTED,
    (M.CHANGES_REQUESTED, Act.SUBMIT): M.SUBMITTED,
    (M.SUBMITTED, Act.APPROVE): M.APPROVED,
    (M.SUBMITTED, Act.SETTLE): M.SETTLED,
    (M.APPROVED, Act.SETTLE): M.SETTLED,
    (M.LOCKED, Act.CANCEL): M.CANCELLED,
    (M.ACTIVE, Act.CANCEL): M.CANCELLED,
}
PAYMENT_EDGES: dict[tuple[PaymentState, Act], PaymentState] = {
    (P.REPORTED, Act.CONFIRM): P.CONFIRMED,
    (P.REPORTED, Act.REJECT): P.REJECTED,
    (P.CONFIRMED, Act.REVERSE): P.REVERSED,
}


def advance(state: MilestoneState, act: Act) -> MilestoneState:
    """The state after `act`. Raises AlreadyDone for a harmless repeat, Conflict for anything not on a listed edge."""
    if (state, act) in MILESTONE_EDGES:
        return MILESTONE_EDGES[state, act]
    if state in {target for (_, done), target in MILESTONE_EDGES.items() if done is act}:
        raise AlreadyDone(N_("This was already done; nothing changed."))
    raise Conflict(N_("That is not possible at this stage. Open the milestone again to see where it stands."))


def advance_payment(state: PaymentState, act: Act) -> PaymentState:
    """The payment's state after `act`. Raises AlreadyDone for a repeat, Conflict when it was decided differently."""
    if (state, act) in PAYMENT_EDGES:
        return PAYMENT_EDGES[state, act]
    if state in {target for (_, done), target in PAYMENT_EDGES.items() if done is act}:
        raise AlreadyDone(N_("This was already done; nothing changed."))
    raise Conflict(N_("This payment was already decided differently. Look at it again before you act."))


def require_current(current: str | None, named: str) -> None:
    """The act must name the manifest (SHA-256, hex) as it is now; raises Conflict when the files changed since."""
    if current is None or current != named:
        raise Conflict(N_("The files changed since you opened this page. Look at them again, then decide."))


_FLOW_LABELS = {
    Flow.PAY_TO_UNLOCK: N_("Pay to unlock"),
    Flow.APPROVE_THEN_INVOICE: N_("Approve, then pay"),
}
_STATE_LABELS = {
    M.DRAFT: N_("Draft"),
    M.LOCKED: N_("Not open yet"),
    M.ACTIVE: N_("In progress"),
    M.SUBMITTED: N_("Delivered"),
    M.CHANGES_REQUESTED: N_("Changes requested"),
    M.APPROVED: N_("Approved"),
    M.SETTLED: N_("Paid and complete"),
    M.CANCELLED: N_("Cancelled"),
}
_PAYMENT_LABELS = {
    P.REPORTED: N_("To be confirmed"),
    P.CONFIRMED: N_("Confirmed"),
    P.REJECTED: N_("Rejected"),
    P.REVERSED: N_("Reversed"),
}
