"""Who is told what: one outbox row per person, in the transaction of the fact. Nobody is told of their own act.

When it is due is said by rules/telling.py and by what the person chose; whoever wants no mail of a kind has no row.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, ContactActor, MemberActor
from portal.adapters import clock, outside
from portal.db import new_id
from portal.models.client import Contact, Grant
from portal.models.message import Message
from portal.models.milestone import Milestone
from portal.models.outbox import Notice
from portal.models.project import Project
from portal.models.vendor import Member
from portal.queries import preferences
from portal.queries.preferences import Person
from portal.rules import telling
from portal.rules.lifecycle import MilestoneState
from portal.rules.roles import Scope
from portal.rules.telling import NoticeKind as NoticeKind  # named here too: whoever tells says what of
from portal.rules.telling import Wishes

# Who may read what people say to each other; whoever only pays is there for the papers (access/policy.py: TALK).
TALKING = frozenset({Scope.VIEW, Scope.REVIEW, Scope.SIGN})


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to be told: "member" or "contact", and the zone of their mornings and nights."""

    kind: str
    id: UUID
    zone: str


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
    told: dict[UUID, Reader] = {}
    for grant, contact in _live_grants(session, project):
        if contact.email and (scope is None or scope in grant.scopes):
            # By person: somebody may hold two codes.
            told[contact.id] = Reader("contact", contact.id, contact.time_zone)
    readers = [reader for reader in told.values() if not _is_own_act(by, project, reader.id)]
    _tell(session, project, kind, readers, about)


def tell_members(session: Session, project: Project, kind: NoticeKind, *, by: Actor, **about: Any) -> None:
    """One notice to each member of the vendor who is still there."""
    _tell(session, project, kind, _colleagues(session, project, by), about)


def tell_payers(session: Session, vendor_id: UUID, kind: NoticeKind, *, by: Actor) -> None:
    """One notice to everybody who may pay this vendor in a project under way, and to its members.

    Whoever takes part in several projects hears once, through the one that was busy last.
    """
    under_way = list(session.scalars(_under_way(vendor_id)))
    told: set[UUID] = set()
    for project in under_way:
        here: list[Reader] = []
        for grant, contact in _live_grants(session, project):
            if contact.email and contact.id not in told and Scope.PAY in grant.scopes:
                told.add(contact.id)
                here.append(Reader("contact", contact.id, contact.time_zone))
        _tell(session, project, kind, here, {})
    if under_way:
        tell_members(session, under_way[0], kind, by=by)


def tell_of_message(
    session: Session,
    project: Project,
    milestone: Milestone | None,
    *,
    message_id: UUID,
    by: Actor,
    mentioned: Collection[Person] = (),
) -> None:
    """Tell of something that was said about `milestone`, or about the whole project, in the transaction of saying it
    (which holds the project, and in which the message is flushed).

    Whoever is mentioned hears at once. The others have one bundle waiting in the project: what is said while it waits
    adds nothing to the outbox, since a bundle finds its messages when it is sent.
    """
    at = session.scalars(
        select(Message.at).where(Message.id == message_id, Message.vendor_id == project.vendor_id)
    ).one()
    about = {"message": message_id} | ({"milestone": milestone.id} if milestone else {})
    readers = {(reader.kind, reader.id): reader for reader in _talking(session, project, by)}
    named = [reader for person, reader in readers.items() if person in mentioned]
    have_one = _open_bundles(session, project) | _tell(session, project, NoticeKind.MENTIONED, named, about)
    others = [reader for person, reader in readers.items() if person not in have_one]
    _tell(session, project, NoticeKind.MESSAGE_POSTED, others, about | {"since": at.isoformat()})


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


def _colleagues(session: Session, project: Project, by: Actor) -> list[Reader]:
    """Every member who is still there, but for whoever did it."""
    everyone = select(Member.id, Member.time_zone).where(
        Member.vendor_id == project.vendor_id, Member.disabled_at.is_(None)
    )
    rows = session.execute(everyone.order_by(Member.id)).all()
    own = by.member_id if isinstance(by, MemberActor) else None
    return [Reader("member", row.id, row.time_zone) for row in rows if row.id != own]


def _talking(session: Session, project: Project, by: Actor) -> list[Reader]:
    """Who may read what is said, but for whoever said it."""
    contacts = {
        contact.id: Reader("contact", contact.id, contact.time_zone)
        for grant, contact in _live_grants(session, project)
        if contact.email and grant.scopes & TALKING and not _is_own_act(by, project, contact.id)
    }
    return [*_colleagues(session, project, by), *contacts.values()]


def _open_bundles(session: Session, project: Project) -> set[Person]:
    """Whose bundle nobody set out to send. Held, so that none is sent before what is said now can be found in it."""
    waiting = Notice.sent_at.is_(None), Notice.gave_up_at.is_(None), Notice.dropped_at.is_(None), Notice.attempts == 0
    mine = Notice.vendor_id == project.vendor_id, Notice.project_id == project.id
    bundles = select(Notice.to_kind, Notice.to_id).where(*mine, Notice.kind == NoticeKind.MESSAGE_POSTED, *waiting)
    return {(row.to_kind, row.to_id) for row in session.execute(bundles.with_for_update(key_share=True))}


def _tell(
    session: Session, project: Project, kind: NoticeKind, readers: Sequence[Reader], about: dict[str, Any]
) -> set[Person]:
    """A notice for each of them who wants one; who does."""
    people = [(reader.kind, reader.id) for reader in readers]
    chosen = preferences.of_people(session, project.vendor_id, people) if people else {}
    named = json.dumps({name: str(value) for name, value in about.items()})
    rows = [_row(session, project, kind, reader, chosen[reader.kind, reader.id]) for reader in readers]
    session.add_all(Notice(**row, about=named) for row in rows if row is not None)
    return {(row["to_kind"], row["to_id"]) for row in rows if row is not None}


def _row(session: Session, project: Project, kind: NoticeKind, reader: Reader, wishes: Wishes) -> dict[str, Any] | None:
    """The columns of a notice but for what it is about; None for whoever wants no mail of this kind."""
    now, notice_id, topic = clock.now(), new_id(), telling.TOPICS[kind]
    due = telling.due(topic, wishes, reader.zone, now)
    if due is None:
        return None
    return {
        "id": notice_id,
        "vendor_id": project.vendor_id,
        "project_id": project.id,
        "kind": kind,
        "to_kind": reader.kind,
        "to_id": reader.id,
        "message_id": f"<{notice_id}@{outside.of(session).mail_domain}>",
        "head": f"{project.head_seq}:{project.head_hash}",
        "rhythm": wishes.rhythm(topic).value,
        "due_at": due,
        "patient_from": due,
        "created_at": now,
    }
