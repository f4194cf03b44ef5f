"""A project as its page shows it: the head, and every milestone with where it stands. Two statements.

Built once, sent as Core: these are the pages people open most. Only the first statement asks what the actor may see;
the second takes vendor and project from its answer.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, select
from sqlalchemy.orm import Session

from portal.access import ledger, scopes
from portal.access.actor import Actor
from portal.access.scopes import Shape
from portal.models.client import Client
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.models.status_update import DraftState, StatusDraft
from portal.models.vendor import Vendor
from portal.rules import desk, gate
from portal.rules.errors import NotFound
from portal.rules.gate import Standing
from portal.rules.lifecycle import Flow


@dataclass(frozen=True, slots=True)
class Payee:
    """Where the client's money goes, and since when the vendor says so."""

    holder: str
    bank: str
    account: str
    code: str
    instructions: str
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Head:
    """What is true of the whole project. Price in minor units of `currency`."""

    id: UUID
    vendor_id: UUID
    vendor_name: str
    client_name: str
    title: str
    flow: Flow
    currency: str
    price_minor: int
    time_zone: str
    started_at: datetime | None
    terms_sha256: str | None
    status_draft: UUID | None
    payee: Payee


@dataclass(frozen=True, slots=True)
class Step:
    """One milestone, its snapshot for the gate, and where it stands by that. Amounts in minor units."""

    id: UUID
    vendor_id: UUID
    project_id: UUID
    position: int
    title: str
    description: str
    criteria: tuple[str, ...]
    due_on: date
    amount_minor: int
    currency: str
    manifest_sha256: str | None
    submitted_at: datetime | None
    settled_at: datetime | None
    facts: gate.Facts
    standing: Standing

    @property
    def unlocked(self) -> bool:
        """Whether the originals may leave."""
        return gate.unlocked(self.facts)

    @property
    def balance_minor(self) -> int:
        """What is still to be paid."""
        return gate.balance(self.facts)

    @property
    def paid_minor(self) -> int:
        """What of the amount due has arrived."""
        return max(0, min(self.facts.net_minor, self.facts.due_minor))

    @property
    def finished(self) -> bool:
        """Whether nobody has anything left to do."""
        return self.standing in desk.DONE


@dataclass(frozen=True, slots=True)
class Overview:
    """A project and its milestones in order."""

    head: Head
    steps: tuple[Step, ...]

    @property
    def current(self) -> Step:
        """What it is all about now: the first milestone that is not finished, else the last that was not cancelled."""
        return self.steps[desk.current(self.steps)]

    @property
    def finished(self) -> bool:
        """Whether the project has nothing left to do."""
        return all(step.finished for step in self.steps)

    @property
    def paid_count(self) -> int:
        """How many milestones are delivered and paid."""
        return sum(step.standing is Standing.SETTLED for step in self.steps)

    @property
    def paid_minor(self) -> int:
        """How much of the price has arrived."""
        return sum(step.paid_minor for step in self.steps)

    def step(self, milestone_id: UUID) -> Step:
        """The milestone of that id; it must be one of this project."""
        return next(step for step in self.steps if step.id == milestone_id)


def overview(session: Session, actor: Actor, project_id: UUID) -> Overview:
    """The project, if `actor` can see it; raises NotFound."""
    return _read(session, _of_project(scopes.shape(actor)), scopes.ids(actor) | {"asked": project_id})


def overview_around(session: Session, actor: Actor, milestone_id: UUID) -> Overview:
    """The project of a milestone, if `actor` can see it; raises NotFound."""
    return _read(session, _around_milestone(scopes.shape(actor)), scopes.ids(actor) | {"asked": milestone_id})


def _read(session: Session, statement: Any, parameters: dict[str, UUID]) -> Overview:
    connection = session.connection()
    row = connection.execute(statement, parameters).first()
    if row is None:
        raise NotFound
    head = _head(row)
    rows = connection.execute(_STEPS, {"vendor": head.vendor_id, "project": head.id})
    return Overview(head, tuple(_step(row, head.flow) for row in rows))


@lru_cache(maxsize=64)
def _of_project(shape: Shape) -> Select[Any]:
    return _HEAD.where(Project.id == bindparam("asked"), _visible(shape))


@lru_cache(maxsize=64)
def _around_milestone(shape: Shape) -> Select[Any]:
    around = _HEAD.join(Milestone, (Milestone.vendor_id == Project.vendor_id) & (Milestone.project_id == Project.id))
    return around.where(Milestone.id == bindparam("asked"), _visible(shape))


def _visible(shape: Shape) -> ColumnElement[bool]:
    return scopes.visible_to(shape, Project.vendor_id, Project.id)


def _head(row: Row[Any]) -> Head:
    values, split = list(row), len(fields(Payee))
    return Head(*[*values[split:], Payee(*values[:split])])


def _step(row: Row[Any], flow: Flow) -> Step:
    facts = ledger.read_facts(row)
    return Step(
        id=row.id,
        vendor_id=row.vendor_id,
        project_id=row.project_id,
        position=row.position,
        title=row.title,
        description=row.description,
        criteria=tuple(line for line in row.criteria.splitlines() if line.strip()),
        due_on=row.due_on,
        amount_minor=row.due_minor,
        currency=row.currency,
        manifest_sha256=row.manifest_sha256,
        submitted_at=row.submitted_at,
        settled_at=row.settled_at,
        facts=facts,
        standing=gate.standing(facts, flow),
    )


# The draft of a status update that waits for the vendor: at most one.
_DRAFT = (
    select(StatusDraft.id)
    .where(StatusDraft.vendor_id == Project.vendor_id, StatusDraft.project_id == Project.id)
    .where(StatusDraft.state == DraftState.WAITING)
    .correlate(Project)
    .scalar_subquery()
)
# In the order of Payee and Head.
_HEAD_COLUMNS: list[Any] = [
    Vendor.bank_holder,
    Vendor.bank_name,
    Vendor.bank_account,
    Vendor.bank_code,
    Vendor.pay_instructions,
    Vendor.payee_changed_at,
    Project.id,
    Project.vendor_id,
    Vendor.name,
    Client.name,
    Project.title,
    Project.flow,
    Project.currency,
    Project.price_minor,
    Project.time_zone,
    Project.started_at,
    Project.terms_sha256,
    _DRAFT,
]
_HEAD = (
    select(*_HEAD_COLUMNS)
    .select_from(Project)
    .join(Vendor, Vendor.id == Project.vendor_id)
    .join(Client, (Client.vendor_id == Project.vendor_id) & (Client.id == Project.client_id))
)
_STEP_COLUMNS: list[Any] = [
    Milestone.id.label("id"),
    Milestone.vendor_id.label("vendor_id"),
    Milestone.project_id.label("project_id"),
    Milestone.position.label("position"),
    Milestone.title.label("title"),
    Milestone.description.label("description"),
    Milestone.criteria_text.label("criteria"),
    Milestone.due_on.label("due_on"),
    Milestone.currency.label("currency"),
    Milestone.manifest_sha256.label("manifest_sha256"),
    Milestone.submitted_at.label("submitted_at"),
    Milestone.settled_at.label("settled_at"),
]
_STEPS = (
    select(*_STEP_COLUMNS, *ledger.facts_columns())
    .where(Milestone.vendor_id == bindparam("vendor"), Milestone.project_id == bindparam("project"))
    .order_by(Milestone.position)
)
