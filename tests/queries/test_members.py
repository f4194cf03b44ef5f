"""The reads behind the settings and the project form: what they show, at a constant number of questions."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from portal.adapters import clock
from portal.queries import drafts
from portal.queries import members as reads
from portal.rules.roles import Role
from portal.services import members
from tests.queries.test_statement_counts import statements
from tests.worlds import World


@pytest.mark.parametrize("address", ["/settings", "/settings/payment", "/settings/members", "/settings/account"])
def test_each_page_costs_the_same_for_one_member_and_for_three(world: World, address: str) -> None:
    vera = world.browser(world.owner)
    costs = {len(statements(world, vera, address))}
    for role in (Role.MANAGER, Role.MEMBER):
        world.browser(world.member(role))
        world.browser(world.owner)
    costs.add(len(statements(world, vera, address)))
    assert len(costs) == 1
    assert costs.pop() <= 5


def test_the_form_of_a_draft_costs_the_same_for_one_milestone_and_for_three(world: World) -> None:
    vera = world.browser(world.owner)
    drafted = [world.draft(amounts=("5",) * count).id for count in (1, 3)]
    costs = {len(statements(world, vera, f"/projects/{project_id}/edit")) for project_id in drafted}
    assert len(costs) == 1
    assert costs.pop() <= 7


def test_colleagues_are_those_who_may_log_in_and_the_last_owner_is_marked(world: World) -> None:
    max_, gone = world.member(name="Max"), world.member(name="Gone")
    World.founded(world.app, world.session, "Other Studio")
    members.disable(world.session, actor=world.owner, member=world.session.get_one(members.Member, gone.member_id))
    people = reads.colleagues(world.session, world.owner)
    assert [(person.name, person.is_last_owner) for person in people] == [("Max", False), ("Vera Stein", True)]
    assert people[0].id == max_.member_id
    second = world.session.get_one(members.Member, max_.member_id)
    members.change_role(world.session, actor=world.owner, member=second, role=Role.OWNER)
    assert not any(person.is_last_owner for person in reads.colleagues(world.session, world.owner))


def test_sittings_that_ran_out_are_not_listed(world: World) -> None:
    world.browser(world.owner)
    assert len(reads.own_sittings(world.session, world.owner, clock.now())) == 1
    with time_machine.travel(clock.now() + timedelta(hours=9)):
        assert reads.own_sittings(world.session, world.owner, clock.now()) == []


def test_the_form_of_a_draft_names_whom_it_was_agreed_with(world: World) -> None:
    first = world.draft()
    world.contact(first, name="Wang Fang")
    world.draft(contact_name="Somebody Later", contact_email="later@cherry.example")
    found = drafts.of_project(world.session, world.owner, first.id, reader_locale="en")
    assert (found.contact_name, found.client_name) == ("Cleo Chen", "Cherry Harvest GmbH")
