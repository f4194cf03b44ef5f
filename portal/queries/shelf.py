"""The vendor's projects as a list: searched, filtered, what asks for something first. Three statements, however many.

What asks comes first, the longest waiting in front; then the rest, the latest touched in front. Both orders are those
of an index, so that a page costs the same with a hundred projects and with ten thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select, union_all
from sqlalchemy.orm import Session

from portal.access import ledger
from portal.access.actor import MemberActor
from portal.access.scopes import visible_projects
from portal.models.client import Client
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules import desk, schedule
from portal.rules.desk import Phase
from portal.rules.gate import Standing
from portal.rules.lifecycle import MilestoneState
from portal.rules.wording import N_

ON_PAGE = 25
UNDELIVERED = (MilestoneState.ACTIVE, MilestoneState.CHANGES_REQUESTED)


class Drawer(StrEnum):
    """What the list can be narrowed to."""

    ALL = "all"
    ACTIVE = "active"
    LATE = "late"
    DRAFT = "draft"
    FINISHED = "finished"

    @property
    def label(self) -> str:
        """The word people read, to be translated."""
        return _LABELS[self]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which projects are asked for. `words` is folded (rules.search); `today` decides what asks for something."""

    today: date
    drawer: Drawer = Drawer.ALL
    words: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One project of the list. Amounts in minor units; `paid_minor` is what of the price has arrived."""

    id: UUID
    title: str
    client: str
    phase: Phase
    currency: str
    price_minor: int
    paid_minor: int
    time_zone: str
    settled: int
    total: int
    standing: Standing
    milestone: str
    due_on: date

    def is_late(self, now: datetime) -> bool:
        """Whether the vendor should have delivered by `now`, where the project is."""
        working = self.standing in (Standing.WORKING, Standing.CHANGES_REQUESTED)
        return working and schedule.is_overdue(self.due_on, self.time_zone, now)


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of the list, and how many projects each drawer holds among those that match the words."""

    lines: tuple[Line, ...]
    counts: dict[Drawer, int]
    page: int
    pages: int


