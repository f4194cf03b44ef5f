"""What is to leave the house after the facts are kept, and the answers already given to repeated requests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.models.tenancy import OfVendor, within

WAITING = "sent_at IS NULL AND gave_up_at IS NULL AND dropped_at IS NULL"
# A bundle of messages takes more of them in until somebody sets out to send it.
OPEN_BUNDLE = f"kind = 'message_posted' AND attempts = 0 AND {WAITING}"


class Notice(OfVendor, Base):
    """What one person is told about one fact. Written with the fact; sent at least once, under one Message-ID.

    `about` is JSON of ids and numbers; the words are chosen when it is sent, in the person's language.
    It ends sent, given up (the address does not work), or dropped (whoever it was for may not know any more, does
    not want to, or has read it). With a daily or weekly `rhythm` it goes out in one mail with others, all of them
    `mailed_with` the first. For five days from `patient_from` (else `created_at`) it is tried again.
    """

    __tablename__ = "notices"
    __table_args__ = (
        within("project_id", "projects"),
        Index("ix_notices_due_at", "due_at", sqlite_where=text(WAITING), postgresql_where=text(WAITING)),
        Index("ix_notices_vendor_id_project_id", "vendor_id", "project_id"),
        Index(
            "ix_notices_vendor_id_gave_up_at",
            "vendor_id",
            "gave_up_at",
            sqlite_where=text("gave_up_at IS NOT NULL"),
            postgresql_where=text("gave_up_at IS NOT NULL"),
        ),
        Index(
            "ix_notices_vendor_id_to_id",
            "vendor_id",
            "to_id",
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        Index(
            "ix_notices_mailed_with",
            "mailed_with",
            sqlite_where=text("mailed_with IS NOT NULL"),
            postgresql_where=text("mailed_with IS NOT NULL"),
        ),
        Index(
            "uq_notices_open_bundle",
            "vendor_id",
            "project_id",
            "to_kind",
            "to_id",
            unique=True,
            sqlite_where=text(OPEN_BUNDLE),
            postgresql_where=text(OPEN_BUNDLE),
        ),
    )
    project_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(Text)
    to_kind: Mapped[str] = mapped_column(String(10))
    to_id: Mapped[UUID]
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    head: Mapped[str] = mapped_column(String(80))
    rhythm: Mapped[str] = mapped_column(String(10), default="at_once", server_default="at_once")
    mailed_with: Mapped[UUID | None]
    patient_from: Mapped[datetime | None]
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]


class Answer(Base):
    """An idempotency key that was used: by whom, for what, with which input, and what came of it."""

    __tablename__ = "answers"
    actor: Mapped[str] = mapped_column(String(50), primary_key=True)
    act: Mapped[str] = mapped_column(String(60), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    input_sha256: Mapped[str] = mapped_column(String(64))
    result_id: Mapped[UUID]
    at: Mapped[datetime]
