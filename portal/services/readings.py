"""How far people have read."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.access.actor import Actor, ContactActor, MemberActor
from portal.access.policy import Action, authorize
from portal.adapters import clock
from portal.db import announce, command, new_id
from portal.models.message import Reading, Thread
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules import conversation, events
from portal.rules.errors import NotFound

About = Project | Milestone
Person = tuple[str, UUID]


@command
def read(session: Session, *, actor: Actor, about: About, seq: int) -> bool:
    """Keep that the actor has read up to `seq`, at most to the end; whether that is further than before."""
    authorize(actor, Action.TALK, about)
    project_id = project_of(about)
    thread_id = conversation.thread_id(project_id, milestone_of(about))
    mine = Thread.id == thread_id, Thread.vendor_id == about.vendor_id
    reached = min(seq, session.scalar(select(Thread.head_seq).where(*mine)) or 0)
    if reached < 1 or not mark(session, about, reached, person(actor, project_id)):
        return False
    ids = {"vendor_id": about.vendor_id, "project_id": project_id, "thread_id": thread_id}
    announce(session, events.ThreadRead(**ids, seq=reached))
    return True


def mark(session: Session, about: About, seq: int, reader: Person) -> bool:
    """Move the mark of `reader` forward, never back; whether it moved. Inside a command."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    project_id = project_of(about)
    begun = insert(Reading).values(
        id=new_id(),
        vendor_id=about.vendor_id,
        project_id=project_id,
        thread_id=conversation.thread_id(project_id, milestone_of(about)),
        reader_kind=reader[0],
        reader_id=reader[1],
        seq=seq,
        at=clock.now(),
    )
    further = begun.on_conflict_do_update(
        index_elements=["thread_id", "reader_kind", "reader_id"],
        set_={"seq": begun.excluded.seq, "at": begun.excluded.at},
        where=Reading.seq < begun.excluded.seq,
    )
    return session.execute(further.returning(Reading.id)).first() is not None


def project_of(about: About) -> UUID:
    """The project a conversation belongs to."""
    return about.project_id if isinstance(about, Milestone) else about.id


def milestone_of(about: About) -> UUID | None:
    """The milestone a conversation is about, None for that of the whole project."""
    return about.id if isinstance(about, Milestone) else None


def person(actor: Actor, project_id: UUID) -> Person:
    """Who speaks or reads: kind and id. Raises NotFound for anybody who takes no part in the project."""
    if isinstance(actor, MemberActor):
        return "member", actor.member_id
    key = actor.key_for(project_id) if isinstance(actor, ContactActor) else None
    if key is None:
        raise NotFound
    return "contact", key.contact_id
