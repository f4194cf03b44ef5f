"""A statement built once for all actors of a shape shows each of them exactly what one built for them alone would."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access import scopes
from portal.access.actor import Actor, ContactActor, Nobody, SystemActor
from portal.db import new_id
from portal.models.project import Project
from tests.worlds import World


def shown(session: Session, actor: Actor) -> tuple[set[UUID], set[UUID]]:
    """What the actor sees by its own condition, and by the one of its shape."""
    alone = select(Project.id).where(scopes.visible_projects(actor))
    shared = select(Project.id).where(scopes.visible_to(scopes.shape(actor), Project.vendor_id, Project.id))
    return set(session.scalars(alone)), set(session.scalars(shared, scopes.ids(actor)))


def test_both_ways_of_asking_show_the_same_to_everybody(world: World) -> None:
    other = World.founded(world.app, world.session, "Other Studio")
    first, second, foreign = world.project(), world.project(), other.project()
    cleo, li, far = world.contact(first), world.contact(second), other.contact(foreign)
    keyring = ContactActor(new_id(), (*cleo.actor.keys, *far.actor.keys))
    expected = [
        (world.owner, {first.id, second.id}),
        (other.owner, {foreign.id}),
        (cleo.actor, {first.id}),
        (li.actor, {second.id}),
        (keyring, {first.id, foreign.id}),
        (ContactActor(new_id(), ()), set()),
        (SystemActor(), set()),
        (Nobody(), set()),
    ]
    for actor, seen in expected:
        assert shown(world.session, actor) == (seen, seen)
