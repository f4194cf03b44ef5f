"""How one person wants to be told: when by mail, in which hours not, and whether by the browser."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.models.tenancy import OfVendor


class Preference(OfVendor, Base):
    """What a member, or a contact at this vendor, chose; a topic without a word goes as usual (rules/telling.py).

    `token_digest` finds the person by the link in their mails. Quiet hours are minutes after midnight in the
    person's own zone.
    """

    __tablename__ = "preferences"
    __table_args__ = (UniqueConstraint("vendor_id", "to_kind", "to_id"), UniqueConstraint("token_digest"))
    to_kind: Mapped[str] = mapped_column(String(10))
    to_id: Mapped[UUID]
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    asks: Mapped[str | None] = mapped_column(String(10))
    messages: Mapped[str | None] = mapped_column(String(10))
    news: Mapped[str | None] = mapped_column(String(10))
    receipts: Mapped[str | None] = mapped_column(String(10))
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    browser: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime | None]
