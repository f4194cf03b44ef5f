"""The gate: what is due, what arrived, and so whether the originals may leave the server (domain.md §4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.rules.lifecycle import Flow, MilestoneState
from portal.rules.wording import N_


class EntryKind(StrEnum):
    """The kinds of ledger entry. Amounts are always above zero; the kind says which way the money went."""

    PAYMENT = "payment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    CREDIT = "credit"
    WRITE_OFF = "write_off"


TOWARDS = (EntryKind.PAYMENT, EntryKind.CREDIT, EntryKind.WRITE_OFF)


@dataclass(frozen=True, slots=True)
class Facts:
    """One snapshot of a milestone, read in one statement. Amounts in minor units of its currency."""

    state: MilestoneState
    due_minor: int
    net_minor: int
    submitted: bool
    released: bool
    reported_minor: int = 0


def unlocked(facts: Facts) -> bool:
    """Whether the originals may leave. Computed, never stored; a reported payment counts for nothing."""
    paid_for = facts.net_minor >= facts.due_minor and facts.submitted and facts.state is not MilestoneState.CANCELLED
    return paid_for or facts.released


def balance(facts: Facts) -> int:
    """What is still to be paid, never below zero."""
    return max(0, facts.due_minor - facts.net_minor)


def surplus(facts: Facts) -> int:
    """What arrived beyond what is due: the client's credit."""
    return max(0, facts.net_minor - facts.due_minor)


def may_settle(facts: Facts, flow: Flow) -> bool:
    """Whether the ledger settles this milestone now: delivered (and approved, where the flow asks) and fully paid."""
    ready = {MilestoneState.APPROVED}
    if flow is Flow.PAY_TO_UNLOCK and facts.due_minor > 0:
        ready.add(MilestoneState.SUBMITTED)
    return facts.state in ready and facts.net_minor >= facts.due_minor


def payable(facts: Facts, flow: Flow) -> bool:
    """Whether the client is asked to pay: delivered (approved first, where the flow says so), a balance open."""
    asked = {MilestoneState.APPROVED, MilestoneState.SETTLED}
    if flow is Flow.PAY_TO_UNLOCK:
        asked.add(MilestoneState.SUBMITTED)
    return facts.state in asked and balance(facts) > 0


class Standing(StrEnum):
    """Where a milestone stands, in the one word its sentence, its pill and its filters are made from."""

    DRAFT = "draft"
    LOCKED = "locked"
    WORKING = "working"
    TO_APPROVE = "to_approve"
    TO_PAY = "to_pay"
    REPORTED = "reported"
    PARTLY_PAID = "partly_paid"
    CHANGES_REQUESTED = "changes_requested"
    REVERSED = "reversed"
    SETTLED = "settled"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The words people read, to be translated."""
        return _LABELS[self]

    @property
    def tone(self) -> str:
        """The colour family of its pill: neutral, info, attention, good or danger."""
        return _TONES.get(self, "neutral")


def standing(facts: Facts, flow: Flow) -> Standing:
    """Where the milestone stands, derived from one snapshot."""
    if facts.state is MilestoneState.SETTLED and balance(facts) == 0:
        return Standing.SETTLED
    if payable(facts, flow):
        return _owing(facts)
    return _BY_STATE[facts.state]


def _owing(facts: Facts) -> Standing:
    if facts.reported_minor > 0:
        return Standing.REPORTED
    if facts.state is MilestoneState.SETTLED:
        return Standing.REVERSED
    return Standing.PARTLY_PAID if facts.net_minor > 0 else Standing.TO_PAY


_BY_STATE = {
    MilestoneState.DRAFT: Standing.DRAFT,
    MilestoneState.LOCKED: Standing.LOCKED,
    MilestoneState.ACTIVE: Standing.WORKING,
    MilestoneState.SUBMITTED: Standing.TO_APPROVE,
    MilestoneState.CHANGES_REQUESTED: Standing.CHANGES_REQUESTED,
    MilestoneState.APPROVED: Standing.TO_PAY,
    MilestoneState.SETTLED: Standing.SETTLED,
    MilestoneState.CANCELLED: Standing.CANCELLED,
}
_LABELS = {
    Standing.DRAFT: N_("Draft"),
    Standing.LOCKED: N_("Not open yet"),
    Standing.WORKING: N_("In progress"),
    Standing.TO_APPROVE: N_("Awaiting approval"),
    Standing.TO_PAY: N_("Awaiting payment"),
    Standing.REPORTED: N_("Payment to confirm"),
    Standing.PARTLY_PAID: N_("Partly paid"),
    Standing.CHANGES_REQUESTED: N_("Changes requested"),
    Standing.REVERSED: N_("Payment reversed"),
    Standing.SETTLED: N_("Paid and complete"),
    Standing.CANCELLED: N_("Cancelled"),
}
_TONES = {
    Standing.WORKING: "info",
    Standing.TO_APPROVE: "attention",
    Standing.TO_PAY: "attention",
    Standing.REPORTED: "info",
    Standing.PARTLY_PAID: "attention",
    Standing.CHANGES_REQUESTED: "attention",
    Standing.REVERSED: "danger",
    Standing.SETTLED: "good",
}
