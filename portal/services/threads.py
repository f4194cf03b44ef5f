"""The numbers of conversations, and the facts told in them. Always inside the transaction of what is said or done."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.db import announce
from portal.models.entry import Entry
from portal.models.message import Message, Thread
from portal.models.project import Project
from portal.rules import conversation, events


def next_seq(session: Session, project: Project, milestone_id: UUID | None) -> tuple[UUID, int]:
    """The conversation, begun if nobody said anything yet, and the next number in it.

    One statement; on PostgreSQL it holds the conversation until the transaction ends, so numbers have no gaps.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {
        "id": conversation.thread_id(project.id, milestone_id),
        "vendor_id": project.vendor_id,
        "project_id": project.id,
        "milestone_id": milestone_id,
        "head_seq": 1,
    }
    begun = insert(Thread).values(row)
    counted = begun.on_conflict_do_update(index_elements=["id"], set_={"head_seq": Thread.head_seq + 1})
    thread_id, seq = session.execute(counted.returning(Thread.id, Thread.head_seq)).one()
    return thread_id, seq


def tell(session: Session, project: Project, entry: Entry, at: datetime) -> None:
    """Let the conversation show a fact of the record, if it is one both sides should meet there."""
    if entry.kind not in conversation.TOLD:
        return
    thread_id, seq = next_seq(session, project, entry.milestone_id)
    session.add(
        Message(
            vendor_id=project.vendor_id,
            project_id=project.id,
            thread_id=thread_id,
            seq=seq,
            author_kind="system",
            kind=entry.kind,
            entry_seq=entry.seq,
            at=at,
        )
    )
    ids = {"vendor_id": project.vendor_id, "project_id": project.id, "thread_id": thread_id}
    announce(session, events.FactTold(**ids, seq=seq))
