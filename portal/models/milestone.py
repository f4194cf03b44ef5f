"""A milestone, what was presented for it (submissions), what the client accepted (approvals), and early releases."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.tenancy import OfVendor, tenant_key, within, word
from portal.rules.lifecycle import MilestoneState

if TYPE_CHECKING:
    from portal.models.project import Project


class Milestone(OfVendor, Base):
    """A step with its own criteria, date and price. `share_ppm` is kept where the price was given as a share."""

    __tablename__ = "milestones"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        UniqueConstraint("project_id", "position"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("position BETWEEN 1 AND 10", name="position_in_ten"),
        Index("ix_milestones_vendor_id_project_id", "vendor_id", "project_id"),
        Index("ix_milestones_vendor_id_state_due_on", "vendor_id", "state", "due_on"),
    )
    project_id: Mapped[UUID]
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    criteria_text: Mapped[str] = mapped_column("criteria", Text, default="")
    due_on: Mapped[date]
    share_ppm: Mapped[int | None]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[MilestoneState] = mapped_column(word(MilestoneState, "milestone_state"))
    manifest_sha256: Mapped[str | None] = mapped_column(String(64))
    submitted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]

    project: Mapped[Project] = relationship(
        primaryjoin="foreign(Milestone.project_id) == Project.id", viewonly=True, lazy="select"
    )

    @property
    def criteria(self) -> list[str]:
        """The success criteria, one a line."""
        return [line for line in self.criteria_text.splitlines() if line.strip()]


class Submission(OfVendor, Base):
    """A set of deliverables, or a service note, presented together. `manifest` is the exact text that was hashed."""

    __tablename__ = "submissions"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        within("milestone_id", "milestones"),
        UniqueConstraint("milestone_id", "number"),
        Index("ix_submissions_vendor_id_milestone_id", "vendor_id", "milestone_id"),
    )
    project_id: Mapped[UUID]
    milestone_id: Mapped[UUID]
    number: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    manifest: Mapped[str] = mapped_column(Text)
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    submitted_by: Mapped[UUID]
    at: Mapped[datetime]


class Approval(OfVendor, Base):
    """The client accepted one exact manifest: by the button (typed name, proof of who) or by paying for it in full."""

    __tablename__ = "approvals"
    __table_args__ = (
        within("project_id", "projects"),
        within("milestone_id", "milestones"),
        within("contact_id", "contacts"),
        Index("ix_approvals_vendor_id_milestone_id", "vendor_id", "milestone_id"),
    )
    project_id: Mapped[UUID]
    milestone_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    means: Mapped[str] = mapped_column(String(12))
    typed_name: Mapped[str] = mapped_column(String(200), default="")
    consent: Mapped[str] = mapped_column(Text, default="")
    salt: Mapped[str] = mapped_column(String(32), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]


class Release(OfVendor, Base):
    """The vendor opened the files before they were paid for, knowingly."""

    __tablename__ = "releases"
    __table_args__ = (
        within("project_id", "projects"),
        within("milestone_id", "milestones"),
        UniqueConstraint("milestone_id"),
    )
    project_id: Mapped[UUID]
    milestone_id: Mapped[UUID]
    released_by: Mapped[UUID]
    at: Mapped[datetime]
