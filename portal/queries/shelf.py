"""The vendor's projects as a list: searched, filtered, what asks for something first. Three statements, however many.

What asks comes first, the longest waiting in front; then the rest, the latest touched in front. Both orders are those
of an index, so that a page costs the same with a hundred projects and with ten thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from portal.access import ledger
from portal.access.actor import MemberActor
from portal.models.client import Client
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.queries.owing import VENDOR
from portal.rules import desk, schedule
from portal.rules.desk import Drawer, Phase
from portal.rules.gate import Standing
from portal.rules.lifecycle import MilestoneState

ON_PAGE = 25
TODAY: BindParameter[date] = bindparam("today", type_=Date())
UNDELIVERED = (MilestoneState.ACTIVE, MilestoneState.CHANGES_REQUESTED)


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

    def is_overdue(self, now: datetime) -> bool:
        """Whether the client should have paid by `now`, where the project is."""
        owed = self.standing in (Standing.TO_PAY, Standing.PARTLY_PAID)
        return owed and schedule.is_overdue(self.due_on, self.time_zone, now)


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of the list, and how many projects each drawer holds among those that match the words."""

    lines: tuple[Line, ...]
    counts: dict[Drawer, int]
    page: int
    pages: int


def shelf(session: Session, actor: MemberActor, wish: Wish) -> Shelf:
    """The wished page, or the nearest there is."""
    counts, asking = _counts(session, actor, wish)
    pages = max(1, -(-counts[wish.drawer] // ON_PAGE))
    page = min(max(1, wish.page), pages)
    heads = _heads(session, actor, wish, (page - 1) * ON_PAGE, asking[wish.drawer])
    return Shelf(_lines(session, actor, heads), counts, page, pages)


def _counts(session: Session, actor: MemberActor, wish: Wish) -> tuple[dict[Drawer, int], dict[Drawer, int]]:
    """How many projects each drawer holds, and how many of those ask for something: active ones alone do."""
    row = session.connection().execute(_count_statement(bool(wish.words)), _given(actor, wish)).one()
    counts = {Drawer(phase): int(row._mapping[phase.value]) for phase in Phase}
    counts |= {Drawer.LATE: row.late, Drawer.ALL: sum(counts.values())}
    asking = {Drawer.ALL: row.asking, Drawer.ACTIVE: row.asking, Drawer.LATE: row.late}
    return counts, dict.fromkeys(Drawer, 0) | asking


def _heads(session: Session, actor: MemberActor, wish: Wish, start: int, asking: int) -> list[Row[Any]]:
    """The projects from number `start` on; the first `asking` of the list are those that ask for something."""
    count = max(0, min(ON_PAGE, asking - start))
    statement = _page_statement(wish.drawer, bool(wish.words), count > 0, count < ON_PAGE)
    places = {
        "asking_offset": start,
        "asking_limit": count,
        "rest_offset": max(0, start - asking),
        "rest_limit": ON_PAGE - count,
    }
    return sorted(session.connection().execute(statement, _given(actor, wish) | places), key=_place)


def _given(actor: MemberActor, wish: Wish) -> dict[str, Any]:
    given: dict[str, Any] = {"vendor": actor.vendor_id, "today": wish.today}
    if wish.words:
        plain = wish.words.translate({ord(sign): f"/{sign}" for sign in "/%_"})
        given["pattern"] = f"%{plain}%"
    return given


@cache
def _count_statement(searching: bool) -> Select[Any]:
    mine = [Project.vendor_id == VENDOR, *_matching(searching)]
    late = select(func.count()).select_from(Milestone).where(*_late())
    counted = {phase.value: Project.phase == phase for phase in Phase} | {"asking": Project.asks_on <= TODAY}
    if searching:
        # The words are looked for once, and what is found is told apart.
        late = late.where(Milestone.project_id.in_(select(Project.id).where(*mine)))
        sums = [func.coalesce(func.sum(case((which, 1), else_=0)), 0).label(name) for name, which in counted.items()]
        return select(*sums, late.scalar_subquery().label("late")).where(*mine)
    # Without words each count is the length of a range of an index.
    projects = select(func.count()).select_from(Project).where(*mine)
    counts = [projects.where(which).scalar_subquery().label(name) for name, which in counted.items()]
    return select(*counts, late.scalar_subquery().label("late"))


@cache
def _page_statement(drawer: Drawer, searching: bool, with_asking: bool, with_rest: bool) -> Select[Any]:
    asks = Project.asks_on <= TODAY
    mine = select(Project.id, asks.label("asks")).where(
        Project.vendor_id == VENDOR, *_inside(drawer), *_matching(searching)
    )
    first = mine.where(asks).order_by(Project.asks_on, Project.touched_at, Project.id)
    then = mine.where(or_(Project.asks_on.is_(None), ~asks)).order_by(Project.touched_at.desc(), Project.id.desc())
    parts = [
        part.offset(bindparam(f"{name}_offset", type_=Integer())).limit(bindparam(f"{name}_limit", type_=Integer()))
        for name, part, wanted in (("asking", first, with_asking), ("rest", then, with_rest))
        if wanted
    ]
    page = union_all(*(select(part.subquery()) for part in parts)).subquery()
    of_client = and_(Client.vendor_id == Project.vendor_id, Client.id == Project.client_id)
    return select(*_HEAD, page.c.asks).join(Project, Project.id == page.c.id).join(Client, of_client)


def _matching(searching: bool) -> list[ColumnElement[bool]]:
    if not searching:
        return []
    pattern, found = bindparam("pattern", type_=String()), aliased(Project)
    named = select(Client.id).where(Client.vendor_id == VENDOR, Client.name_folded.like(pattern, escape="/"))
    either = or_(found.title_folded.like(pattern, escape="/"), found.client_id.in_(named))
    # Found in the index first, because reading whole projects to search them takes five times as long.
    return [Project.id.in_(select(found.id).where(found.vendor_id == VENDOR, either))]


def _inside(drawer: Drawer) -> list[ColumnElement[bool]]:
    if drawer is Drawer.ALL:
        return []
    if drawer is Drawer.LATE:
        return [Project.id.in_(select(Milestone.project_id).where(*_late()))]
    return [Project.phase == Phase(drawer)]


def _late() -> list[ColumnElement[bool]]:
    """Milestones that should have been delivered; a project has one at most."""
    return [Milestone.vendor_id == VENDOR, Milestone.state.in_(UNDELIVERED), Milestone.due_on < TODAY]


def _place(head: Row[Any]) -> tuple[Any, ...]:
    """Where it comes on the page: what databases join has no order."""
    if head.asks:
        return 0, head.asks_on.toordinal(), head.touched_at.timestamp(), head.id.int
    return 1, 0, -head.touched_at.timestamp(), -head.id.int


def _lines(session: Session, actor: MemberActor, heads: list[Row[Any]]) -> tuple[Line, ...]:
    steps: dict[UUID, list[Row[Any]]] = {head.id: [] for head in heads}
    found = session.connection().execute(_STEPS, {"vendor": actor.vendor_id, "projects": list(steps)})
    for row in found:
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
_STEPS = (
    select(Milestone.project_id, Milestone.title, Milestone.due_on, *ledger.facts_columns())
    .where(Milestone.vendor_id == VENDOR, Milestone.project_id.in_(bindparam("projects", expanding=True)))
    .order_by(Milestone.position)
)
