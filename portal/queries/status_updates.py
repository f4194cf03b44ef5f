"""Status updates as pages show them: what a project sent, what waits to be sent, and one update as it was frozen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, MemberActor
from portal.access.scopes import visible_projects
from portal.models.project import Project
from portal.models.status_update import DraftState, StatusDraft, StatusPlan, StatusUpdate
from portal.models.vendor import Member, Vendor
from portal.rules.errors import NotFound
from portal.rules.rhythm import Rhythm

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """One line of the list; `by` is None where it went by itself."""

    id: UUID
    number: int
    since: datetime
    until: datetime
    sent_at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The draft that waits, and when it goes by itself."""

    id: UUID
    drafted_at: datetime
    send_at: datetime | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rhythm of the project. The weekday and hour stay even while there is none."""

    rhythm: Rhythm = Rhythm.OFF
    weekday: int = 4
    hour: int = 16
    send_after_days: int | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UpdatesPage:
    """The updates of one project, the newest first. For contacts nothing waits, and no rhythm is told of."""

    id: UUID
    vendor_id: UUID
    title: str
    vendor: str
    time_zone: str
    started_at: datetime | None
    sent: tuple[Sent, ...]
    waiting: Waiting | None
    chosen: Chosen


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines, in the language of the update."""

    name: str
    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sent update. `money` is None for those who may not see payments, and where nothing was said of them."""

    id: UUID
    vendor_id: UUID
    project_id: UUID
    number: int
    title: str
    vendor: str
    time_zone: str
    language: str
    since: datetime
    until: datetime
    sent_at: datetime
    by: str | None
    sections: tuple[Section, ...]
    money: Section | None
    text_sha256: str
    money_sha256: str | None

    @property
    def since_on(self) -> date:
        """From which day on it tells, in the project's zone."""
        return self.since.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def until_on(self) -> date:
        """Until which day it tells, in the project's zone."""
        return self.until.astimezone(ZoneInfo(self.time_zone)).date()


def page(session: Session, actor: Actor, project_id: UUID) -> UpdatesPage:
    """What was sent, and for members what waits and how often. Raises NotFound. Two statements, four for members."""
    row = session.execute(
        select(Project.id, Project.vendor_id, Project.title, Vendor.name, Project.time_zone, Project.started_at)
        .join(Vendor, Vendor.id == Project.vendor_id)
        .where(Project.id == project_id, visible_projects(actor))
    ).first()
    if row is None:
        raise NotFound
    is_member = isinstance(actor, MemberActor)
    return UpdatesPage(
        *row,
        sent=_sent(session, row),
        waiting=_waiting(session, row) if is_member else None,
        chosen=_chosen(session, row) if is_member else Chosen(),
    )


def sheet(session: Session, update: StatusUpdate, *, with_money: bool) -> Sheet:
    """The update, which was found through a door. Money is left out unless the reader may see it."""
    row = session.execute(
        select(Vendor.name.label("vendor"), Project.time_zone, Member.name.label("by"))
        .select_from(Project)
        .join(Vendor, Vendor.id == Project.vendor_id)
        .outerjoin(Member, and_(Member.vendor_id == Project.vendor_id, Member.id == update.sent_by))
        .where(Project.vendor_id == update.vendor_id, Project.id == update.project_id)
    ).one()
    said = json.loads(update.text)
    shows_money = with_money and update.money is not None
    return Sheet(
        id=update.id,
        vendor_id=update.vendor_id,
        project_id=update.project_id,
        number=update.number,
        title=said["title"],
        vendor=row.vendor,
        time_zone=row.time_zone,
        language=update.language,
        since=update.since,
        until=update.until,
        sent_at=update.sent_at,
        by=row.by,
        sections=tuple(_section(part) for part in said["sections"]),
        money=_section(json.loads(update.money)) if shows_money and update.money else None,
        text_sha256=update.text_sha256,
        money_sha256=update.money_sha256 if shows_money else None,
    )


def _section(part: dict[str, Any]) -> Section:
    return Section(part["name"], part["heading"], tuple(part["lines"]))


def _sent(session: Session, project: Any) -> tuple[Sent, ...]:
    member = and_(Member.vendor_id == StatusUpdate.vendor_id, Member.id == StatusUpdate.sent_by)
    rows = session.execute(
        select(
            StatusUpdate.id, StatusUpdate.number, StatusUpdate.since, StatusUpdate.until, StatusUpdate.sent_at,
            Member.name,
        )
        .outerjoin(Member, member)
        .where(StatusUpdate.vendor_id == project.vendor_id, StatusUpdate.project_id == project.id)
        .order_by(StatusUpdate.number.desc())
        .limit(MOST_LISTED)
    )  # fmt: skip
    return tuple(Sent(*row) for row in rows)


def _waiting(session: Session, project: Any) -> Waiting | None:
    mine = StatusDraft.vendor_id == project.vendor_id, StatusDraft.project_id == project.id
    columns = select(StatusDraft.id, StatusDraft.drafted_at, StatusDraft.send_at)
    row = session.execute(columns.where(*mine, StatusDraft.state == DraftState.WAITING)).first()
    return Waiting(*row) if row else None


def _chosen(session: Session, project: Any) -> Chosen:
    plan = StatusPlan
    columns = select(plan.rhythm, plan.weekday, plan.hour, plan.send_after_days, plan.next_at)
    row = session.execute(columns.where(plan.vendor_id == project.vendor_id, plan.project_id == project.id)).first()
    return Chosen(*row) if row else Chosen()
