"""Drafting status updates from the facts: by the clock, and when somebody asks for one now."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import structlog
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from portal.access.actor import Actor, SystemActor
from portal.access.policy import Action, authorize
from portal.adapters import clock
from portal.db import command, new_id
from portal.models.project import Project
from portal.models.status_update import DraftState, StatusDraft, StatusPlan, StatusUpdate
from portal.queries import status_facts
from portal.rules import desk, rhythm
from portal.rules.errors import AlreadyDone, Conflict
from portal.rules.wording import N_
from portal.services import record, status_wording
from portal.services.status_plans import in_zone, plan_of, send_instant

AT_ONCE = 100
SYSTEM = SystemActor()
log = structlog.get_logger()


def draft_due(session: Session) -> int:
    """Draft what the rhythms ask for by now, one project a transaction; how many drafts were made."""
    due = select(StatusPlan.project_id).where(StatusPlan.next_at <= clock.now()).order_by(StatusPlan.next_at)
    return sum(_draft_or_log(session, project_id) for project_id in list(session.scalars(due.limit(AT_ONCE))))


def _draft_or_log(session: Session, project_id: UUID) -> bool:
    """One that fails does not stop the rest."""
    try:
        return _draft_planned(session, project_id)
    except Exception:
        log.exception("status_not_drafted", project=str(project_id))
        return False


@command
def draft_now(session: Session, *, actor: Actor, project: Project) -> StatusDraft:
    """Draft today's update of a project that has started.

    Raises AlreadyDone when one waits, Conflict when today's was sent or there is nothing to tell of.
    """
    authorize(actor, Action.SEND_UPDATES, project)
    project = record.hold(session, actor, project.id)
    if project.started_at is None:
        raise Conflict(N_("Start the project first: until then there is nothing to tell."))
    if waiting(session, project) is not None:
        raise AlreadyDone(N_("A draft is already waiting for you."))
    period = clock.today(project.time_zone)
    earlier = _of_period(session, project, period)
    if earlier is not None and earlier.state is DraftState.SENT:
        raise Conflict(N_("Today’s update was sent already. The next one can be drafted tomorrow."))
    return _write(session, project, period, earlier)


def waiting(session: Session, project: Project) -> StatusDraft | None:
    """The draft that waits for the vendor, if there is one."""
    return session.scalar(_of(project).where(StatusDraft.state == DraftState.WAITING))


@command
def _draft_planned(session: Session, project_id: UUID) -> bool:
    # The lock first, then the plan: of two workers the second finds that the next draft is not due yet.
    project = record.hold(session, SYSTEM, project_id)
    plan, now = plan_of(session, project), clock.now()
    if plan is None or plan.next_at is None or plan.next_at > now:
        return False
    days = in_zone(plan, project)
    period, plan.next_at = rhythm.latest_day(days, now), rhythm.next_instant(days, now)
    # However long the server slept, only the last period is told of: its update covers all before it.
    if period is None or not _is_wanted(session, project, period):
        return False
    _write(session, project, period, None)
    return True


def _is_wanted(session: Session, project: Project, period: date) -> bool:
    """Not twice for one period, not over what somebody is editing, not when all is done and told."""
    if project.started_at is None or _of_period(session, project, period) is not None:
        return False
    open_draft = waiting(session, project)
    if open_draft is not None and open_draft.edited_at is not None:
        return False
    return project.phase is not desk.Phase.FINISHED or _has_news(session, project)


def _has_news(session: Session, project: Project) -> bool:
    """Whether anything happened since the last draft, whatever became of it."""
    covered = session.scalar(_of(project).order_by(StatusDraft.drafted_at.desc()).limit(1))
    after = covered.covers_seq if covered else 0
    return bool(status_facts.facts(session, project, after_seq=after, now=clock.now()).happened)


def _write(session: Session, project: Project, period: date, again: StatusDraft | None) -> StatusDraft:
    now, last = clock.now(), _last(session, project)
    _replace_untouched(session, project, now)
    since_seq, since = (last.covers_seq, last.until) if last else (0, project.started_at or now)
    facts = status_facts.facts(session, project, after_seq=since_seq, now=now)
    draft = again or StatusDraft(id=new_id(), vendor_id=project.vendor_id, project_id=project.id, period_on=period)
    draft.state, draft.language, draft.since = DraftState.WAITING, project.locale, since
    draft.covers_seq, draft.drafted_at, draft.edited_at, draft.decided_at = project.head_seq, now, None, None
    draft.version = (draft.version or 0) + 1
    draft.send_at = send_instant(plan_of(session, project), now)
    for section, text in status_wording.worded(facts, project.locale).items():
        setattr(draft, section, text)
    session.add(draft)
    session.flush()
    return draft


def _replace_untouched(session: Session, project: Project, now: datetime) -> None:
    mine = StatusDraft.vendor_id == project.vendor_id, StatusDraft.project_id == project.id
    session.execute(
        update(StatusDraft)
        .where(*mine, StatusDraft.state == DraftState.WAITING)
        .values(state=DraftState.REPLACED, decided_at=now)
    )


def _last(session: Session, project: Project) -> StatusUpdate | None:
    mine = StatusUpdate.vendor_id == project.vendor_id, StatusUpdate.project_id == project.id
    return session.scalar(select(StatusUpdate).where(*mine).order_by(StatusUpdate.number.desc()).limit(1))


def _of_period(session: Session, project: Project, period: date) -> StatusDraft | None:
    return session.scalar(_of(project).where(StatusDraft.period_on == period))


def _of(project: Project) -> Select[StatusDraft]:
    return select(StatusDraft).where(StatusDraft.vendor_id == project.vendor_id, StatusDraft.project_id == project.id)
