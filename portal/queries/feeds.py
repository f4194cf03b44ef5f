"""What a calendar link shows: whose it is, and the milestones that person may see. Two statements, however many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.access import ledger
from portal.access.actor import Actor, ContactActor, Key, MemberActor
from portal.access.policy import Action, can
from portal.models.client import Client, Contact, Grant, read_scopes
from portal.models.feed import Feed, FeedKey
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.models.vendor import Member, Vendor
from portal.rules import gate
from portal.rules.calendar_dates import CalendarDate, dates
from portal.rules.gate import Standing
from portal.rules.lifecycle import MilestoneState

# Calendar programs ask every hour for years; what was done with before that is of no use there.
SHOWN_FOR = timedelta(days=400)
MOST = 2000


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose link it is: as an actor, who sees what the policy says; and the name of the studio it is about."""

    actor: MemberActor | ContactActor
    vendor_name: str


@dataclass(frozen=True, slots=True)
class Item:
    """One milestone with its dates. `changed_at` and `sequence` are those of the last fact of its project."""

    milestone_id: UUID
    title: str
    position: int
    total: int
    project: str
    client: str
    currency: str
    time_zone: str
    standing: Standing
    changed_at: datetime
    sequence: int
    dates: tuple[CalendarDate, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A link as its owner sees it on a page. `contact_id` is None for a member; `made_at` when there is one."""

    contact_id: UUID | None
    vendor_name: str
    made_at: datetime | None


def reader(session: Session, digest: bytes, now: datetime) -> Reader | None:
    """Whose link this is; None for one that is unknown, ended, or of somebody who may see nothing any more."""
    rows = session.execute(_owner(), {"digest": digest}).all()
    if not rows:
        return None
    first = rows[0]
    if first.member_id is not None:
        return Reader(_member(first), first.vendor_name) if first.disabled_at is None else None
    keys = tuple(_key(row) for row in rows if _opens(row, now))
    return Reader(ContactActor(first.feed_id, keys), first.vendor_name) if keys else None


def items(session: Session, actor: MemberActor | ContactActor, today: date) -> tuple[Item, ...]:
    """The milestones of started projects within what the actor can see, by date; a bounded number of them."""
    seen: Any = (
        Project.vendor_id == actor.vendor_id
        if isinstance(actor, MemberActor)
        else and_(Project.vendor_id == actor.latest.vendor_id, Project.id.in_([key.project_id for key in actor.keys]))
    )
    over = (MilestoneState.SETTLED, MilestoneState.CANCELLED)
    recent = or_(Milestone.due_on >= today - SHOWN_FOR, Milestone.state.not_in(over))
    statement = _milestones().where(seen, recent).order_by(Milestone.due_on.desc(), Milestone.id).limit(MOST)
    return tuple(_item(actor, row) for row in reversed(session.execute(statement).all()))


def links(session: Session, actor: Actor) -> Sequence[Link]:
    """The links the actor has or could have: one for a member, one for each contact on a keyring; one statement."""
    if isinstance(actor, MemberActor):
        made = session.scalar(select(Feed.made_at).where(Feed.member_id == actor.member_id))
        return [Link(None, actor.vendor_name, made)]
    mine = [key.contact_id for key in actor.keys] if isinstance(actor, ContactActor) else []
    found = session.execute(
        select(Contact.id, Vendor.name, Feed.made_at)
        .join(Vendor, Vendor.id == Contact.vendor_id)
        .outerjoin(Feed, and_(Feed.vendor_id == Contact.vendor_id, Feed.contact_id == Contact.id))
        .where(Contact.id.in_(mine))
        .order_by(Vendor.name, Contact.id)
    )
    return [Link(row.id, row.name, row.made_at) for row in found]


@cache
def _owner() -> Select[Any]:
    """Built once: putting the statement together costs more than running it."""
    return (
        select(*_OWNER)
        .join(Vendor, Vendor.id == Feed.vendor_id)
        .outerjoin(Member, and_(Member.vendor_id == Feed.vendor_id, Member.id == Feed.member_id))
        .outerjoin(Contact, and_(Contact.vendor_id == Feed.vendor_id, Contact.id == Feed.contact_id))
        .outerjoin(FeedKey, and_(FeedKey.vendor_id == Feed.vendor_id, FeedKey.feed_id == Feed.id))
        .outerjoin(Grant, and_(Grant.vendor_id == FeedKey.vendor_id, Grant.id == FeedKey.grant_id))
        .where(Feed.token_digest == bindparam("digest"))
        .order_by(Grant.id)
    )


@cache
def _milestones() -> Select[Any]:
    columns: tuple[Any, ...] = (
        Milestone.id.label("milestone_id"), Milestone.title, Milestone.position, Milestone.due_on, Milestone.currency,
        Project.id.label("project_id"), Project.vendor_id, Project.title.label("project"), Project.flow,
        Project.time_zone, Project.touched_at, Project.head_seq, Client.name.label("client"),
    )  # fmt: skip
    return (
        select(*columns, _total().label("total"), *ledger.facts_columns())
        .join(Milestone, and_(Milestone.vendor_id == Project.vendor_id, Milestone.project_id == Project.id))
        .join(Client, and_(Client.vendor_id == Project.vendor_id, Client.id == Project.client_id))
        .where(Project.started_at.is_not(None))
    )


def _item(actor: Actor, row: Row[Any]) -> Item:
    facts = ledger.read_facts(row)
    sees_money = can(actor, Action.SEE_MONEY, row)
    return Item(
        milestone_id=row.milestone_id,
        title=row.title,
        position=row.position,
        total=row.total,
        project=row.project,
        client=row.client,
        currency=row.currency,
        time_zone=row.time_zone,
        standing=gate.standing(facts, row.flow),
        changed_at=row.touched_at,
        sequence=row.head_seq,
        dates=tuple(dates(facts, row.due_on, row.flow, sees_money=sees_money)),
    )


def _total() -> ColumnElement[int]:
    other = aliased(Milestone)
    mine = other.vendor_id == Project.vendor_id, other.project_id == Project.id
    return select(func.count()).select_from(other).where(*mine).correlate(Project).scalar_subquery()


def _member(row: Row[Any]) -> MemberActor:
    return MemberActor(
        member_id=row.member_id,
        vendor_id=row.vendor_id,
        name=row.member_name,
        role=row.role,
        locale=row.member_locale,
        time_zone=row.member_zone,
        vendor_name=row.vendor_name,
    )


def _opens(row: Row[Any], now: datetime) -> bool:
    live: bool = row.grant_id is not None and row.revoked_at is None and now < row.expires_at
    return live and bool(row.grant_version == row.version)


def _key(row: Row[Any]) -> Key:
    return Key(
        grant_id=row.grant_id,
        contact_id=row.contact_id,
        vendor_id=row.vendor_id,
        project_id=row.project_id,
        name=row.contact_name,
        scopes=read_scopes(row.scopes_text),
        entered_at=row.made_at,
        locale=row.contact_locale,
        time_zone=row.contact_zone,
    )


_OWNER: list[Any] = [
    Feed.id.label("feed_id"),
    Feed.vendor_id,
    Feed.made_at,
    Vendor.name.label("vendor_name"),
    Member.id.label("member_id"),
    Member.name.label("member_name"),
    Member.role,
    Member.locale.label("member_locale"),
    Member.time_zone.label("member_zone"),
    Member.disabled_at,
    Contact.id.label("contact_id"),
    Contact.name.label("contact_name"),
    Contact.locale.label("contact_locale"),
    Contact.time_zone.label("contact_zone"),
    FeedKey.grant_version,
    Grant.id.label("grant_id"),
    Grant.project_id,
    Grant.version,
    Grant.scopes_text.label("scopes_text"),
    Grant.expires_at,
    Grant.revoked_at,
]
