"""Doors that only the vendor's own people find, whatever ids a client has come by."""

from __future__ import annotations

import pytest

from portal.access import doors
from portal.access.actor import Nobody, SystemActor
from portal.models.client import Contact, Grant
from portal.models.project import Project
from portal.rules.errors import NotFound
from portal.services import status_drafts
from tests.senders import Sender
from tests.worlds import World


def things(world: World) -> dict[str, object]:
    """Doors of the vendor's people, each with the id of something that is there."""
    project = world.project()
    entered = world.contact(project)
    grant = world.session.get_one(Grant, entered.grant_id)
    contact = world.session.get_one(Contact, grant.contact_id)
    upload = Sender(world, world.milestone(project)).begin("on its way")
    draft = status_drafts.draft_now(world.session, actor=world.owner, project=project)
    return {
        "get_grant": grant.id,
        "get_contact": contact.id,
        "get_client": contact.client_id,
        "get_upload": upload,
        "get_member": world.owner.member_id,
        "get_status_draft": draft.id,
    }


def test_clients_find_no_people_no_codes_and_no_uploads(world: World) -> None:
    known = things(world)
    project = world.session.query(Project).one()
    other = World.founded(world.app, world.session, name="Otto Agency")
    strangers = [world.contact(project).actor, other.owner, SystemActor(), Nobody()]
    for name, row_id in known.items():
        door = getattr(doors, name)
        assert door(world.session, world.owner, row_id).id == row_id
        for actor in strangers:
            with pytest.raises(NotFound):
                door(world.session, actor, row_id)
