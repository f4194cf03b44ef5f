"""Where a conversation belongs: its milestone or project, and what its lines need to be told. One statement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, null, select
from sqlalchemy.orm import Session

from portal.access import scopes
from portal.access.actor import Actor
from portal.access.scopes import Shape
from portal.models.client import Client
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.models.vendor import Vendor
from portal.queries.projects import Overview, Step
from portal.rules.errors import NotFound


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation's surroundings. `milestone` is the title of its milestone, "" for that of the whole project."""

    vendor_id: UUID
    project_id: UUID
    milestone_id: UUID | None
    project: str
    milestone: str
    position: int
    vendor_name: str
    client_name: str
    time_zone: str
    currency: str

    @property
    def thread_id(self) -> UUID:
        """The id of the conversation."""
        return self.milestone_id or self.project_id

    @property
    def page(self) -> str:
        """The address of what it is about."""
        return f"/milestones/{self.milestone_id}" if self.milestone_id else f"/projects/{self.project_id}"

    @property
    def address(self) -> str:
        """The address of the conversation itself."""
        return f"{self.page}/messages"

    @property
    def title(self) -> str:
        """What it is about, in the words of those who named it."""
        return self.milestone or self.project


def of_project(session: Session, actor: Actor, project_id: UUID) -> Place:
    """That of the whole project. Raises NotFound when `actor` cannot see it."""
    return _read(session, _project(scopes.shape(actor)), scopes.ids(actor) | {"asked": project_id})


def of_milestone(session: Session, actor: Actor, milestone_id: UUID) -> Place:
    """That of one milestone. Raises NotFound when `actor` cannot see it."""
    return _read(session, _milestone(scopes.shape(actor)), scopes.ids(actor) | {"asked": milestone_id})


def of_thread(session: Session, vendor_id: UUID, project_id: UUID, thread_id: UUID) -> Place:
    """By ids a fact named, for those who tell of it. Raises NotFound when it is gone."""
    statement, given = _any_project(), {"vendor": vendor_id, "asked": thread_id}
    if thread_id != project_id:
        statement = _any_milestone()
    return _read(session, statement, given)


def around(overview: Overview, step: Step | None) -> Place:
    """From a project that was read already; `step` is the milestone, None for the whole project."""
    head = overview.head
    return Place(
        vendor_id=head.vendor_id,
        project_id=head.id,
        milestone_id=step.id if step else None,
        project=head.title,
        milestone=step.title if step else "",
        position=step.position if step else 0,
        vendor_name=head.vendor_name,
        client_name=head.client_name,
        time_zone=head.time_zone,
        currency=head.currency,
    )


def _read(session: Session, statement: Any, given: dict[str, Any]) -> Place:
    row = session.connection().execute(statement, given).first()
    if row is None:
        raise NotFound
    return _place(row)


def _place(row: Row[Any]) -> Place:
    return Place(
        vendor_id=row.vendor_id,
        project_id=row.project_id,
        milestone_id=row.milestone_id,
        project=row.project,
        milestone=row.milestone or "",
        position=row.position or 0,
        vendor_name=row.vendor_name,
        client_name=row.client_name,
        time_zone=row.time_zone,
        currency=row.currency,
    )


@lru_cache(maxsize=64)
def _project(shape: Shape) -> Select[Any]:
    return _whole().where(Project.id == bindparam("asked"), _visible(shape))


@lru_cache(maxsize=64)
def _milestone(shape: Shape) -> Select[Any]:
    return _part().where(Milestone.id == bindparam("asked"), _visible(shape))


@lru_cache(maxsize=1)
def _any_project() -> Select[Any]:
    return _whole().where(Project.vendor_id == bindparam("vendor"), Project.id == bindparam("asked"))


@lru_cache(maxsize=1)
def _any_milestone() -> Select[Any]:
    return _part().where(Milestone.vendor_id == bindparam("vendor"), Milestone.id == bindparam("asked"))


def _visible(shape: Shape) -> ColumnElement[bool]:
    return scopes.visible_to(shape, Project.vendor_id, Project.id)


def _whole() -> Select[Any]:
    nothing = null().label("milestone_id"), null().label("milestone"), null().label("position")
    return _from_project(select(*_COLUMNS, *nothing))


def _part() -> Select[Any]:
    same = and_(Milestone.vendor_id == Project.vendor_id, Milestone.project_id == Project.id)
    step = Milestone.id.label("milestone_id"), Milestone.title.label("milestone"), Milestone.position
    return _from_project(select(*_COLUMNS, *step)).join(Milestone, same)


def _from_project(columns: Select[Any]) -> Select[Any]:
    return (
        columns.select_from(Project)
        .join(Vendor, Vendor.id == Project.vendor_id)
        .join(Client, and_(Client.vendor_id == Project.vendor_id, Client.id == Project.client_id))
    )


_COLUMNS: list[Any] = [
    Project.vendor_id,
    Project.id.label("project_id"),
    Project.title.label("project"),
    Vendor.name.label("vendor_name"),
    Client.name.label("client_name"),
    Project.time_zone,
    Project.currency,
]
