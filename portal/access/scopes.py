"""What each actor can see, as SQL conditions that every read starts from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_

from portal.access.actor import Actor, ContactActor, MemberActor
from portal.models.project import Project


def visible(actor: Actor, vendor_id: Any, project_id: Any) -> ColumnElement[bool]:
    """The condition that a row (its vendor and project columns) is within what `actor` can see."""
    match actor:
        case MemberActor():
            return and_(vendor_id == actor.vendor_id)
        case ContactActor():
            return or_(*(and_(vendor_id == v, project_id == p) for v, p in _pairs(actor)))
        case _:
            return false()


def visible_projects(actor: Actor) -> ColumnElement[bool]:
    """The condition on `projects` itself."""
    return visible(actor, Project.vendor_id, Project.id)


def _pairs(actor: ContactActor) -> list[tuple[UUID, UUID]]:
    return sorted({(key.vendor_id, key.project_id) for key in actor.keys})
