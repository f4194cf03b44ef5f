"""Receipts: one for each confirmed payment, numbered without gaps, frozen for good."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.models.tenancy import OfVendor, tenant_key, within


class Counter(Base):
    """The last number given in one series of one vendor. A number is taken in the transaction that uses it."""

    __tablename__ = "counters"
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendors.id"), primary_key=True)
    series: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]


class Receipt(OfVendor, Base):
    """The paper that says money arrived. `snapshot` (canonical JSON) holds every word printed on it."""

    __tablename__ = "receipts"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        within("milestone_id", "milestones"),
        within("payment_id", "payments"),
        UniqueConstraint("payment_id"),
        UniqueConstraint("vendor_id", "series", "number"),
        Index("ix_receipts_vendor_id_project_id", "vendor_id", "project_id"),
    )
    project_id: Mapped[UUID]
    milestone_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    series: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    label: Mapped[str] = mapped_column(String(40))
    issued_on: Mapped[date]
    language: Mapped[str] = mapped_column(String(12))
    snapshot: Mapped[str] = mapped_column(Text)
    snapshot_sha256: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime]


class ReceiptPdf(OfVendor, Base):
    """The bytes of a receipt's PDF, drawn once after the receipt was kept, and never again."""

    __tablename__ = "receipt_pdfs"
    __table_args__ = (within("receipt_id", "receipts"), UniqueConstraint("receipt_id"))
    receipt_id: Mapped[UUID]
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    drawn_at: Mapped[datetime]
