"""The numbers of conversations, and the facts told in them. Always inside the transaction of what is said or done."""

from __future__ import annotations

from datetime import datetime
from typing import Any
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
    begun = _beginning(session, project, milestone_id, head_seq=1)
    counted = begun.on_conflict_do_update(index_elements=["id"], set_={"head_seq": Thread.head_seq + 1})
    thread_id, seq = session.execute(counted.returning(Thread.id, Thread.head_seq)).one()
    return thread_id, seq


def begin(session: Session, project: Project, milestone_id: UUID | None) -> UUID:
    """The conversation, begun without a word if nobody said anything yet: what comes before it can point at it."""
    session.execute(_beginning(session, project, milestone_id, head_seq=0).on_conflict_do_nothing())
    return conversation.thread_id(project.id, milestone_id)


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


def _beginning(session: Session, project: Project, milestone_id: UUID | None, *, head_seq: int) -> Any:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(Thread).values(
        id=conversation.thread_id(project.id, milestone_id),
        vendor_id=project.vendor_id,
        project_id=project.id,
        milestone_id=milestone_id,
        head_seq=head_seq,
    )