def shelf(session: Session, actor: MemberActor, wish: Wish) -> Shelf:
    """The wished page, or the nearest there is."""
    mine = [visible_projects(actor), *_matching(actor, wish.words)]
    counts, asking = _counts(session, actor, mine, wish)
    pages = max(1, -(-counts[wish.drawer] // ON_PAGE))
    page = min(max(1, wish.page), pages)
    heads = _heads(session, [*mine, *_inside(actor, wish)], wish.today, (page - 1) * ON_PAGE, asking[wish.drawer])
    return Shelf(_lines(session, actor, heads), counts, page, pages)


def _matching(actor: MemberActor, words: str) -> list[ColumnElement[bool]]:
    if not words:
        return []
    named = select(Client.id).where(
        Client.vendor_id == actor.vendor_id, Client.name_folded.contains(words, autoescape=True)
    )
    return [or_(Project.title_folded.contains(words, autoescape=True), Project.client_id.in_(named))]


def _inside(actor: MemberActor, wish: Wish) -> list[ColumnElement[bool]]:
    if wish.drawer is Drawer.ALL:
        return []
    if wish.drawer is Drawer.LATE:
        return [Project.id.in_(select(Milestone.project_id).where(*_late(actor, wish.today)))]
    return [Project.phase == Phase(wish.drawer)]


def _late(actor: MemberActor, today: date) -> list[ColumnElement[bool]]:
    """Milestones that should have been delivered; a project has one at most."""
    return [Milestone.vendor_id == actor.vendor_id, Milestone.state.in_(UNDELIVERED), Milestone.due_on < today]


def _counts(
    session: Session, actor: MemberActor, mine: list[ColumnElement[bool]], wish: Wish
) -> tuple[dict[Drawer, int], dict[Drawer, int]]:
    """How many projects each drawer holds, and how many of those ask for something."""
    asks = func.sum(case((Project.asks_on <= wish.today, 1), else_=0))
    late = select(func.count()).select_from(Milestone).where(*_late(actor, wish.today))
    if wish.words:
        late = late.where(Milestone.project_id.in_(select(Project.id).where(*mine)))
    statement = select(Project.phase, func.count(), asks, late.scalar_subquery()).where(*mine)
    counts, asking = dict.fromkeys(Drawer, 0), dict.fromkeys(Drawer, 0)
    for phase, count, asked, late_ones in session.execute(statement.group_by(Project.phase)):
        counts[Drawer(phase)], asking[Drawer(phase)] = count, int(asked)
        counts[Drawer.LATE] = asking[Drawer.LATE] = late_ones
    counts[Drawer.ALL] = sum(counts[Drawer(phase)] for phase in Phase)
    asking[Drawer.ALL] = sum(asking[Drawer(phase)] for phase in Phase)
    return counts, asking


def _heads(session: Session, wanted: list[ColumnElement[bool]], today: date, start: int, asking: int) -> list[Row[Any]]:
    """The projects from number `start` on; the first `asking` of the list are those that ask for something."""
    asks = Project.asks_on <= today
    mine = select(Project.id, asks.label("asks")).where(*wanted)
    first = mine.where(asks).order_by(Project.asks_on, Project.touched_at, Project.id)
    then = mine.where(or_(Project.asks_on.is_(None), ~asks)).order_by(Project.touched_at.desc(), Project.id.desc())
    count = max(0, min(ON_PAGE, asking - start))
    parts = [first.offset(start).limit(count)] if count else []
    if count < ON_PAGE:
        parts.append(then.offset(max(0, start - asking)).limit(ON_PAGE - count))
    page = union_all(*(select(part.subquery()) for part in parts)).subquery()
    of_client = and_(Client.vendor_id == Project.vendor_id, Client.id == Project.client_id)
    heads = select(*_HEAD, page.c.asks).join(Project, Project.id == page.c.id).join(Client, of_client)
    return sorted(session.execute(heads), key=_place)


def _place(head: Row[Any]) -> tuple[Any, ...]:
    """Where it comes on the page: what databases join has no order."""
    if head.asks:
        return 0, head.asks_on.toordinal(), head.touched_at.timestamp(), head.id.int
    return 1, 0, -head.touched_at.timestamp(), -head.id.int


def _lines(session: Session, actor: MemberActor, heads: list[Row[Any]]) -> tuple[Line, ...]:
    steps: dict[UUID, list[Row[Any]]] = {head.id: [] for head in heads}
    rows = session.execute(
        select(Milestone.project_id, Milestone.title, Milestone.due_on, *ledger.facts_columns())
        .where(Milestone.vendor_id == actor.vendor_id, Milestone.project_id.in_(steps))
        .order_by(Milestone.position)
    )
    for row in rows:
        steps[row.project_id].append(row)
    return tuple(_line(head, steps[head.id]) for head in heads)


def _line(head: Row[Any], rows: list[Row[Any]]) -> Line:
    facts = [ledger.read_facts(row) for row in rows]
    steps = [desk.step(each, row.due_on, head.flow) for each, row in zip(facts, rows, strict=True)]
    now = desk.current(steps)
    return Line(
        id=head.id,
        title=head.title,
        client=head.client,
        phase=head.phase,
        currency=head.currency,
        price_minor=head.price_minor,
        paid_minor=sum(max(0, min(each.net_minor, each.due_minor)) for each in facts),
        time_zone=head.time_zone,
        settled=sum(step.standing is Standing.SETTLED for step in steps),
        total=len(steps),
        standing=steps[now].standing,
        milestone=rows[now].title,
        due_on=rows[now].due_on,
    )


_HEAD: list[Any] = [
    Project.id,
    Project.title,
    Client.name.label("client"),
    Project.phase,
    Project.flow,
    Project.currency,
    Project.price_minor,
    Project.time_zone,
    Project.asks_on,
    Project.touched_at,
]
_LABELS = {
    Drawer.ALL: N_("All"),
    Drawer.ACTIVE: N_("Active"),
    Drawer.LATE: N_("Late"),
    Drawer.DRAFT: N_("Drafts"),
    Drawer.FINISHED: N_("Finished"),
}
