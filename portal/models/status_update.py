"""Status updates: when a project has one drafted, the drafts that wait for the vendor, and what was sent, frozen."""

from __future__ import annotations

import json
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.models.tenancy import OfVendor, tenant_key, within, word
from portal.rules.rhythm import Rhythm
from portal.rules.status_updates import Section

WAITING = "state = 'waiting'"


class DraftState(StrEnum):
    """What became of a draft. Replaced: nobody had touched it when the next was due."""

    WAITING = "waiting"
    SENT = "sent"
    SKIPPED = "skipped"
    REPLACED = "replaced"


class StatusPlan(OfVendor, Base):
    """The rhythm of one project. `next_at` is when the next draft is due; None while there is no rhythm."""

    __tablename__ = "status_plans"
    __table_args__ = (
        within("project_id", "projects"),
        UniqueConstraint("project_id"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_in_week"),
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour_in_day"),
        Index("ix_status_plans_next_at", "next_at"),
        Index("ix_status_plans_vendor_id_project_id", "vendor_id", "project_id"),
    )
    project_id: Mapped[UUID]
    rhythm: Mapped[Rhythm] = mapped_column(word(Rhythm, "rhythm"))
    weekday: Mapped[int]
    hour: Mapped[int]
    send_after_days: Mapped[int | None]
    anchor_on: Mapped[date]
    next_at: Mapped[datetime | None]
    chosen_by: Mapped[UUID]
    chosen_at: Mapped[datetime]


class StatusDraft(OfVendor, Base):
    """An update before it is sent; at most one of a project waits. Sections are lines of text in `language`.

    `covers_seq` is the last entry of the record it tells of. `version` counts what was saved; `send_at` is when it
    goes by itself, if it does.
    """

    __tablename__ = "status_drafts"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        UniqueConstraint("project_id", "period_on"),
        Index("ix_status_drafts_vendor_id_project_id", "vendor_id", "project_id", "state"),
        Index("ix_status_drafts_vendor_id_state", "vendor_id", "state", "drafted_at"),
        Index(
            "uq_status_drafts_waiting",
            "project_id",
            unique=True,
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        Index("ix_status_drafts_send_at", "send_at", sqlite_where=text(WAITING), postgresql_where=text(WAITING)),
    )
    project_id: Mapped[UUID]
    period_on: Mapped[date]
    state: Mapped[DraftState] = mapped_column(word(DraftState, "draft_state"))
    language: Mapped[str] = mapped_column(String(12))
    done: Mapped[str] = mapped_column(Text)
    next: Mapped[str] = mapped_column(Text)
    waiting: Mapped[str] = mapped_column(Text)
    risks: Mapped[str] = mapped_column(Text)
    money: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    covers_seq: Mapped[int]
    drafted_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    edited_at: Mapped[datetime | None]
    send_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]

    def lines(self, section: Section) -> list[str]:
        """What a section says, a line each."""
        said: str = getattr(self, section.value)
        return said.splitlines()


class StatusUpdate(OfVendor, Base):
    """What was sent, under the id of its draft. `text` and `money` are canonical JSON exactly as hashed.

    Money is kept apart and salted: those who may not see it get the rest whole, with a hash they can check.
    """

    __tablename__ = "status_updates"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        UniqueConstraint("project_id", "number"),
        Index("ix_status_updates_vendor_id_project_id", "vendor_id", "project_id", "number"),
    )
    project_id: Mapped[UUID]
    number: Mapped[int]
    language: Mapped[str] = mapped_column(String(12))
    since: Mapped[datetime]
    until: Mapped[datetime]
    covers_seq: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    text_sha256: Mapped[str] = mapped_column(String(64))
    money: Mapped[str | None] = mapped_column(Text)
    money_sha256: Mapped[str | None] = mapped_column(String(64))
    sent_by: Mapped[UUID | None]
    sent_at: Mapped[datetime]

    @property
    def open_parts(self) -> tuple[tuple[str, str], ...]:
        """Heading and text of each section that everybody may read, which is all that mails carry."""
        parts = json.loads(self.text)["sections"]
        return tuple((part["heading"], "\n".join(f"• {line}" for line in part["lines"])) for part in parts)
