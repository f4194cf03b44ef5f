"""A calendar link: the dates of one person, for a calendar program that asks for them by itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.models.tenancy import OfVendor, tenant_key, within


class Feed(OfVendor, Base):
    """The link of one member, or of one contact. Only a keyed digest of its token is kept; a person has one at most."""

    __tablename__ = "feeds"
    __table_args__ = (
        tenant_key(),
        within("member_id", "members"),
        within("contact_id", "contacts"),
        UniqueConstraint("token_digest"),
        UniqueConstraint("member_id"),
        UniqueConstraint("contact_id"),
        CheckConstraint("(member_id IS NULL) <> (contact_id IS NULL)", name="one_person"),
    )
    member_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    made_at: Mapped[datetime]


class FeedKey(OfVendor, Base):
    """One code the contact's browser held when the link was made: the link shows what this code opens, while it does.

    As with a browser's keys: a code that was exchanged since has another version, and opens nothing here either.
    """

    __tablename__ = "feed_keys"
    __table_args__ = (
        within("feed_id", "feeds"),
        within("grant_id", "grants"),
        UniqueConstraint("feed_id", "grant_id"),
    )
    feed_id: Mapped[UUID]
    grant_id: Mapped[UUID]
    grant_version: Mapped[int]
