"""Settling: when the ledger covers what is due, the milestone closes and the next one opens. Only here."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.access import ledger
from portal.access.actor import Actor, SystemActor
from portal.adapters import clock
from portal.db import announce
from portal.models.milestone import Milestone
from portal.models.payment import CreditEntry, Payment
from portal.models.project import Project
from portal.rules import events, gate
from portal.rules.lifecycle import Act, MilestoneState
from portal.services import approvals, progress, record


def settle_if_paid(session: Session, project: Project, milestone: Milestone, *, by: Actor) -> bool:
    """Settle `milestone` and open the next, if the ledger says so. True when it did. Called inside a command."""
    snapshot = ledger.facts(session, milestone.id)
    if not gate.may_settle(snapshot, project.flow):
        return False
    if milestone.state is MilestoneState.SUBMITTED:
        approvals.by_payment(session, project, milestone)
    progress.move(session, milestone, Act.SETTLE, settled_at=clock.now())
    record.append(
        session,
        project,
        "milestone.settled",
        by=SystemActor(),
        milestone_id=milestone.id,
        due_minor=snapshot.due_minor,
        net_minor=snapshot.net_minor,
        state=MilestoneState.SETTLED.value,
    )
    announce(
        session, events.MilestoneSettled(vendor_id=project.vendor_id, project_id=project.id, milestone_id=milestone.id)
    )
    progress.open_next(session, project, by=SystemActor())
    return True


def balance_credit(session: Session, project: Project, milestone: Milestone, payment: Payment) -> int:
    """Bring the client's named credit in line with the ledger; the change in minor units, below zero if withdrawn."""
    wanted = gate.surplus(ledger.facts(session, milestone.id))
    change = wanted - _credit(session, milestone)
    if change:
        session.add(
            CreditEntry(
                vendor_id=project.vendor_id,
                project_id=project.id,
                milestone_id=milestone.id,
                client_id=project.client_id,
                payment_id=payment.id,
                kind="granted" if change > 0 else "withdrawn",
                amount_minor=abs(change),
                currency=milestone.currency,
                at=clock.now(),
            )
        )
    return change


def _credit(session: Session, milestone: Milestone) -> int:
    rows = session.execute(
        select(CreditEntry.kind, func.sum(CreditEntry.amount_minor))
        .where(CreditEntry.vendor_id == milestone.vendor_id, CreditEntry.milestone_id == milestone.id)
        .group_by(CreditEntry.kind)
    )
    sums = {kind: int(total) for kind, total in rows}
    return sums.get("granted", 0) - sums.get("withdrawn", 0)
