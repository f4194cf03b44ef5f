"""A browser that is logged in or holds access codes, and the buckets that slow down guessing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, new_id


class Sitting(Base):
    """One browser's stay: of a member, or of the holder of a keyring. Found by a digest of the cookie's token."""

    __tablename__ = "sittings"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(200))


class Key(Base):
    """One code on a browser's keyring: which grant, in which version, entered when."""

    __tablename__ = "keys"
    __table_args__ = (Index("ix_keys_grant_id", "grant_id"),)
    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sittings.id"), primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("grants.id"), primary_key=True)
    grant_version: Mapped[int]
    entered_at: Mapped[datetime]


class Bucket(Base):
    """A token bucket. Tokens are kept in thousandths so that slow refills need no fractions."""

    __tablename__ = "buckets"
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    millitokens: Mapped[int] = mapped_column(BigInteger)
    filled_ms: Mapped[int] = mapped_column(BigInteger)
