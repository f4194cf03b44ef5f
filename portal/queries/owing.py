"""Milestones with what is still open on them, as a subquery that sums and lists are taken from."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, String, Subquery, and_, or_, select, type_coerce

from portal.access import ledger
from portal.access.actor import MemberActor
from portal.models.milestone import Milestone
from portal.models.payment import Payment
from portal.models.project import Project
from portal.rules import gate
from portal.rules.lifecycle import Flow, MilestoneState, PaymentState

OPEN = (
    MilestoneState.ACTIVE,
    MilestoneState.CHANGES_REQUESTED,
    MilestoneState.SUBMITTED,
    MilestoneState.APPROVED,
)


def due_until(actor: MemberActor, day: date) -> Subquery:
    """The vendor's open milestones that are due on `day` or before."""
    return _snapshots(actor, Milestone.state.in_(OPEN), Milestone.due_on <= day)


def asked_until(actor: MemberActor, day: date) -> Subquery:
    """Those of them for which the client is asked to pay."""
    return _snapshots(actor, Milestone.state.in_(OPEN), Milestone.due_on <= day, _asked_for())


def reversed_later(actor: MemberActor) -> Subquery:
    """Settled milestones from which money went back."""
    went_back = Payment.vendor_id == actor.vendor_id, Payment.state == PaymentState.REVERSED
    taken = Milestone.id.in_(select(Payment.milestone_id).where(*went_back))
    # An expression, so that no index leads through all settled milestones instead of the few reversals.
    settled = type_coerce(Milestone.state, String()).concat("") == MilestoneState.SETTLED.value
    return _snapshots(actor, settled, taken)


def remainder(snapshot: Subquery) -> ColumnElement[int]:
    """What is neither paid nor said to be paid, in minor units; below zero where too much came."""
    rest: ColumnElement[int] = snapshot.c.due_minor - snapshot.c.net_minor - snapshot.c.reported_minor
    return rest


def unreported(snapshot: Subquery) -> ColumnElement[bool]:
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


def _snapshots(actor: MemberActor, *conditions: ColumnElement[bool]) -> Subquery:
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
    return (
        select(*named, *ledger.facts_columns())
        .join(Project, project)
        .where(Milestone.vendor_id == actor.vendor_id, *conditions)
        .subquery()
    )
