"""What an upload needs before its first byte: an allowed length, a place where it is to go, and room on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, MemberActor
from portal.access.policy import Action, authorize
from portal.adapters import clock, outside
from portal.db import command
from portal.models.deliverable import Upload, UploadState
from portal.models.milestone import Milestone
from portal.rules import filenames
from portal.rules.conversation import MOST_FILES
from portal.rules.errors import Conflict, Forbidden, NoSpace, TooLarge
from portal.rules.wording import N_
from portal.services import attaching, deliverables, milestones, readings, record, threads
from portal.services.readings import About
from portal.services.uploads import LIFETIME

GIB = 2**30


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


def spare(total: int) -> int:
    """Bytes of a disk of `total` bytes that uploads leave free: 5 GiB or a tenth, whichever is more.

    On disks below 20 GiB that would leave a self-hoster next to nothing, so it is never more than a quarter.
    """
    return min(max(5 * GIB, total // 10), total // 4)


@command
def for_milestone(
    session: Session, *, actor: Actor, milestone: Milestone, upload_id: UUID, announced: Announced, limits: Limits
) -> Upload:
    """Keep a place in the milestone, and room on the disk, for a file on its way. Its part exists already.

    Raises TooLarge, NoSpace, and Conflict when the milestone takes no files or five are there or on their way.
    """
    authorize(actor, Action.UPLOAD, milestone)
    if not isinstance(actor, MemberActor):
        raise Forbidden(N_("Only the vendor uploads files."))
    _require_length(announced, limits)
    record.hold(session, actor, milestone.project_id)
    deliverables.require_open(milestone)
    _require_slot(session, milestone, filenames.clean(announced.name))
    _require_room(session, announced.length, limits)
    place = {"project_id": milestone.project_id, "milestone_id": milestone.id, "member_id": actor.member_id}
    return _add(session, upload_id, announced, vendor_id=milestone.vendor_id, **place)


@command
def for_message(
    session: Session, *, actor: Actor, about: About, upload_id: UUID, announced: Announced, limits: Limits
) -> Upload:
    """Keep a place among what the actor is about to send in a conversation, and room on the disk.

    Raises TooLarge, NoSpace, and Conflict when as many as fit into one message are there or on their way.
    """
    authorize(actor, Action.TALK, about)
    _require_length(announced, limits)
    project = record.hold(session, actor, readings.project_of(about))
    thread_id = threads.begin(session, project, readings.milestone_of(about))
    sender = attaching.sender(actor, project.id)
    _require_seat(session, project.vendor_id, thread_id, sender)
    _require_room(session, announced.length, limits)
    place = {"project_id": project.id, "thread_id": thread_id, **sender}
    return _add(session, upload_id, announced, vendor_id=project.vendor_id, **place)


def _add(session: Session, upload_id: UUID, announced: Announced, **place: UUID) -> Upload:
    now = clock.now()
    upload = Upload(
        id=upload_id,
        name=filenames.clean(announced.name),
        length_bytes=announced.length,
        state=UploadState.RECEIVING,
        expires_at=now + LIFETIME,
        created_at=now,
        **place,
    )
    session.add(upload)
    session.flush()
    return upload


def _require_length(announced: Announced, limits: Limits) -> None:
    if announced.length > limits.max_file_bytes:
        raise TooLarge(
            N_("A file may have at most %(most)s bytes. Split it or make it smaller."), most=limits.max_file_bytes
        )


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


def _require_seat(session: Session, vendor_id: UUID, thread_id: UUID, sender: dict[str, UUID]) -> None:
    """As many as fit into one message, on their way or whole and not sent yet."""
    taken = session.scalar(
        select(func.count())
        .select_from(Upload)
        .where(Upload.vendor_id == vendor_id, Upload.thread_id == thread_id, Upload.message_id.is_(None))
        .where(or_(Upload.state == UploadState.RECEIVING, Upload.state == UploadState.STORED))
        .filter_by(**sender)
    )
    if (taken or 0) >= MOST_FILES:
        raise Conflict(
            N_("At most %(most)s files go with one message. Send those that are here, or remove one."),
            code="too_many_files",
            most=MOST_FILES,
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
