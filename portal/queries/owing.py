"""Milestones with what is still open on them, for sums and lists to be taken from.

They are parts of statements that are built once; `VENDOR` is filled in with the vendor of the member who asks.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CTE, BindParameter, ColumnElement, String, Uuid, and_, bindparam, or_, select, type_coerce

from portal.access import ledger
from portal.models.milestone import Milestone
from portal.models.payment import Payment
from portal.models.project import Project
from portal.rules import gate
from portal.rules.lifecycle import Flow, MilestoneState, PaymentState

FACTS = ("state", "due_minor", "net_minor", "reported_minor")
VENDOR: BindParameter[UUID] = bindparam("vendor", type_=Uuid())
OPEN = (
    MilestoneState.ACTIVE,
    MilestoneState.CHANGES_REQUESTED,
    MilestoneState.SUBMITTED,
    MilestoneState.APPROVED,
)


def due_until(name: str, day: BindParameter[date]) -> CTE:
    """The vendor's open milestones that are due on `day` or before."""
    return _snapshots(name, Milestone.state.in_(OPEN), Milestone.due_on <= day)


def asked_until(name: str, day: BindParameter[date]) -> CTE:
    """Those of them for which the client is asked to pay."""
    return _snapshots(name, Milestone.state.in_(OPEN), Milestone.due_on <= day, _asked_for())


def reversed_later(name: str) -> CTE:
    """Settled milestones from which money went back."""
    went_back = Payment.vendor_id == VENDOR, Payment.state == PaymentState.REVERSED
    taken = Milestone.id.in_(select(Payment.milestone_id).where(*went_back))
    # An expression, so that no index leads through all settled milestones instead of the few reversals.
    settled = type_coerce(Milestone.state, String()).concat("") == MilestoneState.SETTLED.value
    return _snapshots(name, settled, taken)


def remainder(snapshot: CTE) -> ColumnElement[int]:
    """What is neither paid nor said to be paid, in minor units; below zero where too much came."""
    rest: ColumnElement[int] = snapshot.c.due_minor - snapshot.c.net_minor - snapshot.c.reported_minor
    return rest


def unreported(snapshot: CTE) -> ColumnElement[bool]:
    """Whether something is open and nobody says that it is paid."""
    return and_(snapshot.c.due_minor > snapshot.c.net_minor, snapshot.c.reported_minor == 0)


def _asked_for() -> ColumnElement[bool]:
    """`gate.payable` as a condition, made by asking it about every state in every flow."""
    payable = [
        and_(Milestone.state == state, Project.flow == flow)
        for state in OPEN
        for flow in Flow
        if gate.payable(gate.Facts(state, due_minor=1, net_minor=0, submitted=True, released=False), flow)
    ]
    return or_(*payable)


def _snapshots(name: str, *conditions: ColumnElement[bool]) -> CTE:
    named = (
        Milestone.id,
        Milestone.project_id,
        Milestone.title,
        Milestone.currency,
        Milestone.due_on,
        Project.title.label("project"),
        Project.client_id,
        Project.time_zone,
        Project.flow,
    )
    project = and_(Project.vendor_id == Milestone.vendor_id, Project.id == Milestone.project_id)
    facts = [column for column in ledger.facts_columns() if column.name in FACTS]
    found = select(*named, *facts).join(Project, project)
    # Worked out once for each milestone, however often the sums around it name a column.
    return found.where(Milestone.vendor_id == VENDOR, *conditions).cte(name).prefix_with("MATERIALIZED")
