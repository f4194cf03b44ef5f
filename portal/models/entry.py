"""The record: one hash chain per project, written in the transaction of the fact it tells."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.models.tenancy import within

# What is not chatter. Whoever looks for the latest facts says it in these very words, so that the indexes below serve:
# a thousand messages since the last fact cost nothing then.
IS_FACT = "entries.kind NOT IN ('message.sent', 'message.edited', 'message.deleted')"
_IS_FACT = text(IS_FACT.removeprefix("entries."))


class Entry(Base):
    """One fact. `body` is the canonical JSON exactly as hashed. Triggers refuse update and delete."""

    __tablename__ = "entries"
    __table_args__ = (
        within("project_id", "projects"),
        Index("ix_entries_vendor_id_project_id_seq", "vendor_id", "project_id", "seq"),
        Index("ix_entries_facts_at", "vendor_id", "at", sqlite_where=_IS_FACT, postgresql_where=_IS_FACT),
        Index(
            "ix_entries_facts_of_project",
            "vendor_id",
            "project_id",
            "seq",
            sqlite_where=_IS_FACT,
            postgresql_where=_IS_FACT,
        ),
    )
    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendors.id"))
    kind: Mapped[str] = mapped_column(String(40))
    milestone_id: Mapped[UUID | None]
    body: Mapped[str] = mapped_column(Text)
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
