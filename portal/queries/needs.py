"""What needs the vendor: a few of each kind, the most pressing first, whatever their number. One statement."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Date,
    Row,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from portal.access.actor import MemberActor
from portal.db import UtcDateTime
from portal.models.client import Client, Contact
from portal.models.milestone import Milestone
from portal.models.outbox import Notice
from portal.models.payment import Payment, Proof
from portal.models.project import Project
from portal.models.status_update import DraftState, StatusDraft
from portal.models.vendor import Member
from portal.queries import owing
from portal.queries.need_rows import Item as Item
from portal.queries.need_rows import Need as Need
from portal.queries.owing import VENDOR
from portal.rules import desk, schedule
from portal.rules.desk import Phase
from portal.rules.lifecycle import MilestoneState, PaymentState

FEW = 5
# A mail that could not be delivered is told of for so long.
SINCE = timedelta(days=30)


def items(session: Session, actor: MemberActor, now: datetime, today: date) -> tuple[Item, ...]:
    """At most `FEW` of each kind. `today` is the date it is for the reader at `now`."""
    given = {"vendor": actor.vendor_id, "today": today, "soon": today + desk.SOON, "since": now - SINCE}
    order = list(Need)
    rows = session.connection().execute(_statement(), given)
    found = sorted((_item(row) for row in rows), key=lambda each: order.index(each.need))
    return tuple(each for each in found if _holds(each, now))


@cache
def _statement() -> CompoundSelect[Any]:
    today, soon = bindparam("today", type_=Date()), bindparam("soon", type_=Date())
    parts = (
        _reported(),
        _owing(Need.REVERSED, owing.reversed_later("went_back")),
        _milestones(Need.CHANGES, Milestone.state == MilestoneState.CHANGES_REQUESTED),
        _milestones(Need.LATE, _working(), Milestone.due_on < today),
        _owing(Need.OVERDUE, owing.asked_until("asked_for", today)),
        _milestones(Need.SOON, _working(), Milestone.due_on >= today, Milestone.due_on <= soon),
        _mails(),
        _updates(),
        _drafts(),
    )
    return union_all(*(select(part.limit(FEW).subquery()) for part in parts))


def _item(row: Row[Any]) -> Item:
    named = dict(row._mapping)
    return Item(**(named | {"need": Need(named["need"])}))


def _holds(item: Item, now: datetime) -> bool:
    """Money is overdue once the day is over where the project is, which may be later than where the reader is."""
    if item.need is not Need.OVERDUE or item.day is None:
        return True
    return schedule.is_overdue(item.day, item.time_zone, now)


_TYPES: dict[str, Any] = {
    "milestone_id": Uuid(),
    "milestone": String(),
    "subject_id": Uuid(),
    "person": String(),
    "currency": String(),
    "minor": BigInteger(),
    "day": Date(),
    "at": UtcDateTime(),
    "extra": String(),
    "flag": Boolean(),
}


def _row(need: Need, project_id: Any, project: Any, time_zone: Any, **known: Any) -> list[ColumnElement[Any]]:
    """The columns all parts share, in the order of `Item`; what a part does not know is null."""
    head = (literal(need.value), project_id, project, Client.name, time_zone)
    names = ("need", "project_id", "project", "client", "time_zone")
    rest = [known.get(name, cast(null(), kind)).label(name) for name, kind in _TYPES.items()]
    return [*(column.label(name) for name, column in zip(names, head, strict=True)), *rest]


def _reported() -> Select[Any]:
    columns = _row(
        Need.REPORTED, Project.id, Project.title, Project.time_zone,
        milestone_id=Milestone.id, milestone=Milestone.title, subject_id=Payment.id, person=Contact.name,
        currency=Payment.currency, minor=Payment.amount_minor, day=Payment.paid_on, at=Payment.reported_at,
        extra=cast(Payment.method, String()), flag=Proof.id.is_not(None),
    )  # fmt: skip
    return (
        select(*columns)
        .select_from(Payment)
        .join(Milestone, _same(Milestone, Payment.milestone_id, Payment))
        .join(Project, _same(Project, Payment.project_id, Payment))
        .join(Client, _same(Client, Project.client_id, Project))
        .join(Contact, _same(Contact, Payment.reported_by, Payment))
        .outerjoin(Proof, and_(Proof.vendor_id == Payment.vendor_id, Proof.payment_id == Payment.id))
        .where(Payment.vendor_id == VENDOR, Payment.state == PaymentState.REPORTED)
        .order_by(Payment.reported_at, Payment.id)
    )


def _milestones(need: Need, *conditions: ColumnElement[bool]) -> Select[Any]:
    columns = _row(
        need, Project.id, Project.title, Project.time_zone,
        milestone_id=Milestone.id, milestone=Milestone.title, day=Milestone.due_on,
    )  # fmt: skip
    return (
        select(*columns)
        .select_from(Milestone)
        .join(Project, _same(Project, Milestone.project_id, Milestone))
        .join(Client, _same(Client, Project.client_id, Project))
        .where(Milestone.vendor_id == VENDOR, *conditions)
        .order_by(Milestone.due_on, Milestone.id)
    )


def _owing(need: Need, snapshot: Any) -> Select[Any]:
    columns = _row(
        need, snapshot.c.project_id, snapshot.c.project, snapshot.c.time_zone,
        milestone_id=snapshot.c.id, milestone=snapshot.c.title, currency=snapshot.c.currency,
        minor=owing.remainder(snapshot), day=snapshot.c.due_on,
    )  # fmt: skip
    return (
        select(*columns)
        .select_from(snapshot)
        .join(Client, Client.id == snapshot.c.client_id)
        .where(owing.unreported(snapshot))
        .order_by(snapshot.c.due_on, snapshot.c.id)
    )


def _mails() -> Select[Any]:
    since = bindparam("since", type_=UtcDateTime())
    columns = _row(
        Need.MAIL, Project.id, Project.title, Project.time_zone,
        subject_id=Notice.id, person=func.coalesce(Contact.name, Member.name), at=Notice.gave_up_at,
        extra=func.coalesce(Contact.email, Member.email), flag=Member.id.is_not(None),
    )  # fmt: skip
    return (
        select(*columns)
        .select_from(Notice)
        .join(Project, _same(Project, Notice.project_id, Notice))
        .join(Client, _same(Client, Project.client_id, Project))
        .outerjoin(Contact, and_(Notice.to_kind == "contact", _same(Contact, Notice.to_id, Notice)))
        .outerjoin(Member, and_(Notice.to_kind == "member", _same(Member, Notice.to_id, Notice)))
        .where(Notice.vendor_id == VENDOR, Notice.gave_up_at.is_not(None), Notice.gave_up_at >= since)
        .where(Notice.mailed_with.is_(None))
        .order_by(Notice.gave_up_at.desc(), Notice.id)
    )


def _updates() -> Select[Any]:
    columns = _row(
        Need.UPDATE, Project.id, Project.title, Project.time_zone,
        subject_id=StatusDraft.id, at=StatusDraft.drafted_at,
    )  # fmt: skip
    return (
        select(*columns)
        .select_from(StatusDraft)
        .join(Project, _same(Project, StatusDraft.project_id, StatusDraft))
        .join(Client, _same(Client, Project.client_id, Project))
        .where(StatusDraft.vendor_id == VENDOR, StatusDraft.state == DraftState.WAITING)
        .order_by(StatusDraft.drafted_at, StatusDraft.id)
    )


def _drafts() -> Select[Any]:
    draft = _row(Need.DRAFT, Project.id, Project.title, Project.time_zone, at=Project.touched_at)
    return (
        select(*draft)
        .select_from(Project)
        .join(Client, _same(Client, Project.client_id, Project))
        .where(Project.vendor_id == VENDOR, Project.phase == Phase.DRAFT)
        .order_by(Project.touched_at.desc(), Project.id)
    )


def _working() -> ColumnElement[bool]:
    return Milestone.state == MilestoneState.ACTIVE


def _same(model: Any, row_id: Any, owner: Any) -> ColumnElement[bool]:
    """The row of `model` with that id, at the owner's vendor."""
    return and_(model.vendor_id == owner.vendor_id, model.id == row_id)
