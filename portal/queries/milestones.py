"""What one milestone holds: its files, what was presented and accepted, uploads under way.

Two statements for a contact, three for a member, however many files there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.models.deliverable import Deliverable, Upload, UploadState
from portal.models.milestone import Approval, Submission
from portal.models.vendor import Member
from portal.queries.projects import Step
from portal.rules.lifecycle import MilestoneState

LONGEST_KIND = 5
TAKING_FILES = (MilestoneState.ACTIVE, MilestoneState.CHANGES_REQUESTED)


@dataclass(frozen=True, slots=True)
class FileRow:
    """One stored file in one version."""

    id: UUID
    vendor_id: UUID
    project_id: UUID
    submission_id: UUID | None
    name: str
    media_type: str
    bytes: int
    sha256: str
    version: int
    stored_at: datetime
    superseded_at: datetime | None

    @property
    def kind(self) -> str:
        """What people call this kind of file: "PDF", or what the media type says where the name says nothing."""
        suffix = PurePath(self.name).suffix.lstrip(".")
        return (suffix if 0 < len(suffix) <= LONGEST_KIND else self.media_type.rpartition("/")[2]).upper()


@dataclass(frozen=True, slots=True)
class UploadRow:
    """A file on its way that has not arrived."""

    id: UUID
    name: str
    length_bytes: int
    offset_bytes: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """What was presented, by whom, and whether exactly this was accepted (`means`: button, payment or None)."""

    id: UUID
    number: int
    note: str
    manifest_sha256: str
    at: datetime
    by: str
    means: str | None
    typed_name: str | None
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """`files` count now for the reader: for the vendor what is live, for the client what was presented last."""

    files: tuple[FileRow, ...]
    earlier: tuple[FileRow, ...]
    submissions: tuple[SubmissionRow, ...]
    uploads: tuple[UploadRow, ...]

    @property
    def submission(self) -> SubmissionRow | None:
        """What was presented last."""
        return self.submissions[0] if self.submissions else None

    @property
    def bytes(self) -> int:
        """The size of all files that count."""
        return sum(file.bytes for file in self.files)


def for_member(session: Session, step: Step) -> Delivery:
    """The vendor's view: what would be presented now, and what is still on its way."""
    files, submissions = _files(session, step), _submissions(session, step)
    live = tuple(file for file in files if file.superseded_at is None)
    rest = tuple(file for file in files if file.superseded_at is not None)
    return Delivery(live, rest, submissions, _uploads(session, step))


def for_contact(session: Session, step: Step) -> Delivery:
    """The client's view: what was presented, never what is still being worked on."""
    files, submissions = _files(session, step), _submissions(session, step)
    last = submissions[0].id if submissions else None
    shown = tuple(file for file in files if file.submission_id is not None and file.submission_id == last)
    rest = tuple(file for file in files if file.submission_id is not None and file.submission_id != last)
    return Delivery(shown, rest, submissions, ())


def _files(session: Session, step: Step) -> list[FileRow]:
    rows = session.connection().execute(_FILES, {"vendor": step.vendor_id, "milestone": step.id})
    return [FileRow(*row) for row in rows]


def _submissions(session: Session, step: Step) -> tuple[SubmissionRow, ...]:
    if step.submitted_at is None:
        return ()
    rows = session.connection().execute(_SUBMISSIONS, {"vendor": step.vendor_id, "milestone": step.id})
    # The same files presented again may have been accepted more than once; the first acceptance is the one that counts.
    return tuple({row[0]: SubmissionRow(*row) for row in reversed(rows.all())}.values())[::-1]


def _uploads(session: Session, step: Step) -> tuple[UploadRow, ...]:
    if step.facts.state not in TAKING_FILES:
        return ()
    rows = session.connection().execute(_UPLOADS, {"vendor": step.vendor_id, "milestone": step.id})
    return tuple(UploadRow(*row) for row in rows)


# Each in the order of its dataclass.
_FILE_COLUMNS: list[Any] = [
    Deliverable.id,
    Deliverable.vendor_id,
    Deliverable.project_id,
    Deliverable.submission_id,
    Deliverable.name,
    Deliverable.media_type,
    Deliverable.bytes,
    Deliverable.sha256,
    Deliverable.version,
    Deliverable.stored_at,
    Deliverable.superseded_at,
]
_SUBMISSION_COLUMNS: list[Any] = [
    Submission.id,
    Submission.number,
    Submission.note,
    Submission.manifest_sha256,
    Submission.at,
    Member.name,
    Approval.means,
    Approval.typed_name,
    Approval.at,
]
_FILES = (
    select(*_FILE_COLUMNS)
    .where(Deliverable.vendor_id == bindparam("vendor"), Deliverable.milestone_id == bindparam("milestone"))
    .where(Deliverable.removed_at.is_(None))
    .order_by(Deliverable.stored_at, Deliverable.id)
)
_UPLOADS = (
    select(Upload.id, Upload.name, Upload.length_bytes, Upload.offset_bytes, Upload.expires_at)
    .where(Upload.vendor_id == bindparam("vendor"), Upload.milestone_id == bindparam("milestone"))
    .where(Upload.state == UploadState.RECEIVING)
    .order_by(Upload.created_at)
)
_SUBMISSIONS = (
    select(*_SUBMISSION_COLUMNS)
    .select_from(Submission)
    .join(Member, (Member.vendor_id == Submission.vendor_id) & (Member.id == Submission.submitted_by))
    .outerjoin(
        Approval,
        (Approval.vendor_id == Submission.vendor_id)
        & (Approval.milestone_id == Submission.milestone_id)
        & (Approval.manifest_sha256 == Submission.manifest_sha256),
    )
    .where(Submission.vendor_id == bindparam("vendor"), Submission.milestone_id == bindparam("milestone"))
    .order_by(Submission.number.desc(), Approval.at)
)
