"""The log of what left the house: which file, to whom, from which byte on, how many."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.access.actor import Actor, ContactActor, MemberActor
from portal.adapters import clock
from portal.db import command, new_id
from portal.models.deliverable import Download
from portal.rules.errors import Forbidden
from portal.rules.wording import N_


@dataclass(frozen=True, slots=True)
class Leaving:
    """What is about to leave: `what` is file, archive, proof or attachment; ids of the file where it has one."""

    what: str
    vendor_id: UUID
    project_id: UUID
    milestone_id: UUID | None
    deliverable_id: UUID | None = None
    first_byte: int = 0
    attachment_id: UUID | None = None


@command
def begin(session: Session, *, actor: Actor, leaving: Leaving) -> UUID:
    """Note that bytes are about to leave, before the first one does."""
    download_id, (kind, person) = new_id(), _person(actor, leaving.project_id)
    session.add(
        Download(
            id=download_id,
            vendor_id=leaving.vendor_id,
            project_id=leaving.project_id,
            milestone_id=leaving.milestone_id,
            deliverable_id=leaving.deliverable_id,
            attachment_id=leaving.attachment_id,
            actor_kind=kind,
            actor_id=person,
            what=leaving.what,
            first_byte=leaving.first_byte,
            started_at=clock.now(),
        )
    )
    return download_id


@command
def note(session: Session, *, download_id: UUID, sent_bytes: int, is_over: bool) -> None:
    """How many bytes have left by now, and whether that was all."""
    ended_at = clock.now() if is_over else None
    session.execute(
        update(Download)
        .where(Download.id == download_id)
        .values(sent_bytes=sent_bytes, ended_at=ended_at)
        .execution_options(synchronize_session=False)
    )


def _person(actor: Actor, project_id: UUID) -> tuple[str, UUID]:
    key = actor.key_for(project_id) if isinstance(actor, ContactActor) else None
    if key is not None:
        return actor.kind, key.contact_id
    if isinstance(actor, MemberActor):
        return actor.kind, actor.member_id
    raise Forbidden(N_("You can see this, but doing it is not part of your access."))
