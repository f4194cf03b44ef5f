"""The organisation that buys, its people, and the codes that let them in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from portal.db import Base
from portal.models.tenancy import OfVendor, tenant_key, within
from portal.rules import search
from portal.rules.roles import Scope


class Client(OfVendor, Base):
    """The buyer as its papers name it. `name_folded` is what searching compares."""

    __tablename__ = "clients"
    __table_args__ = (tenant_key(), Index("ix_clients_vendor_id_name", "vendor_id", "name"))
    name: Mapped[str] = mapped_column(String(200))
    name_folded: Mapped[str] = mapped_column(String(search.LONGEST_FOLDED))
    address: Mapped[str] = mapped_column(Text, default="")
    tax_id: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime]

    @validates("name")
    def _fold_name(self, _name: str, name: str) -> str:
        self.name_folded = search.fold(name)[: search.LONGEST_FOLDED]
        return name


class Contact(OfVendor, Base):
    """A person at the client. No login: a contact enters with a code."""

    __tablename__ = "contacts"
    __table_args__ = (
        tenant_key(),
        within("client_id", "clients"),
        Index("ix_contacts_vendor_id_client_id", "vendor_id", "client_id"),
    )
    client_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), default="")
    locale: Mapped[str] = mapped_column(String(12), default="en")
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    created_at: Mapped[datetime]


class Grant(OfVendor, Base):
    """The right of one contact to open one project. Only a keyed digest of its code is kept."""

    __tablename__ = "grants"
    __table_args__ = (
        tenant_key(),
        within("project_id", "projects"),
        within("contact_id", "contacts"),
        UniqueConstraint("code_digest"),
        Index("ix_grants_vendor_id_project_id", "vendor_id", "project_id"),
    )
    project_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    code_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    version: Mapped[int] = mapped_column(default=1)
    scopes_text: Mapped[str] = mapped_column("scopes", String(60))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def scopes(self) -> frozenset[Scope]:
        """What the contact may do."""
        return read_scopes(self.scopes_text)

    def live(self, now: datetime) -> bool:
        """Whether the code opens anything at `now`."""
        return self.revoked_at is None and now < self.expires_at


class GrantUse(OfVendor, Base):
    """One entering with a code: when and from where."""

    __tablename__ = "grant_uses"
    __table_args__ = (
        within("grant_id", "grants"),
        Index("ix_grant_uses_vendor_id_grant_id", "vendor_id", "grant_id"),
    )
    grant_id: Mapped[UUID]
    at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(200))


def read_scopes(text: str) -> frozenset[Scope]:
    """Scopes from their stored form, words parted by a blank."""
    return frozenset(Scope(part) for part in text.split())


def write_scopes(scopes: frozenset[Scope]) -> str:
    """Scopes in their stored form, always in the same order."""
    return " ".join(scope for scope in Scope if scope in scopes)
