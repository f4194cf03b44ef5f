"""What the client says it paid, what the vendor confirmed (the ledger), and money that was not needed (credit)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.models.tenancy import OfVendor, tenant_key, within, word
from portal.rules.gate import EntryKind
from portal.rules.lifecycle import PaymentState
from portal.rules.wording import N_


class PaymentMethod(StrEnum):
    """How the money went from the client to the vendor."""

    BANK_TRANSFER = "bank_transfer"
    WECHAT = "wechat"
    ALIPAY = "alipay"
    CARD = "card"
    CASH = "cash"
    CHEQUE = "cheque"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The words people read, to be translated."""
        return _METHOD_LABELS[self]


class Payment(OfVendor, Base):
    """A reported payment and what became of it. `confirmed_minor` may differ from what was reported."""

    __tablename__ = "payments"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        within("milestone_id", "milestones"),
        within("reported_by", "contacts"),
        within("decided_by", "members"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_payments_vendor_id_milestone_id", "vendor_id", "milestone_id", "state", "amount_minor"),
        Index("ix_payments_vendor_id_project_id", "vendor_id", "project_id"),
        Index(
            "ix_payments_vendor_id_state_received_on",
            "vendor_id",
            "state",
            "received_on",
            "milestone_id",
            "currency",
            "confirmed_minor",
        ),
    )
    project_id: Mapped[UUID]
    milestone_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    paid_on: Mapped[date]
    method: Mapped[PaymentMethod] = mapped_column(word(PaymentMethod, "payment_method"))
    reference: Mapped[str] = mapped_column(String(140), default="")
    state: Mapped[PaymentState] = mapped_column(word(PaymentState, "payment_state"))
    reported_by: Mapped[UUID]
    reported_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    confirmed_minor: Mapped[int | None] = mapped_column(BigInteger)
    received_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text, default="")


class Proof(OfVendor, Base):
    """A picture or PDF the client attached to show that it paid. Seen by the two parties only."""

    __tablename__ = "proofs"
    __table_args__ = (within("payment_id", "payments"), UniqueConstraint("payment_id"))
    payment_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(120))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))


class LedgerEntry(OfVendor, Base):
    """Money that moved, append-only: triggers refuse update and delete."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        within("project_id", "projects"),
        within("milestone_id", "milestones"),
        within("payment_id", "payments"),
        UniqueConstraint("kind", "reference"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_ledger_entries_vendor_id_milestone_id", "vendor_id", "milestone_id", "kind", "amount_minor"),
    )
    project_id: Mapped[UUID]
    milestone_id: Mapped[UUID]
    payment_id: Mapped[UUID | None]
    kind: Mapped[EntryKind] = mapped_column(word(EntryKind, "entry_kind"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reference: Mapped[str] = mapped_column(String(140))
    at: Mapped[datetime]


class CreditEntry(OfVendor, Base):
    """Client credit, by name: `granted` when money arrived that was not needed, `withdrawn` when it was after all.

    Append-only. For each milestone, granted − withdrawn is always what the ledger holds beyond the amount due.
    """

    __tablename__ = "credit_entries"
    __table_args__ = (
        within("project_id", "projects"),
        within("milestone_id", "milestones"),
        within("client_id", "clients"),
        within("payment_id", "payments"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("kind IN ('granted', 'withdrawn')", name="kind_known"),
        Index("ix_credit_entries_vendor_id_milestone_id", "vendor_id", "milestone_id"),
    )
    project_id: Mapped[UUID]
    milestone_id: Mapped[UUID]
    client_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    at: Mapped[datetime]


_METHOD_LABELS = {
    PaymentMethod.BANK_TRANSFER: N_("Bank transfer"),
    PaymentMethod.WECHAT: N_("WeChat Pay"),
    PaymentMethod.ALIPAY: N_("Alipay"),
    PaymentMethod.CARD: N_("Card"),
    PaymentMethod.CASH: N_("Cash"),
    PaymentMethod.CHEQUE: N_("Cheque"),
    PaymentMethod.OTHER: N_("Other"),
}
