"""Files of a milestone: stored in versions, taken back before they are presented, never changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.policy import Action, authorize
from portal.adapters import clock, outside, sniffing
from portal.db import announce, command, new_id
from portal.models.deliverable import Deliverable
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules import events, filenames
from portal.rules.errors import AlreadyDone, Conflict
from portal.rules.lifecycle import MilestoneState
from portal.rules.wording import N_
from portal.services import record

OPEN_FOR_FILES = (MilestoneState.ACTIVE, MilestoneState.CHANGES_REQUESTED)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file whose bytes are in storage under `id`; `name` is clean, `media_type` was sniffed."""

    id: UUID
    name: str
    media_type: str
    bytes: int
    sha256: str
    stored_by: UUID
    upload_id: UUID | None = None


def require_open(milestone: Milestone) -> None:
    """Raises Conflict unless files may come and go: before delivery, or after changes were asked for."""
    if milestone.state not in OPEN_FOR_FILES:
        raise Conflict(N_("This milestone takes no files at the moment. Open it again to see where it stands."))


def add(session: Session, project: Project, milestone: Milestone, stored: Stored, *, by: Actor) -> Deliverable:
    """A new live file; it takes the place of the live one with the same name. Called inside a command, project held."""
    now = clock.now()
    earlier = _versions(session, milestone, stored.name)
    for file in earlier:
        if file.superseded_at is None and file.removed_at is None:
            file.superseded_at = now
    deliverable = Deliverable(
        id=stored.id,
        vendor_id=milestone.vendor_id,
        project_id=milestone.project_id,
        milestone_id=milestone.id,
        upload_id=stored.upload_id,
        name=stored.name,
        media_type=stored.media_type,
        bytes=stored.bytes,
        sha256=stored.sha256,
        version=max((file.version for file in earlier), default=0) + 1,
        stored_by=stored.stored_by,
        stored_at=now,
    )
    session.add(deliverable)
    session.flush()
    record.append(
        session, project, "file.stored", by=by, milestone_id=milestone.id,
        deliverable=deliverable.id, sha256=stored.sha256, bytes=stored.bytes, version=deliverable.version,
    )  # fmt: skip
    announce(session, events.UploadStored(**_ids(deliverable)))
    return deliverable


def keep(
    session: Session, *, actor: Actor, milestone: Milestone, name: str, content: bytes, sha256: str | None = None
) -> Deliverable:
    """Store bytes that are already here (demo data, imports) as an upload would. `sha256`, if given, must be theirs."""
    digest, file_id, storage = hashlib.sha256(content).hexdigest(), new_id(), outside.of(session).storage
    if sha256 not in (None, digest):
        raise ValueError("the content is not what its hash says")
    storage.create_part(file_id)
    with storage.open_part(file_id) as part:
        part.write(memoryview(content), 0)
        part.sync()
    storage.keep(file_id, file_id)
    by_member = getattr(actor, "member_id", None) or milestone.vendor_id
    return _keep(
        session,
        actor=actor,
        milestone=milestone,
        stored=Stored(file_id, filenames.clean(name), sniffing.media_type(content), len(content), digest, by_member),
    )


def remove(session: Session, *, actor: Actor, deliverable: Deliverable) -> None:
    """Take a file back before it is presented; the version it replaced is live again. Its bytes are deleted.

    Raises Conflict once it was presented or replaced, AlreadyDone on a repeat.
    """
    file_id = deliverable.id
    _remove(session, actor=actor, deliverable=deliverable)
    # After the commit: had it failed, the row would point at nothing. What a crash leaves, reconciliation sweeps up.
    outside.of(session).storage.discard(file_id)


@command
def _keep(session: Session, *, actor: Actor, milestone: Milestone, stored: Stored) -> Deliverable:
    authorize(actor, Action.UPLOAD, milestone)
    project = record.hold(session, actor, milestone.project_id)
    require_open(milestone)
    return add(session, project, milestone, stored, by=actor)


@command
def _remove(session: Session, *, actor: Actor, deliverable: Deliverable) -> None:
    authorize(actor, Action.UPLOAD, deliverable)
    project = record.hold(session, actor, deliverable.project_id)
    milestone = session.get_one(Milestone, deliverable.milestone_id)
    _require_removable(deliverable)
    require_open(milestone)
    deliverable.removed_at = clock.now()
    restored = _restore(session, milestone, deliverable)
    record.append(
        session, project, "file.removed", by=actor, milestone_id=milestone.id,
        deliverable=deliverable.id, sha256=deliverable.sha256, version=deliverable.version,
        restored=str(restored.id) if restored else None,
    )  # fmt: skip
    announce(session, events.DeliverableRemoved(**_ids(deliverable)))


def _require_removable(deliverable: Deliverable) -> None:
    if deliverable.removed_at is not None:
        raise AlreadyDone(N_("This file was already taken back."))
    if deliverable.submission_id is not None:
        raise Conflict(N_("This file was delivered to the client, so it stays as it is."))
    if deliverable.superseded_at is not None:
        raise Conflict(N_("A newer version has taken the place of this file."))


def _restore(session: Session, milestone: Milestone, removed: Deliverable) -> Deliverable | None:
    earlier = [file for file in _versions(session, milestone, removed.name) if file.removed_at is None]
    if earlier:
        earlier[-1].superseded_at = None
        return earlier[-1]
    return None


def _versions(session: Session, milestone: Milestone, name: str) -> list[Deliverable]:
    """Every version of a name, the oldest first."""
    return list(
        session.scalars(
            select(Deliverable)
            .where(Deliverable.vendor_id == milestone.vendor_id, Deliverable.milestone_id == milestone.id)
            .where(Deliverable.name == name)
            .order_by(Deliverable.version)
        )
    )


def _ids(deliverable: Deliverable) -> dict[str, UUID]:
    return {
        "vendor_id": deliverable.vendor_id,
        "project_id": deliverable.project_id,
        "milestone_id": deliverable.milestone_id,
        "deliverable_id": deliverable.id,
    }
