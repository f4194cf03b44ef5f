"""What each actor can see, as SQL conditions that every read starts from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, false, or_

from portal.access.actor import Actor, ActorKind, ContactActor, Key, MemberActor
from portal.models.deliverable import Upload
from portal.models.project import Project

Shape = tuple[ActorKind, int]


def visible(actor: Actor, vendor_id: Any, project_id: Any) -> ColumnElement[bool]:
    """The condition that a row (its vendor and project columns) is within what `actor` can see."""
    match actor:
        case MemberActor():
            return and_(vendor_id == actor.vendor_id)
        case ContactActor():
            return or_(false(), *(and_(vendor_id == v, project_id == p) for v, p in _pairs(actor)))
        case _:
            return false()


def visible_projects(actor: Actor) -> ColumnElement[bool]:
    """The condition on `projects` itself."""
    return visible(actor, Project.vendor_id, Project.id)


def own_uploads(actor: Actor) -> ColumnElement[bool]:
    """The condition on `uploads`: the vendor's for its milestones; for a conversation, only what one sends oneself."""
    match actor:
        case MemberActor():
            mine = or_(Upload.thread_id.is_(None), Upload.member_id == actor.member_id)
            return and_(Upload.vendor_id == actor.vendor_id, mine)
        case ContactActor():
            return or_(false(), *(_sent_with(key) for key in actor.keys))
        case _:
            return false()


def shape(actor: Actor) -> Shape:
    """What of an actor decides how its condition is written: for statements that are built once."""
    return actor.kind, len(_pairs(actor)) if isinstance(actor, ContactActor) else 0


def visible_to(shape: Shape, vendor_id: Any, project_id: Any) -> ColumnElement[bool]:
    """`visible` for every actor of this shape, with parameters in place of ids; `ids` fills them."""
    kind, keys = shape
    if kind == "member":
        return and_(vendor_id == bindparam("seen_vendor"))
    names = [(f"seen_vendor_{number}", f"seen_project_{number}") for number in range(keys)]
    pairs = [and_(vendor_id == bindparam(vendor), project_id == bindparam(project)) for vendor, project in names]
    return or_(false(), *pairs)


def ids(actor: Actor) -> dict[str, UUID]:
    """The parameters of a statement made with `visible_to`."""
    if isinstance(actor, MemberActor):
        return {"seen_vendor": actor.vendor_id}
    pairs = _pairs(actor) if isinstance(actor, ContactActor) else []
    vendors = {f"seen_vendor_{number}": vendor for number, (vendor, _) in enumerate(pairs)}
    return vendors | {f"seen_project_{number}": project for number, (_, project) in enumerate(pairs)}


def _pairs(actor: ContactActor) -> list[tuple[UUID, UUID]]:
    return sorted({(key.vendor_id, key.project_id) for key in actor.keys})


def _sent_with(key: Key) -> ColumnElement[bool]:
    own = Upload.contact_id == key.contact_id
    return and_(Upload.vendor_id == key.vendor_id, Upload.project_id == key.project_id, own)
