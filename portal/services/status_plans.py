"""How often a project gets a status update drafted, chosen by a lead."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.access.actor import Actor, MemberActor
from portal.access.policy import Action, authorize
from portal.adapters import clock
from portal.db import command
from portal.models.project import Project
from portal.models.status_update import DraftState, StatusDraft, StatusPlan
from portal.rules import rhythm
from portal.rules.errors import Conflict, Forbidden
from portal.rules.rhythm import Choice, Plan, Rhythm
from portal.rules.wording import N_
from portal.services import record


@command
def choose(session: Session, *, actor: Actor, project: Project, choice: Choice) -> StatusPlan:
    """Keep the rhythm of a project that has started; the first draft is due on the next such day.

    A draft that waits already goes by itself, or does not, as chosen now.
    """
    authorize(actor, Action.SEND_UPDATES, project)
    if not isinstance(actor, MemberActor):
        raise Forbidden(N_("Only the vendor chooses this."))
    project = record.hold(session, actor, project.id)
    if project.started_at is None:
        raise Conflict(N_("Start the project first: until then there is nothing to tell."))
    now = clock.now()
    plan = plan_of(session, project) or StatusPlan(vendor_id=project.vendor_id, project_id=project.id)
    begun = rhythm.begin(choice, project.time_zone, now)
    plan.rhythm, plan.weekday, plan.hour, plan.anchor_on = choice.rhythm, choice.weekday, choice.hour, begun.anchor_on
    plan.send_after_days = choice.send_after_days if choice.rhythm is not Rhythm.OFF else None
    plan.next_at = rhythm.next_instant(begun, now)
    plan.chosen_by, plan.chosen_at = actor.member_id, now
    session.add(plan)
    _reschedule(session, plan)
    return plan


def plan_of(session: Session, project: Project) -> StatusPlan | None:
    """What was chosen for the project, if anything ever was."""
    mine = StatusPlan.vendor_id == project.vendor_id, StatusPlan.project_id == project.id
    return session.scalar(select(StatusPlan).where(*mine))


def in_zone(plan: StatusPlan, project: Project) -> Plan:
    """The plan as the rules take it."""
    return Plan(plan.rhythm, plan.weekday, plan.hour, project.time_zone, plan.anchor_on)


def send_instant(plan: StatusPlan | None, drafted_at: datetime) -> datetime | None:
    """When a draft of that moment goes by itself; None for never."""
    return drafted_at + timedelta(days=plan.send_after_days) if plan and plan.send_after_days else None


def _reschedule(session: Session, plan: StatusPlan) -> None:
    """Days count from the choice: nothing goes at once because somebody chose a number of days."""
    mine = StatusDraft.vendor_id == plan.vendor_id, StatusDraft.project_id == plan.project_id
    session.execute(
        update(StatusDraft)
        .where(*mine, StatusDraft.state == DraftState.WAITING)
        .values(send_at=send_instant(plan, plan.chosen_at))
    )
