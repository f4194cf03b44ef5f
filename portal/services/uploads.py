"""Uploads as the database knows them: a reserved place (reserving.py), and one of four ends.

No bytes pass here: see receiving.py. One for a milestone ends as its file. One for a conversation ends as what waits
for the message it belongs to (attaching.py): until then it can be given up, and after a day it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.policy import Action, authorize
from portal.adapters import clock, outside
from portal.adapters.failpoints import failpoint
from portal.db import command
from portal.models.deliverable import Upload, UploadState
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules import tus
from portal.rules.errors import Conflict
from portal.rules.wording import N_
from portal.services import deliverables, record

LIFETIME = timedelta(hours=24)
OVER = (UploadState.CANCELLED, UploadState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Slip:
    """An upload as it was a moment ago, readable without touching the database."""

    id: UUID
    vendor_id: UUID
    milestone_id: UUID | None
    thread_id: UUID | None
    message_id: UUID | None
    name: str
    length: int
    offset: int
    state: UploadState
    lock_until: datetime | None
    expires_at: datetime

    @property
    def whole(self) -> bool:
        """Whether every byte is acknowledged."""
        return self.offset == self.length

    @property
    def lapsed(self) -> bool:
        """Whether its time is over: nobody went on with it, or no message took it."""
        unsent = self.thread_id is not None and self.message_id is None
        return (self.state is UploadState.RECEIVING or unsent) and self.expires_at <= clock.now()


@command
def set_back(session: Session, *, upload_id: UUID, offset: int) -> None:
    """The disk has fewer bytes than were acknowledged: say so, and let the sender go on from there."""
    upload = session.get_one(Upload, upload_id)
    upload.offset_bytes = min(upload.offset_bytes, offset)


@command
def finish(session: Session, *, upload_id: UUID, by: Actor, sha256: str, media_type: str) -> None:
    """Make of a whole upload, whose bytes are stored under its id, what it is for.

    That is a file of its milestone, or what waits for a message. May be repeated: it is made once. Raises Conflict
    when the milestone takes no files any more, Gone when the upload is over.
    """
    upload = session.get_one(Upload, upload_id)
    project = record.hold(session, by, upload.project_id)
    # Held as well: an upload that expires at this moment loses its bytes, and must not become a file after that.
    session.refresh(upload, with_for_update=True)
    if upload.state is UploadState.STORED:
        return
    if upload.state is not UploadState.RECEIVING:
        raise gone()
    if upload.milestone_id is not None:
        _deliver(session, project, upload, by=by, sha256=sha256, media_type=media_type)
    upload.state, upload.media_type, upload.sha256 = UploadState.STORED, media_type, sha256
    upload.lock_owner = upload.lock_until = None
    failpoint("upload.finishing")


def cancel(session: Session, *, actor: Actor, upload: Upload) -> None:
    """Give an upload up: place and space are free at once.

    Raises Gone when it was over, Conflict once it became a file of its milestone or part of a message.
    """
    upload_id = upload.id
    _cancel(session, actor=actor, upload=upload)
    _forget(session, [upload_id])


def abandon(session: Session, *, upload_id: UUID) -> None:
    """Give up an upload that can become no file any more. One that is a file after all stays."""
    _end(session, Upload.id == upload_id, UploadState.CANCELLED)
    over = select(Upload.id).where(Upload.id == upload_id, Upload.state.in_(OVER))
    _forget(session, list(session.scalars(over)))
    session.rollback()


def expire(session: Session) -> list[UUID]:
    """End every upload nobody went on with, or sent, in time, and give place and space back. Returns which."""
    if session.scalar(select(Upload.id).where(_unfinished(), Upload.expires_at <= clock.now()).limit(1)) is None:
        return []
    ended = _end(session, Upload.expires_at <= clock.now(), UploadState.EXPIRED)
    _forget(session, ended)
    return ended


def look(session: Session, *, upload_id: UUID) -> Slip:
    """The upload as it is now. Raises Gone when it was cancelled or has expired, or a message took it."""
    row = session.execute(select(*slip_columns()).where(Upload.id == upload_id)).one()
    slip = Slip(**row._asdict())
    if slip.message_id is not None:
        raise tus.Gone(N_("This file was sent with a message already. Start again to send it once more."))
    if slip.lapsed or slip.state in OVER:
        raise gone()
    return slip


def slip_columns() -> tuple[Any, ...]:
    """What a slip is read from."""
    return (
        Upload.id, Upload.vendor_id, Upload.milestone_id, Upload.thread_id, Upload.message_id, Upload.name,
        Upload.length_bytes.label("length"), Upload.offset_bytes.label("offset"), Upload.state, Upload.lock_until,
        Upload.expires_at,
    )  # fmt: skip


def gone() -> tus.Gone:
    """The upload is over and left no file."""
    return tus.Gone(N_("This upload was cancelled or waited too long. Start it again."))


def needed_for(upload: Upload) -> Action:
    """What one must be allowed to do, to go on with an upload."""
    return Action.UPLOAD if upload.thread_id is None else Action.TALK


def _deliver(session: Session, project: Project, upload: Upload, *, by: Actor, sha256: str, media_type: str) -> None:
    milestone = session.get_one(Milestone, upload.milestone_id)
    deliverables.require_open(milestone)
    # The database sees to it that only members upload for milestones.
    stored_by = cast("UUID", upload.member_id)
    stored = deliverables.Stored(upload.id, upload.name, media_type, upload.length_bytes, sha256, stored_by, upload.id)
    deliverables.add(session, project, milestone, stored, by=by)


def unsent() -> ColumnElement[bool]:
    """Whole, and waiting for the message it belongs to."""
    return and_(Upload.state == UploadState.STORED, Upload.thread_id.is_not(None), Upload.message_id.is_(None))


@command
def _cancel(session: Session, *, actor: Actor, upload: Upload) -> None:
    authorize(actor, needed_for(upload), upload)
    record.hold(session, actor, upload.project_id)
    session.refresh(upload, with_for_update=True)
    if upload.message_id is not None:
        raise Conflict(N_("This file was sent with a message already, so it stays."))
    if upload.state is UploadState.STORED and upload.thread_id is None:
        raise Conflict(N_("This file is stored already. Take it back from the list of files."))
    if upload.state not in (UploadState.RECEIVING, UploadState.STORED):
        raise gone()
    upload.state = UploadState.CANCELLED


def _unfinished() -> ColumnElement[bool]:
    return or_(Upload.state == UploadState.RECEIVING, unsent())


@command
def _end(session: Session, condition: ColumnElement[bool], state: UploadState) -> list[UUID]:
    ended = update(Upload).where(_unfinished(), condition).values(state=state)
    return list(session.scalars(ended.returning(Upload.id).execution_options(synchronize_session=False)))


def _forget(session: Session, upload_ids: list[UUID]) -> None:
    """Delete the bytes of uploads that are over for good, wherever they had got to."""
    storage = outside.of(session).storage
    for upload_id in upload_ids:
        storage.discard_part(upload_id)
        storage.discard(upload_id)
        storage.digests.drop(upload_id)
