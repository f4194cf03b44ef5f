"""What people say to each other about a milestone or a project, what it was before it was changed, who read how far."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.models.tenancy import OfVendor, tenant_key, within, word

SAID = "said"


class VersionKind(StrEnum):
    """What made a version of a message."""

    SENT = "sent"
    EDITED = "edited"
    DELETED = "deleted"


class Thread(OfVendor, Base):
    """One conversation. Its id is that of its milestone or, where it is about the whole project, of its project.

    `head_seq` is the number of its newest message: they are numbered densely from 1.
    """

    __tablename__ = "threads"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        within("milestone_id", "milestones"),
        Index("ix_threads_vendor_id_project_id", "vendor_id", "project_id"),
    )
    project_id: Mapped[UUID]
    milestone_id: Mapped[UUID | None]
    head_seq: Mapped[int] = mapped_column(default=0)


class Message(OfVendor, Base):
    """One line of a conversation: what a person said, or (author "system") a fact of the record.

    `kind` is "said" or the kind of the entry `entry_seq`; `body` is Markdown as typed, empty once deleted.
    `client_key` is the sender's own name for it, by which a repeat is known. `files` is JSON: a list of what is
    attached, as frozen when it was sent (id, name, media_type, bytes, sha256).
    """

    __tablename__ = "messages"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        within("thread_id", "threads"),
        within("quoted_id", "messages"),
        UniqueConstraint("thread_id", "seq"),
        UniqueConstraint("vendor_id", "author_kind", "author_id", "client_key"),
        Index("ix_messages_vendor_id_thread_id_seq", "vendor_id", "thread_id", "seq"),
        Index("ix_messages_vendor_id_project_id_at", "vendor_id", "project_id", "at"),
    )
    project_id: Mapped[UUID]
    thread_id: Mapped[UUID]
    seq: Mapped[int]
    author_kind: Mapped[str] = mapped_column(String(10))
    author_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(String(40), default=SAID)
    entry_seq: Mapped[int | None]
    body: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    files: Mapped[str | None] = mapped_column(Text)
    client_key: Mapped[str | None] = mapped_column(String(64))
    quoted_id: Mapped[UUID | None]
    at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class MessageVersion(OfVendor, Base):
    """What a message said at one time. Rows are only added; the record holds a salted commitment of each."""

    __tablename__ = "message_versions"
    __table_args__ = (
        within("project_id", "projects"),
        within("message_id", "messages"),
        UniqueConstraint("message_id", "number"),
        Index("ix_message_versions_vendor_id_project_id", "vendor_id", "project_id"),
    )
    project_id: Mapped[UUID]
    message_id: Mapped[UUID]
    number: Mapped[int]
    kind: Mapped[VersionKind] = mapped_column(word(VersionKind, "version_kind"))
    body: Mapped[str] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class Attachment(OfVendor, Base):
    """A file that belongs to a message. Its bytes never change and are open to everyone who may read the message.

    `is_small` says that it came with an ordinary form and lies with the proofs of payment.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        within("thread_id", "threads"),
        within("message_id", "messages"),
        Index("ix_attachments_vendor_id_project_id", "vendor_id", "project_id"),
        Index("ix_attachments_vendor_id_message_id", "vendor_id", "message_id"),
    )
    project_id: Mapped[UUID]
    thread_id: Mapped[UUID]
    message_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(120))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    is_small: Mapped[bool] = mapped_column(default=True)
    stored_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    damaged_at: Mapped[datetime | None]


class Mention(OfVendor, Base):
    """Somebody who is named in a message and so hears of it at once."""

    __tablename__ = "mentions"
    __table_args__ = (
        within("message_id", "messages"),
        Index("ix_mentions_vendor_id_message_id", "vendor_id", "message_id"),
    )
    message_id: Mapped[UUID]
    to_kind: Mapped[str] = mapped_column(String(10))
    to_id: Mapped[UUID]


class Reading(OfVendor, Base):
    """How far one person has read one conversation, and since when."""

    __tablename__ = "readings"
    __table_args__ = (
        within("project_id", "projects"),
        within("thread_id", "threads"),
        UniqueConstraint("thread_id", "reader_kind", "reader_id"),
        Index("ix_readings_vendor_id_reader_id", "vendor_id", "reader_id"),
    )
    project_id: Mapped[UUID]
    thread_id: Mapped[UUID]
    reader_kind: Mapped[str] = mapped_column(String(10))
    reader_id: Mapped[UUID]
    seq: Mapped[int]
    at: Mapped[datetime]


class MessageText(Base):
    """What searching compares: the words of a message, folded (rules.search). Gone when the message is deleted.

    Numbered, because the index of SQLite needs a number for what it finds (models.searching).
    """

    __tablename__ = "message_texts"
    __table_args__ = (
        within("project_id", "projects"),
        within("message_id", "messages"),
        Index("ix_message_texts_vendor_id_project_id", "vendor_id", "project_id"),
    )
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendors.id"))
    project_id: Mapped[UUID]
    message_id: Mapped[UUID] = mapped_column(unique=True)
    text: Mapped[str] = mapped_column(Text)
