"""Who is still here, asked in the middle of a transfer."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.access import presence
from portal.access.actor import Nobody, SystemActor
from portal.adapters import clock
from portal.models.client import Grant
from portal.models.sitting import Sitting
from portal.models.vendor import Member
from portal.queries import sittings as reads
from portal.services import grants, sittings
from tests.worlds import VISITOR


@pytest.fixture
def member(world):
    token = sittings._sit_down(world.session, member_id=world.owner.member_id, visitor=VISITOR)
    return visit(world, token).actor


@pytest.fixture
def entered(world):
    return world.contact(world.project())


@pytest.fixture
def contact(world, entered):
    token, _project = sittings.enter(world.session, typed=entered.code, visitor=VISITOR, sitting_id=None)
    return visit(world, token).actor


def visit(world, token):
    from portal.adapters import outside

    digest = outside.of(world.session).keys.digest_token(token)
    return reads.find(world.session, digest, clock.now())


def here(world, actor):
    held = actor.keys[0] if actor.kind == "contact" else None
    return presence.still_here(world.session, actor, held)


def test_whoever_is_logged_in_or_holds_a_code_is_here(world, member, contact):
    assert (here(world, member), here(world, contact)) == (True, True)


def test_a_member_without_a_sitting_is_here_while_one_of_the_vendor(world):
    assert presence.still_here(world.session, world.owner)


def test_a_member_who_logged_out_or_is_disabled_is_not(world, member):
    sittings.log_out(world.session, sitting_id=member.sitting_id)
    assert not here(world, member)
    world.session.execute(Member.__table__.update().values(disabled_at=clock.now()))
    world.session.commit()
    assert not presence.still_here(world.session, world.owner)


def test_another_vendors_member_of_the_same_id_is_not(world, member):
    from dataclasses import replace

    from portal.db import new_id

    assert not presence.still_here(world.session, replace(member, vendor_id=new_id()))


@pytest.mark.parametrize("act", ["revoke", "rotate"])
def test_a_contact_whose_code_was_taken_is_not(world, entered, contact, act):
    getattr(grants, act)(world.session, actor=world.owner, grant=world.session.get_one(Grant, entered.grant_id))
    assert not here(world, contact)


def test_a_contact_whose_code_ran_out_or_who_left_is_not(world, contact):
    with time_machine.travel(clock.now() + timedelta(days=400), tick=False):
        assert not here(world, contact)
    sittings.leave(world.session, sitting_id=contact.sitting_id)
    assert not here(world, contact)


def test_nobody_and_the_system_are_nowhere(world):
    assert not presence.still_here(world.session, Nobody())
    assert not presence.still_here(world.session, SystemActor())


def test_asking_leaves_no_transaction_open(world, member):
    assert presence.still_here(world.session, member)
    assert not world.session.in_transaction()
    assert world.session.scalars(select(Sitting.ended_at)).all() == [None]
