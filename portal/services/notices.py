"""Who is told what: one outbox row per person, in the transaction of the fact. Nobody is told of their own act."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, ContactActor, MemberActor
from portal.adapters import clock, outside
from portal.db import new_id
from portal.models.client import Contact, Grant
from portal.models.milestone import Milestone
from portal.models.outbox import Notice
from portal.models.project import Project
from portal.models.vendor import Member
from portal.rules.lifecycle import MilestoneState
from portal.rules.roles import Scope


class NoticeKind(StrEnum):
    """The occasions of a mail."""

    PROJECT_STARTED = "project_started"
    MILESTONE_OPENED = "milestone_opened"
    WORK_DELIVERED = "work_delivered"
    WORK_APPROVED = "work_approved"
    FILES_RELEASED = "files_released"
    PAYMENT_REPORTED = "payment_reported"
    PAYMENT_CONFIRMED = "payment_confirmed"
    PAYMENT_REJECTED = "payment_rejected"
    PAYMENT_REVERSED = "payment_reversed"
    PAYEE_CHANGED = "payee_changed"
    STATUS_UPDATE = "status_update"


def tell_contacts(
    session: Session,
    project: Project,
    kind: NoticeKind,
    *,
    by: Actor,
    scope: Scope | None = None,
    **about: Any,
) -> None:
    """One notice to each contact whose grant is live (and has `scope`, if one is named)."""
    told: set[UUID] = set()
    for grant, contact in _live_grants(session, project):
        if contact.email and contact.id not in told and (scope is None or scope in grant.scopes):
            told.add(contact.id)
            if not _is_own_act(by, project, contact.id):
                _queue(session, project, kind, "contact", contact.id, about)


def tell_members(session: Session, project: Project, kind: NoticeKind, *, by: Actor, **about: Any) -> None:
    """One notice to each member of the vendor who is still there."""
    everyone = select(Member.id).where(Member.vendor_id == project.vendor_id, Member.disabled_at.is_(None))
    for member_id in session.scalars(everyone.order_by(Member.id)):
        if not (isinstance(by, MemberActor) and by.member_id == member_id):
            _queue(session, project, kind, "member", member_id, about)


def tell_payers(session: Session, vendor_id: UUID, kind: NoticeKind, *, by: Actor) -> None:
    """One notice to everybody who may pay this vendor in a project under way, and to its members.

    Whoever takes part in several projects hears once, through the one that was busy last.
    """
    under_way = list(session.scalars(_under_way(vendor_id)))
    told: set[UUID] = set()
    for project in under_way:
        for grant, contact in _live_grants(session, project):
            if contact.email and contact.id not in told and Scope.PAY in grant.scopes:
                told.add(contact.id)
                _queue(session, project, kind, "contact", contact.id, {})
    if under_way:
        tell_members(session, under_way[0], kind, by=by)


def _under_way(vendor_id: UUID) -> Select[Project]:
    over = (MilestoneState.SETTLED, MilestoneState.CANCELLED)
    unfinished = exists().where(
        Milestone.vendor_id == Project.vendor_id, Milestone.project_id == Project.id, Milestone.state.not_in(over)
    )
    mine = select(Project).where(Project.vendor_id == vendor_id, Project.started_at.is_not(None), unfinished)
    return mine.order_by(Project.touched_at.desc(), Project.id)


def _live_grants(session: Session, project: Project) -> list[tuple[Grant, Contact]]:
    rows = session.execute(
        select(Grant, Contact)
        .join(Contact, Contact.id == Grant.contact_id)
        .where(Grant.vendor_id == project.vendor_id, Grant.project_id == project.id, Grant.revoked_at.is_(None))
        .order_by(Grant.id)
    )
    now = clock.now()
    return [(grant, contact) for grant, contact in rows if grant.live(now)]


def _is_own_act(by: Actor, project: Project, contact_id: UUID) -> bool:
    key = by.key_for(project.id) if isinstance(by, ContactActor) else None
    return key is not None and key.contact_id == contact_id


def _queue(
    session: Session, project: Project, kind: NoticeKind, to_kind: str, to_id: UUID, about: dict[str, Any]
) -> None:
    now = clock.now()
    notice_id = new_id()
    session.add(
        Notice(
            id=notice_id,
            vendor_id=project.vendor_id,
            project_id=project.id,
            kind=kind,
            about=json.dumps({name: str(value) for name, value in about.items()}),
            to_kind=to_kind,
            to_id=to_id,
            message_id=f"<{notice_id}@{outside.of(session).mail_domain}>",
            head=f"{project.head_seq}:{project.head_hash}",
            due_at=now,
            created_at=now,
        )
    )
