"""What people wrote to each other, as far as one notice tells of it and its reader has not read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.orm import Session

from portal.models.client import Contact
from portal.models.message import SAID, Message, Reading
from portal.models.outbox import Notice
from portal.models.vendor import Member
from portal.rules.telling import NoticeKind

# More than anybody reads in a mail; the rest is only counted.
MOST = 30


@dataclass(frozen=True, slots=True)
class Said:
    """One message: who wrote it, when, and where it stands; `milestone_id` is None in the project's own conversation.

    `files` are the names of what is attached.
    """

    id: UUID
    by: str
    text: str
    files: tuple[str, ...]
    at: datetime
    milestone_id: UUID | None


def said(session: Session, notice: Notice) -> tuple[Said, ...]:
    """What a notice tells of, oldest first, at most `MOST`: nothing of the reader's own, none read, none deleted."""
    asked = _asked_for(session, notice)
    if asked is None:
        return ()
    return tuple(_read(row, notice.project_id) for row in session.execute(asked.limit(MOST)))


def beyond(session: Session, notice: Notice) -> int:
    """How many more there are than `said` gives."""
    asked = _asked_for(session, notice)
    if asked is None:
        return 0
    count = session.scalar(select(func.count()).select_from(asked.order_by(None).subquery())) or 0
    return max(0, count - MOST)


def _asked_for(session: Session, notice: Notice) -> Select[Any] | None:
    about = json.loads(notice.about)
    match notice.kind:
        case NoticeKind.MENTIONED:
            return _unread(notice).where(Message.id == UUID(about["message"]))
        case NoticeKind.MESSAGE_POSTED:
            since, until = datetime.fromisoformat(about["since"]), _next_bundle(session, notice)
            within = [Message.at >= since] + ([Message.at < until] if until else [])
            return _unread(notice).where(*within, Message.id.not_in(_told_by_name(session, notice)))
        case _:
            return None


def _unread(notice: Notice) -> Any:
    """What other people said in the project, behind the mark up to which the reader has read."""
    read_so_far = and_(
        Reading.vendor_id == notice.vendor_id,
        Reading.thread_id == Message.thread_id,
        Reading.reader_kind == notice.to_kind,
        Reading.reader_id == notice.to_id,
    )
    own = and_(Message.author_kind == notice.to_kind, Message.author_id == notice.to_id)
    name = func.coalesce(Contact.name, Member.name, "").label("by")
    return (
        select(Message.id, name, Message.body, Message.files, Message.at, Message.thread_id)
        .outerjoin(Reading, read_so_far)
        .outerjoin(Contact, and_(Contact.vendor_id == Message.vendor_id, Contact.id == Message.author_id))
        .outerjoin(Member, and_(Member.vendor_id == Message.vendor_id, Member.id == Message.author_id))
        .where(Message.vendor_id == notice.vendor_id, Message.project_id == notice.project_id)
        .where(Message.kind == SAID, Message.deleted_at.is_(None), Message.author_id.is_not(None), ~own)
        .where(Message.seq > func.coalesce(Reading.seq, 0))
        .order_by(Message.at, Message.id)
    )


def _next_bundle(session: Session, notice: Notice) -> datetime | None:
    """From when on messages are told by another notice."""
    later = _notices_of(notice, NoticeKind.MESSAGE_POSTED).where(Notice.created_at > notice.created_at)
    about = session.scalar(later.order_by(Notice.created_at).limit(1))
    return datetime.fromisoformat(json.loads(about)["since"]) if about else None


def _told_by_name(session: Session, notice: Notice) -> list[UUID]:
    """The messages that mention the reader: they were told at once."""
    named = _notices_of(notice, NoticeKind.MENTIONED).where(Notice.created_at >= notice.created_at)
    return [UUID(json.loads(about)["message"]) for about in session.scalars(named)]


def _notices_of(notice: Notice, kind: NoticeKind) -> Select[Any]:
    mine = Notice.vendor_id == notice.vendor_id, Notice.project_id == notice.project_id
    person = Notice.to_kind == notice.to_kind, Notice.to_id == notice.to_id
    return select(Notice.about).where(*mine, *person, Notice.kind == kind)


def _read(row: Row[Any], project_id: UUID) -> Said:
    files = tuple(file["name"] for file in json.loads(row.files)) if row.files else ()
    milestone_id = row.thread_id if row.thread_id != project_id else None
    return Said(row.id, row.by, row.body, files, row.at, milestone_id)
