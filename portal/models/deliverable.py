"""Uploaded files in their versions, the uploads under way, and the log of what left the server."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.models.tenancy import OfVendor, tenant_key, within, word


class UploadState(StrEnum):
    """What became of an upload."""

    RECEIVING = "receiving"
    STORED = "stored"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Upload(OfVendor, Base):
    """Bytes on their way in. `offset_bytes` is what is acknowledged, that is, on disk; the part may be longer.

    It is for a milestone, and becomes a deliverable of the same id; or for the conversation `thread_id`, and becomes
    an attachment of the same id with the message `message_id`, until which it waits, stored, for a day at most.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        within("milestone_id", "milestones"),
        within("thread_id", "threads"),
        within("message_id", "messages"),
        within("member_id", "members"),
        within("contact_id", "contacts"),
        CheckConstraint("offset_bytes >= 0 AND offset_bytes <= length_bytes", name="offset_in_length"),
        CheckConstraint("(milestone_id IS NULL) <> (thread_id IS NULL)", name="one_purpose"),
        CheckConstraint("(member_id IS NULL) <> (contact_id IS NULL)", name="one_sender"),
        # Contacts never deliver; a message never takes what was uploaded for a milestone, nor what is not stored.
        CheckConstraint("contact_id IS NULL OR thread_id IS NOT NULL", name="contacts_only_attach"),
        CheckConstraint("message_id IS NULL OR (thread_id IS NOT NULL AND state = 'stored')", name="sent_when_stored"),
        CheckConstraint("thread_id IS NULL OR state <> 'stored' OR sha256 IS NOT NULL", name="stored_with_hash"),
        Index("ix_uploads_vendor_id_milestone_id_state", "vendor_id", "milestone_id", "state"),
        Index("ix_uploads_vendor_id_thread_id_state", "vendor_id", "thread_id", "state"),
        Index("ix_uploads_state_expires_at", "state", "expires_at"),
    )
    project_id: Mapped[UUID]
    milestone_id: Mapped[UUID | None]
    thread_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(120), default="application/octet-stream")
    sha256: Mapped[str | None] = mapped_column(String(64))
    length_bytes: Mapped[int] = mapped_column(BigInteger)
    offset_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    state: Mapped[UploadState] = mapped_column(word(UploadState, "upload_state"))
    lock_owner: Mapped[str | None] = mapped_column(String(64))
    lock_until: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Deliverable(OfVendor, Base):
    """One stored file in one version. Its bytes never change; its name is data, never a path.

    It is live while neither superseded by a newer version nor taken back; `submission_id` freezes it. Its bytes were
    last read and compared at `checked_at`; from `damaged_at` on they are others, and are not handed out.
    """

    __tablename__ = "deliverables"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        within("milestone_id", "milestones"),
        within("submission_id", "submissions"),
        within("upload_id", "uploads"),
        Index("ix_deliverables_vendor_id_milestone_id", "vendor_id", "milestone_id"),
        Index("ix_deliverables_vendor_id_project_id", "vendor_id", "project_id"),
    )
    project_id: Mapped[UUID]
    milestone_id: Mapped[UUID]
    submission_id: Mapped[UUID | None]
    upload_id: Mapped[UUID | None]
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(120))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    stored_by: Mapped[UUID]
    stored_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    damaged_at: Mapped[datetime | None]


class Download(OfVendor, Base):
    """Bytes that left: which file (none for a ZIP), by whom, how many. Counted up while they leave.

    An attachment of a message about the whole project belongs to no milestone.
    """

    __tablename__ = "downloads"
    __table_args__ = (
        within("project_id", "projects"),
        within("milestone_id", "milestones"),
        within("deliverable_id", "deliverables"),
        within("attachment_id", "attachments"),
        Index("ix_downloads_vendor_id_milestone_id", "vendor_id", "milestone_id"),
    )
    project_id: Mapped[UUID]
    milestone_id: Mapped[UUID | None]
    deliverable_id: Mapped[UUID | None]
    attachment_id: Mapped[UUID | None]
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID]
    what: Mapped[str] = mapped_column(String(12))
    first_byte: Mapped[int] = mapped_column(BigInteger, default=0)
    sent_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
