"""Mails that did not arrive: given up, or failed so far and tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from portal.access.actor import MemberActor
from portal.db import UtcDateTime
from portal.models.client import Contact
from portal.models.outbox import Notice
from portal.models.project import Project
from portal.models.vendor import Member
from portal.rules import mail_errors
from portal.rules.mail_errors import Cause
from portal.rules.telling import NoticeKind

MOST = 100
# As on the home page: older ones have been seen, or nobody will.
SINCE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Failed:
    """A mail, to whom, and what the server said. `next_at`: when it is tried again; None when it was given up."""

    id: UUID
    project_id: UUID
    project: str
    kind: NoticeKind
    person: str
    email: str
    is_member: bool
    failed_at: datetime
    next_at: datetime | None
    attempts: int
    cause: Cause
    said: str


def failed(session: Session, actor: MemberActor, now: datetime) -> list[Failed]:
    """The vendor's mails given up in the last 30 days, newest first, then those that are tried again; one statement."""
    rows = session.execute(_statement(), {"vendor": actor.vendor_id, "since": now - SINCE})
    return [_read(row) for row in rows]


@cache
def _statement() -> Any:
    """Built once: putting the statement together costs more than running it."""
    vendor = bindparam("vendor", type_=Notice.vendor_id.type)
    given_up = Notice.gave_up_at >= bindparam("since", type_=UtcDateTime())
    tried = and_(
        Notice.sent_at.is_(None), Notice.gave_up_at.is_(None), Notice.dropped_at.is_(None), Notice.last_error != ""
    )
    columns = [
        Notice.id,
        Notice.project_id,
        Notice.kind,
        Notice.gave_up_at,
        Notice.due_at,
        Notice.attempts,
        Notice.last_error,
    ]
    return (
        select(
            *columns,
            Project.title.label("project"),
            func.coalesce(Contact.name, Member.name, "").label("person"),
            func.coalesce(Contact.email, Member.email, "").label("email"),
            Member.id.is_not(None).label("is_member"),
        )
        .join(Project, and_(Project.vendor_id == Notice.vendor_id, Project.id == Notice.project_id))
        .outerjoin(Contact, and_(Notice.to_kind == "contact", Contact.vendor_id == vendor, Contact.id == Notice.to_id))
        .outerjoin(Member, and_(Notice.to_kind == "member", Member.vendor_id == vendor, Member.id == Notice.to_id))
        .where(Notice.vendor_id == vendor, Notice.mailed_with.is_(None), or_(given_up, tried))
        .order_by(Notice.gave_up_at.is_(None), Notice.gave_up_at.desc(), Notice.due_at, Notice.id)
        .limit(MOST)
    )


def _read(row: Row[Any]) -> Failed:
    return Failed(
        id=row.id,
        project_id=row.project_id,
        project=row.project,
        kind=NoticeKind(row.kind),
        person=row.person,
        email=row.email,
        is_member=bool(row.is_member),
        failed_at=row.gave_up_at or row.due_at,
        next_at=None if row.gave_up_at else row.due_at,
        attempts=row.attempts,
        cause=mail_errors.cause(row.last_error),
        said=row.last_error,
    )
