"""Uploads as the database knows them: a reserved place, and one of four ends. No bytes pass here: see receiving.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from portal.access.actor import Actor, MemberActor
from portal.access.policy import Action, authorize
from portal.adapters import clock, outside
from portal.adapters.failpoints import failpoint
from portal.db import command
from portal.models.deliverable import Deliverable, Upload, UploadState
from portal.models.milestone import Milestone
from portal.rules import filenames, tus
from portal.rules.errors import Conflict, Forbidden, NoSpace, TooLarge
from portal.rules.wording import N_
from portal.services import deliverables, milestones, record

GIB = 2**30
LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_file_bytes` per file; `keep_free` bytes of the disk stay untouched (None: see `spare`)."""

    max_file_bytes: int = 5 * GIB
    keep_free: int | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """What the sender says is coming: the name as it is there, and the length in bytes."""

    name: str
    length: int


@dataclass(frozen=True, slots=True)
class Slip:
    """An upload as it was a moment ago, readable without touching the database."""

    id: UUID
    vendor_id: UUID
    milestone_id: UUID
    member_id: UUID
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


def spare(total: int) -> int:
    """Bytes of a disk of `total` bytes that uploads leave free: 5 GiB or a tenth, whichever is more.

    On disks below 20 GiB that would leave a self-hoster next to nothing, so it is never more than a quarter.
    """
    return min(max(5 * GIB, total // 10), total // 4)


@command
def reserve(
    session: Session, *, actor: Actor, milestone: Milestone, upload_id: UUID, announced: Announced, limits: Limits
) -> Upload:
    """Keep a place in the milestone, and room on the disk, for a file on its way. Its part exists already.

    Raises TooLarge, NoSpace, and Conflict when the milestone takes no files or five are there or on their way.
    """
    authorize(actor, Action.UPLOAD, milestone)
    if not isinstance(actor, MemberActor):
        raise Forbidden(N_("Only the vendor uploads files."))
    if announced.length > limits.max_file_bytes:
        raise TooLarge(
            N_("A file may have at most %(most)s bytes. Split it or make it smaller."), most=limits.max_file_bytes
        )
    record.hold(session, actor, milestone.project_id)
    deliverables.require_open(milestone)
    name, now = filenames.clean(announced.name), clock.now()
    _require_slot(session, milestone, name)
    _require_room(session, announced.length, limits)
    upload = Upload(
        id=upload_id,
        vendor_id=milestone.vendor_id,
        project_id=milestone.project_id,
        milestone_id=milestone.id,
        member_id=actor.member_id,
        name=name,
        length_bytes=announced.length,
        state=UploadState.RECEIVING,
        expires_at=now + LIFETIME,
        created_at=now,
    )
    session.add(upload)
    session.flush()
    return upload


@command
def set_back(session: Session, *, upload_id: UUID, offset: int) -> None:
    """The disk has fewer bytes than were acknowledged: say so, and let the sender go on from there."""
    upload = session.get_one(Upload, upload_id)
    upload.offset_bytes = min(upload.offset_bytes, offset)


@command
def finish(session: Session, *, upload_id: UUID, by: Actor, sha256: str, media_type: str) -> Deliverable:
    """Make a file of the milestone of a whole upload whose bytes are stored under the upload's id.

    May be repeated: the file is made once. Raises Conflict when the milestone takes no files any more.
    """
    upload = session.get_one(Upload, upload_id)
    project = record.hold(session, by, upload.project_id)
    known = session.get(Deliverable, upload.id)
    if known is not None:
        return known
    if upload.state is not UploadState.RECEIVING:
        raise gone()
    milestone = session.get_one(Milestone, upload.milestone_id)
    deliverables.require_open(milestone)
    upload.state, upload.media_type = UploadState.STORED, media_type
    upload.lock_owner = upload.lock_until = None
    stored = deliverables.Stored(
        upload.id, upload.name, media_type, upload.length_bytes, sha256, upload.member_id, upload.id
    )
    made = deliverables.add(session, project, milestone, stored, by=by)
    failpoint("upload.finishing")
    return made


def cancel(session: Session, *, actor: Actor, upload: Upload) -> None:
    """Give an upload up: place and space are free at once. Raises Gone when it was over, Conflict once stored."""
    upload_id = upload.id
    _cancel(session, actor=actor, upload=upload)
    _forget(session, [upload_id])


def abandon(session: Session, *, upload_id: UUID) -> None:
    """Give up an upload that can become no file any more."""
    _end(session, Upload.id == upload_id, UploadState.CANCELLED)
    _forget(session, [upload_id])


def expire(session: Session) -> list[UUID]:
    """End every upload nobody went on with in time, and give place and space back. Returns which."""
    lapsed = Upload.state == UploadState.RECEIVING, Upload.expires_at <= clock.now()
    if session.scalar(select(Upload.id).where(*lapsed).limit(1)) is None:
        return []
    ended = _end(session, Upload.expires_at <= clock.now(), UploadState.EXPIRED)
    _forget(session, ended)
    return ended


def look(session: Session, *, upload_id: UUID) -> Slip:
    """The upload as it is now. Raises Gone when it was cancelled or has expired."""
    row = session.execute(select(*slip_columns()).where(Upload.id == upload_id)).one()
    slip = Slip(**row._asdict())
    lapsed = slip.state is UploadState.RECEIVING and slip.expires_at <= clock.now()
    if lapsed or slip.state in (UploadState.CANCELLED, UploadState.EXPIRED):
        raise gone()
    return slip


def slip_columns() -> tuple[Any, ...]:
    """What a slip is read from."""
    return (
        Upload.id, Upload.vendor_id, Upload.milestone_id, Upload.member_id, Upload.name, Upload.state,
        Upload.length_bytes.label("length"), Upload.offset_bytes.label("offset"), Upload.lock_until, Upload.expires_at,
    )  # fmt: skip


def gone() -> tus.Gone:
    """The upload is over and left no file."""
    return tus.Gone(N_("This upload was cancelled or waited too long. Start it again."))


@command
def _cancel(session: Session, *, actor: Actor, upload: Upload) -> None:
    authorize(actor, Action.UPLOAD, upload)
    record.hold(session, actor, upload.project_id)
    if upload.state is UploadState.STORED:
        raise Conflict(N_("This file is stored already. Take it back from the list of files."))
    if upload.state is not UploadState.RECEIVING:
        raise gone()
    upload.state = UploadState.CANCELLED


@command
def _end(session: Session, condition: ColumnElement[bool], state: UploadState) -> list[UUID]:
    ended = update(Upload).where(Upload.state == UploadState.RECEIVING, condition).values(state=state)
    return list(session.scalars(ended.returning(Upload.id).execution_options(synchronize_session=False)))


def _forget(session: Session, upload_ids: list[UUID]) -> None:
    storage = outside.of(session).storage
    for upload_id in upload_ids:
        storage.discard_part(upload_id)
        storage.digests.drop(upload_id)


def _require_slot(session: Session, milestone: Milestone, name: str) -> None:
    """Five files, stored or on their way. One on its way that will replace a stored one takes no place of its own."""
    stored = {file.name for file in milestones.live_files(session, milestone)}
    running = list(
        session.scalars(
            select(Upload.name)
            .where(Upload.vendor_id == milestone.vendor_id, Upload.milestone_id == milestone.id)
            .where(Upload.state == UploadState.RECEIVING)
        )
    )
    arriving = [*running, name]
    replacing = len(stored & set(arriving))
    if len(stored) + len(arriving) - replacing > milestones.MAX_LIVE_FILES:
        raise Conflict(
            N_("Only %(most)s files fit into one milestone. Take one back, or put several into one ZIP file."),
            code="too_many_files",
            most=milestones.MAX_LIVE_FILES,
        )


def _require_room(session: Session, length: int, limits: Limits) -> None:
    """Counts what every vendor's running uploads still need: the disk is one. Two at the same moment on PostgreSQL may
    both get the last of it; what is kept free is there for such things."""
    free, total = outside.of(session).storage.room()
    promised = session.scalar(
        select(func.coalesce(func.sum(Upload.length_bytes - Upload.offset_bytes), 0)).where(
            Upload.state == UploadState.RECEIVING
        )
    )
    keep_free = spare(total) if limits.keep_free is None else limits.keep_free
    if free - int(promised or 0) - length < keep_free:
        raise NoSpace(N_("The server has not enough room for this file at the moment. Tell whoever runs it."))
