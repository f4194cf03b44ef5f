"""Every project a browser's keyring opens, of whatever vendor, each with its milestones. One statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, select
from sqlalchemy.orm import Session

from portal.access import ledger
from portal.access.actor import ContactActor
from portal.access.scopes import visible_projects
from portal.models.deliverable import Deliverable
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules import desk, gate
from portal.rules.desk import Phase
from portal.rules.gate import Standing
from portal.rules.lifecycle import Flow


@dataclass(frozen=True, slots=True)
class Card:
    """One project as its client sees it; the milestone fields are those of the one it is all about now.

    Amounts in minor units.
    """

    id: UUID
    vendor_id: UUID
    title: str
    phase: Phase
    currency: str
    price_minor: int
    paid_minor: int
    time_zone: str
    touched_at: datetime
    settled: int
    total: int
    milestone_id: UUID
    milestone: str
    position: int
    due_on: date
    facts: gate.Facts
    standing: Standing
    asked_minor: int
    has_files: bool

    @property
    def finished(self) -> bool:
        """Whether nothing of the whole project is left to do."""
        return self.phase is Phase.FINISHED and self.standing is Standing.SETTLED

    @property
    def pay_by(self) -> bool:
        """Whether the date is the one to pay by; else it is the one of the next delivery."""
        return self.asked_minor > 0

    @property
    def has_date(self) -> bool:
        """Whether the date lies before somebody."""
        return self.pay_by or self.standing in (Standing.LOCKED, Standing.WORKING, Standing.CHANGES_REQUESTED)


def cards(session: Session, actor: ContactActor) -> tuple[Card, ...]:
    """The projects of the keyring, the latest touched first."""
    heads = (
        Project.id, Project.vendor_id, Project.title, Project.phase, Project.currency, Project.price_minor,
        Project.time_zone, Project.touched_at, Project.flow,
    )  # fmt: skip
    step = Milestone.id.label("milestone_id"), Milestone.title.label("milestone"), Milestone.position, Milestone.due_on
    rows: Any = session.execute(
        select(*heads, *step, _presented().label("has_files"), *ledger.facts_columns())
        .join(Milestone, and_(Milestone.vendor_id == Project.vendor_id, Milestone.project_id == Project.id))
        .where(visible_projects(actor))
        .order_by(Project.touched_at.desc(), Project.id, Milestone.position)
    )
    grouped: dict[UUID, list[Row[Any]]] = {}
    for row in rows:
        grouped.setdefault(row.id, []).append(row)
    return tuple(_card(steps) for steps in grouped.values())


def _presented() -> ColumnElement[bool]:
    """Whether files were delivered, so that paying opens something."""
    mine = Deliverable.vendor_id == Milestone.vendor_id, Deliverable.milestone_id == Milestone.id
    return exists().where(*mine, Deliverable.submission_id.is_not(None)).correlate(Milestone)


def _card(rows: list[Row[Any]]) -> Card:
    facts = [ledger.read_facts(row) for row in rows]
    steps = [desk.step(each, row.due_on, row.flow) for each, row in zip(facts, rows, strict=True)]
    at = desk.current(steps)
    now = rows[at]
    return Card(
        id=now.id,
        vendor_id=now.vendor_id,
        title=now.title,
        phase=now.phase,
        currency=now.currency,
        price_minor=now.price_minor,
        paid_minor=sum(max(0, min(each.net_minor, each.due_minor)) for each in facts),
        time_zone=now.time_zone,
        touched_at=now.touched_at,
        settled=sum(step.standing is Standing.SETTLED for step in steps),
        total=len(steps),
        milestone_id=now.milestone_id,
        milestone=now.milestone,
        position=now.position,
        due_on=now.due_on,
        facts=facts[at],
        standing=steps[at].standing,
        asked_minor=_asked(facts[at], now.flow),
        has_files=bool(now.has_files),
    )


def _asked(facts: gate.Facts, flow: Flow) -> int:
    """What the client is asked to pay and has not reported."""
    return max(0, gate.balance(facts) - facts.reported_minor) if gate.payable(facts, flow) else 0
