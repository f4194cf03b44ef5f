"""A project: what one client buys from one vendor, in milestones."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.db import Base
from portal.models.milestone import Milestone
from portal.models.tenancy import OfVendor, tenant_key, within, word
from portal.rules import search
from portal.rules.desk import Phase
from portal.rules.lifecycle import Flow


class Project(OfVendor, Base):
    """Terms, the place of its record (head), and whether it has started. Price in minor units of `currency`.

    `contact_id` is the person it was agreed with; who may enter is said by grants.

    `phase`, `asks_on` and `title_folded` are derived (services.desk, rules.search): lists are sorted and searched by
    them, nothing else is decided by them.
    """

    __tablename__ = "projects"
    __table_args__ = (
        tenant_key(),
        within("client_id", "clients"),
        within("contact_id", "contacts"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        Index("ix_projects_vendor_id_client_id", "vendor_id", "client_id"),
        # The orders of the vendor's list, and what it is searched by, whole: a page reads its own rows and no others.
        Index("ix_projects_vendor_id_asks_on", "vendor_id", "asks_on", "touched_at", "id"),
        Index("ix_projects_vendor_id_touched_at", "vendor_id", "touched_at", "id"),
        Index("ix_projects_vendor_id_title_folded", "vendor_id", "title_folded", "client_id", "id"),
        Index("ix_projects_vendor_id_phase", "vendor_id", "phase", "touched_at", "id", "asks_on"),
    )
    client_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(String(200))
    title_folded: Mapped[str] = mapped_column(String(search.LONGEST_FOLDED))
    phase: Mapped[Phase] = mapped_column(word(Phase, "phase"), default=Phase.DRAFT)
    asks_on: Mapped[date | None]
    kind: Mapped[str] = mapped_column(String(60), default="")
    flow: Mapped[Flow] = mapped_column(word(Flow, "flow"))
    currency: Mapped[str] = mapped_column(String(3))
    price_minor: Mapped[int] = mapped_column(BigInteger)
    time_zone: Mapped[str] = mapped_column(String(60))
    locale: Mapped[str] = mapped_column(String(12))
    terms: Mapped[str | None] = mapped_column(Text)
    terms_sha256: Mapped[str | None] = mapped_column(String(64))
    started_at: Mapped[datetime | None]
    head_seq: Mapped[int] = mapped_column(default=0)
    head_hash: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]

    milestones: Mapped[list[Milestone]] = relationship(
        primaryjoin="Project.id == foreign(Milestone.project_id)",
        order_by="Milestone.position",
        viewonly=True,
        lazy="select",
    )

    @validates("title")
    def _fold_title(self, _name: str, title: str) -> str:
        self.title_folded = search.fold(title)[: search.LONGEST_FOLDED]
        return title
