"""The table of permissions by itself: what belongs to one side is no act of the other, whatever else would stop it."""

from __future__ import annotations

import pytest

from portal.access import policy
from portal.access.actor import Nobody
from portal.access.policy import Action
from portal.rules.roles import Role
from tests.worlds import World

OF_THE_CLIENT = (Action.APPROVE, Action.REPORT_PAYMENT)
SHARED = (Action.DOWNLOAD, Action.SEE_MONEY, Action.TALK)
OF_THE_VENDOR = tuple(action for action in Action if action not in (*OF_THE_CLIENT, *SHARED))


def test_each_side_has_acts_of_its_own(world: World) -> None:
    project = world.project()
    step, cleo = world.milestone(project), world.contact(project).actor
    for action in OF_THE_CLIENT:
        assert policy.can(cleo, action, step)
        for role in Role:
            assert not policy.can(world.member(role), action, step), (action, role)
    for action in OF_THE_VENDOR:
        assert policy.can(world.owner, action, step)
        assert not policy.can(cleo, action, step), action


@pytest.mark.parametrize("action", Action)
def test_strangers_and_other_vendors_may_do_nothing(world: World, action: Action) -> None:
    step = world.milestone(world.project())
    other = World.founded(world.app, world.session, name="Otto Agency")
    assert not policy.can(Nobody(), action, step)
    assert not policy.can(other.owner, action, step)
