"""Addresses outside that are told what happens, and what was or is to be told to each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.models.tenancy import OfVendor, tenant_key, within, word
from portal.rules.webhooks import Format, Happening

WAITING = "sent_at IS NULL AND gave_up_at IS NULL"


class Webhook(OfVendor, Base):
    """A target. `sealed` is its address and its secret, encrypted with a key that is not in the database.

    `free_at`: until then it is in somebody's hands (a lease), or left alone because it was slow. It is told nothing
    while `paused_at` (by a person) or `off_at` (after too many failures) is set.
    """

    __tablename__ = "webhooks"
    __table_args__ = (tenant_key(),)
    name: Mapped[str] = mapped_column(String(200))
    format: Mapped[Format] = mapped_column(word(Format, "webhook_format"))
    host: Mapped[str] = mapped_column(String(260))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    events_text: Mapped[str] = mapped_column("events", Text)
    misses: Mapped[int] = mapped_column(default=0)
    free_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    off_at: Mapped[datetime | None]
    made_at: Mapped[datetime]

    @property
    def events(self) -> frozenset[Happening]:
        """What it is told of."""
        return frozenset(Happening(part) for part in self.events_text.split())


class Delivery(OfVendor, Base):
    """One event for one target, written with the fact; delivered at least once, under this id.

    `body` is the JSON as it is signed and sent, so that a repeat is the same to the last byte. It ends sent, or
    given up.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        tenant_key(),
        within("webhook_id", "webhooks"),
        within("project_id", "projects"),
        Index(
            "ix_webhook_deliveries_webhook_id_due_at",
            "webhook_id",
            "due_at",
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        Index("ix_webhook_deliveries_vendor_id_webhook_id", "vendor_id", "webhook_id", "queued_at"),
    )
    webhook_id: Mapped[UUID]
    project_id: Mapped[UUID | None]
    event: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]
    status: Mapped[int | None]
    took_ms: Mapped[int | None]
    answer: Mapped[str] = mapped_column(String(500), default="")
    trouble: Mapped[str] = mapped_column(String(24), default="")
    queued_at: Mapped[datetime]
