"""The organisation that sells (the tenant), and the people with a login there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, new_id
from portal.models.tenancy import OfVendor, tenant_key, word
from portal.rules.roles import Role


class Vendor(Base):
    """Name, papers' address, looks, habits and how it wants to be paid."""

    __tablename__ = "vendors"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(Text, default="")
    tax_id: Mapped[str] = mapped_column(String(60), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    brand_colour: Mapped[str] = mapped_column(String(7), default="#11604A")
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    logo_type: Mapped[str | None] = mapped_column(String(40))
    look_version: Mapped[int] = mapped_column(default=1)
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    locale: Mapped[str] = mapped_column(String(12), default="en")
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    pay_instructions: Mapped[str] = mapped_column(Text, default="")
    bank_holder: Mapped[str] = mapped_column(String(200), default="")
    bank_name: Mapped[str] = mapped_column(String(200), default="")
    bank_account: Mapped[str] = mapped_column(String(60), default="")
    bank_code: Mapped[str] = mapped_column(String(40), default="")
    payee_changed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Member(OfVendor, Base):
    """A person with a login. The address is kept case-folded and belongs to one member of the installation."""

    __tablename__ = "members"
    __table_args__ = (tenant_key(), UniqueConstraint("email"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(word(Role, "role"))
    locale: Mapped[str] = mapped_column(String(12), default="en")
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
