"""The record: facts are appended to a project's hash chain in the transaction that makes them true."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, ContactActor
from portal.adapters import clock
from portal.adapters.failpoints import failpoint
from portal.db import lock_row
from portal.models.client import Grant
from portal.models.entry import Entry
from portal.models.project import Project
from portal.rules import chain
from portal.rules.errors import NotFound
from portal.services import desk, threads


def hold(session: Session, actor: Actor, project_id: UUID) -> Project:
    """The project, locked until the transaction ends: one writer at a time per project and per chain.

    Everything read before is read again under the lock. A contact whose grant was revoked meanwhile gets NotFound.
    """
    lock_row(session, "projects", project_id)
    session.expire_all()
    if isinstance(actor, ContactActor):
        _require_live(session, actor, project_id)
    return session.get_one(Project, project_id)


def append(
    session: Session,
    project: Project,
    kind: str,
    *,
    by: Actor,
    milestone_id: UUID | None = None,
    **facts: Any,
) -> Entry:
    """Add one fact to the chain. `facts` are JSON values: references, integers, hashes; never raw personal data."""
    now = clock.now()
    body = chain.canonical(
        {"kind": kind, "at": now.isoformat(), "by": _reference(by, project), **_plain(milestone_id, facts)}
    )
    seq = project.head_seq + 1
    digest = chain.entry_hash(str(project.id), seq, body, project.head_hash)
    entry = Entry(
        project_id=project.id,
        vendor_id=project.vendor_id,
        seq=seq,
        kind=kind,
        milestone_id=milestone_id,
        body=body,
        prev=project.head_hash,
        hash=digest,
        at=now,
    )
    session.add(entry)
    project.head_seq, project.head_hash, project.touched_at = seq, digest, now
    desk.tidy_later(session, project)
    threads.tell(session, project, entry, now)
    failpoint("record.appended")
    return entry


def _plain(milestone_id: UUID | None, facts: dict[str, Any]) -> dict[str, Any]:
    named = {"milestone": str(milestone_id)} if milestone_id else {}
    return named | {name: str(value) if isinstance(value, UUID) else value for name, value in facts.items()}


def _reference(actor: Actor, project: Project) -> str:
    if isinstance(actor, ContactActor):
        key = actor.key_for(project.id)
        return f"contact:{key.contact_id}" if key else actor.ref
    return actor.ref


def _require_live(session: Session, actor: ContactActor, project_id: UUID) -> None:
    key = actor.key_for(project_id)
    grant = session.scalar(select(Grant).where(Grant.id == key.grant_id)) if key else None
    if grant is None or not grant.live(clock.now()):
        raise NotFound
