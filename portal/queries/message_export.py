"""Everything that was said in a project, the oldest first, as text for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, true
from sqlalchemy.orm import Session

from portal.models.client import Contact
from portal.models.entry import Entry
from portal.models.message import Message
from portal.models.milestone import Milestone
from portal.models.vendor import Member

AT_ONCE = 500
FORMAT = "milepost-messages-1"
Row = Any


def as_json(session: Session, vendor_id: UUID, project_id: UUID) -> Iterator[str]:
    """One JSON document: `{"format", "project", "messages": […]}`. Instants in UTC, bodies as typed."""
    head = json.dumps({"format": FORMAT, "project": str(project_id)})[:-1]
    yield head + ', "messages": ['
    between = "\n"
    for batch in batches(session, vendor_id, project_id):
        yield between + ",\n".join(json.dumps(_facts(row), ensure_ascii=False) for row in batch)
        between = ",\n"
    yield "\n]}\n"


def batches(session: Session, vendor_id: UUID, project_id: UUID) -> Iterator[Sequence[Row]]:
    """All messages, the oldest first, some at a time.

    Between two batches no connection is held: whoever reads slowly keeps nobody else from the database.
    """
    last = None
    while batch := _after(session, vendor_id, project_id, last):
        last = batch[-1]
        yield batch


def files_of(row: Row) -> list[dict[str, Any]]:
    """What was attached, as frozen with the message."""
    found: list[dict[str, Any]] = json.loads(row.files) if row.files else []
    return found


def _facts(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "milestone": row.milestone,
        "seq": row.seq,
        "kind": row.kind,
        "author": {"kind": row.author_kind, "name": row.author},
        "at": row.at.isoformat(),
        "body": row.body,
        "edited_at": row.edited_at and row.edited_at.isoformat(),
        "deleted_at": row.deleted_at and row.deleted_at.isoformat(),
        "answers": str(row.quoted_id) if row.quoted_id else None,
        "files": files_of(row),
        "entry": row.entry_seq,
    }


def _after(session: Session, vendor_id: UUID, project_id: UUID, last: Row | None) -> Sequence[Row]:
    statement = (
        select(
            Message.id, Message.thread_id, Message.seq, Message.kind, Message.author_kind, Message.body, Message.at,
            Message.edited_at, Message.deleted_at, Message.quoted_id, Message.files, Message.entry_seq,
            func.coalesce(Member.name, Contact.name, "").label("author"),
            Milestone.title.label("milestone"),
            Entry.body.label("entry_body"),
        )
        .outerjoin(Member, _author(Member, "member"))
        .outerjoin(Contact, _author(Contact, "contact"))
        .outerjoin(Milestone, and_(Milestone.vendor_id == Message.vendor_id, Milestone.id == Message.thread_id))
        .outerjoin(
            Entry,
            and_(
                Entry.vendor_id == Message.vendor_id,
                Entry.project_id == Message.project_id,
                Entry.seq == Message.entry_seq,
            ),
        )
        .where(Message.vendor_id == vendor_id, Message.project_id == project_id, _is_behind(last))
        .order_by(Message.at, Message.thread_id, Message.seq)
        .limit(AT_ONCE)
    )  # fmt: skip
    rows = session.execute(statement).all()
    session.rollback()
    return rows


def _is_behind(last: Row | None) -> Any:
    """In the order of the export. The first part is for the index, which knows nothing of threads."""
    if last is None:
        return true()
    same_thread = and_(Message.thread_id == last.thread_id, Message.seq > last.seq)
    same_instant = and_(Message.at == last.at, or_(Message.thread_id > last.thread_id, same_thread))
    return and_(Message.at >= last.at, or_(Message.at > last.at, same_instant))


def _author(person: Any, kind: str) -> Any:
    return and_(person.vendor_id == Message.vendor_id, Message.author_kind == kind, person.id == Message.author_id)
