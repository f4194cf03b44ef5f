"""Who is behind a browser's token, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, select
from sqlalchemy.orm import Session

from portal.access import actor
from portal.models.client import Contact, Grant, read_scopes
from portal.models.sitting import Key, Sitting
from portal.models.vendor import Member, Vendor

MEMBER_IDLE, MEMBER_LONGEST = timedelta(hours=8), timedelta(days=14)
CONTACT_IDLE, CONTACT_LONGEST = timedelta(hours=24), timedelta(days=30)
TOUCH_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Brand:
    """How a vendor looks at the top of a page."""

    vendor_id: UUID
    name: str
    colour: str
    version: int
    has_logo: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser that is known: who acts, under whose brand, and whether it is time to note that it is still there."""

    sitting_id: UUID
    actor: actor.MemberActor | actor.ContactActor
    brand: Brand
    brands: dict[UUID, Brand]
    touch_due: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """A sitting that is over by the clock but not yet written down as ended."""

    sitting_id: UUID


def find(
    session: Session, token_digest: bytes, now: datetime, *, address: str = "", user_agent: str = ""
) -> Visit | Ended | None:
    """The visit of a token; Ended when it timed out; None for a stranger, or when no code on the keyring opens."""
    rows = session.connection().execute(_statement(), {"token": token_digest}).all()
    if not rows or rows[0].ended_at is not None:
        return None
    first = rows[0]
    if _timed_out(first, now):
        return Ended(first.sitting_id)
    acting = _member(first) if first.member_id else _contact(rows, now, address, user_agent)
    if acting is None:
        return None
    brands = {row.brand_vendor: _brand(row) for row in rows if row.brand_vendor}
    vendor_id = acting.vendor_id if isinstance(acting, actor.MemberActor) else acting.latest.vendor_id
    return Visit(first.sitting_id, acting, brands[vendor_id], brands, now - first.seen_at > TOUCH_AFTER)


@cache
def _statement() -> Any:
    """Built once: putting the statement together costs more than running it."""
    vendor: ColumnElement[UUID] = func.coalesce(Member.vendor_id, Grant.vendor_id)
    return (
        select(*_COLUMNS)
        .outerjoin(Member, Member.id == Sitting.member_id)
        .outerjoin(Key, Key.sitting_id == Sitting.id)
        .outerjoin(Grant, Grant.id == Key.grant_id)
        .outerjoin(Contact, and_(Contact.id == Grant.contact_id, Contact.vendor_id == Grant.vendor_id))
        .outerjoin(Vendor, Vendor.id == vendor)
        .where(Sitting.token_digest == bindparam("token"))
        .order_by(Key.entered_at.desc())
    )


def _timed_out(row: Row[Any], now: datetime) -> bool:
    idle, longest = (MEMBER_IDLE, MEMBER_LONGEST) if row.member_id else (CONTACT_IDLE, CONTACT_LONGEST)
    return bool(now - row.seen_at > idle or now - row.created_at > longest)


def _member(row: Row[Any]) -> actor.MemberActor | None:
    if row.disabled_at is not None:
        return None
    return actor.MemberActor(
        member_id=row.member_id,
        vendor_id=row.member_vendor,
        name=row.member_name,
        role=row.role,
        locale=row.member_locale,
        time_zone=row.member_zone,
        sitting_id=row.sitting_id,
        vendor_name=row.brand_name,
    )


def _contact(rows: Any, now: datetime, address: str, user_agent: str) -> actor.ContactActor | None:
    keys = tuple(_key(row) for row in rows if _opens(row, now))
    return actor.ContactActor(rows[0].sitting_id, keys, address, user_agent) if keys else None


def _opens(row: Row[Any], now: datetime) -> bool:
    live: bool = row.grant_id is not None and row.revoked_at is None and now < row.expires_at
    return live and bool(row.grant_version == row.version)


def _key(row: Row[Any]) -> actor.Key:
    return actor.Key(
        grant_id=row.grant_id,
        contact_id=row.contact_id,
        vendor_id=row.grant_vendor,
        project_id=row.project_id,
        name=row.contact_name,
        scopes=read_scopes(row.scopes_text),
        entered_at=row.entered_at,
        locale=row.contact_locale,
        time_zone=row.contact_zone,
    )


def _brand(row: Row[Any]) -> Brand:
    return Brand(row.brand_vendor, row.brand_name, row.brand_colour, row.look_version, row.logo_type is not None)


_COLUMNS: list[Any] = [
    Sitting.id.label("sitting_id"),
    Sitting.created_at,
    Sitting.seen_at,
    Sitting.ended_at,
    Member.id.label("member_id"),
    Member.vendor_id.label("member_vendor"),
    Member.name.label("member_name"),
    Member.role,
    Member.locale.label("member_locale"),
    Member.time_zone.label("member_zone"),
    Member.disabled_at,
    Key.grant_version,
    Key.entered_at,
    Grant.id.label("grant_id"),
    Grant.vendor_id.label("grant_vendor"),
    Grant.project_id,
    Grant.version,
    Grant.scopes_text.label("scopes_text"),
    Grant.expires_at,
    Grant.revoked_at,
    Contact.id.label("contact_id"),
    Contact.name.label("contact_name"),
    Contact.locale.label("contact_locale"),
    Contact.time_zone.label("contact_zone"),
    Vendor.id.label("brand_vendor"),
    Vendor.name.label("brand_name"),
    Vendor.brand_colour,
    Vendor.look_version,
    Vendor.logo_type,
]
