"""How milestones move on: one listed edge as a compare-and-set, and the opening of the next in line."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.db import announce
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules import events
from portal.rules.errors import Conflict
from portal.rules.lifecycle import Act, MilestoneState, advance
from portal.rules.wording import N_
from portal.services import notices, record
from portal.services.notices import NoticeKind


def open_next(session: Session, project: Project, *, by: Actor, quiet: bool = False) -> Milestone | None:
    """Open the first locked milestone, if every one before it is settled or cancelled. Called inside a command."""
    steps = session.scalars(
        select(Milestone)
        .where(Milestone.vendor_id == project.vendor_id, Milestone.project_id == project.id)
        .order_by(Milestone.position)
    )
    finished = (MilestoneState.SETTLED, MilestoneState.CANCELLED)
    following = next((step for step in steps if step.state not in finished), None)
    if following is None or following.state is not MilestoneState.LOCKED:
        return None
    move(session, following, Act.OPEN)
    record.append(
        session,
        project,
        "milestone.opened",
        by=by,
        milestone_id=following.id,
        state=MilestoneState.ACTIVE.value,
    )
    if not quiet:
        notices.tell_contacts(session, project, NoticeKind.MILESTONE_OPENED, by=by, milestone=following.id)
        notices.tell_members(session, project, NoticeKind.MILESTONE_OPENED, by=by, milestone=following.id)
    announce(
        session, events.MilestoneOpened(vendor_id=project.vendor_id, project_id=project.id, milestone_id=following.id)
    )
    return following


def move(session: Session, milestone: Milestone, act: Act, **values: object) -> None:
    """Take one listed edge as a compare-and-set. Raises Conflict when someone was faster."""
    new_state = advance(milestone.state, act)
    moved = session.execute(
        update(Milestone)
        .where(Milestone.id == milestone.id, Milestone.vendor_id == milestone.vendor_id)
        .where(Milestone.state == milestone.state)
        .values(state=new_state, **values)
        .returning(Milestone.id)
        .execution_options(synchronize_session=False)
    ).first()
    if moved is None:
        raise Conflict(N_("Someone else was faster. Open the milestone again to see where it stands."))
    session.refresh(milestone)
