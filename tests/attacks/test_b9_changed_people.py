"""Who lost a right has lost it at the next request (reliability.md B9): pages, originals and acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal.access.doors import get_grant
from portal.adapters import clock
from portal.models.client import Grant, write_scopes
from portal.models.milestone import Milestone
from portal.models.sitting import Sitting
from portal.models.vendor import Member
from portal.rules.roles import Role, Scope
from portal.services import grants, members, sittings
from tests import scale
from tests.access.people import second_studio
from tests.attacks import pages
from tests.attacks.scene import one_database
from tests.worlds import Browser, Entered, World

pytestmark = pytest.mark.scaled


@dataclass
class Stand:
    """A paid and delivered milestone, with a manager and a contact who are in."""

    world: World
    step: Milestone
    cleo: Entered
    manager_id: object
    manager: Browser
    contact: Browser

    @property
    def file(self) -> str:
        """The address of the original."""
        page = pages.Page(self.world.browser(self.world.owner).get(f"/milestones/{self.step.id}").text)
        return next(address for address in page.addresses if address.startswith("/deliverables/"))

    @property
    def page(self) -> str:
        return f"/milestones/{self.step.id}"


@pytest.fixture
def stand(world: World) -> Stand:
    project = world.project()
    step, cleo = world.deliver(world.milestone(project), ("plan.txt", b"the plan")), world.contact(project)
    world.pay(step, cleo)
    manager = world.member(Role.MANAGER, "Mia Manager")
    return Stand(world, step, cleo, manager.member_id, world.browser(manager), world.entered(cleo.code))


def disabled(stand: Stand) -> None:
    members.disable(stand.world.session, actor=stand.world.owner, member=member(stand))


def logged_out_elsewhere(stand: Stand) -> None:
    sitting = stand.world.session.query(Sitting).filter_by(member_id=stand.manager_id).one()
    sittings.log_out(stand.world.session, sitting_id=sitting.id)


def left_alone(stand: Stand) -> None:
    stand.world.session.rollback()
    for sitting in stand.world.session.query(Sitting).all():
        sitting.seen_at -= timedelta(hours=25)
    stand.world.session.commit()


def moved_away(stand: Stand) -> None:
    """The person now belongs to another studio."""
    other = second_studio(stand.world.app, stand.world.session)
    stand.world.session.rollback()
    member(stand).vendor_id = other.owner.vendor_id
    stand.world.session.commit()


def revoked(stand: Stand) -> None:
    grants.revoke(stand.world.session, actor=stand.world.owner, grant=grant(stand))


def rotated(stand: Stand) -> None:
    grants.rotate(stand.world.session, actor=stand.world.owner, grant=grant(stand))


def expired(stand: Stand) -> None:
    change_grant(stand, "expires_at", clock.now())


def narrowed(stand: Stand) -> None:
    """To seeing nothing but what is to pay."""
    change_grant(stand, "scopes_text", write_scopes(frozenset({Scope.PAY})))


def change_grant(stand: Stand, name: str, value: object) -> None:
    """As no page can do yet."""
    stand.world.session.rollback()
    setattr(grant(stand), name, value)
    stand.world.session.commit()


def member(stand: Stand) -> Member:
    return stand.world.session.get_one(Member, stand.manager_id, populate_existing=True)


def grant(stand: Stand) -> Grant:
    return get_grant(stand.world.session, stand.world.owner, stand.cleo.grant_id)


# What happens, to whom it happens, and what they then get for the page and for the original.
CHANGES: dict[Callable[[Stand], None], tuple[str, int, int]] = {
    disabled: ("manager", 303, 303),
    logged_out_elsewhere: ("manager", 303, 303),
    moved_away: ("manager", 404, 404),
    left_alone: ("contact", 303, 303),
    revoked: ("contact", 303, 303),
    rotated: ("contact", 303, 303),
    expired: ("contact", 303, 303),
    narrowed: ("contact", 200, 403),
}


def get(browser: Browser, address: str, **headers: str) -> Any:
    """An answer that has been read to its end."""
    return browser.client.get(address, headers=headers, buffered=True)


@one_database
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_who_lost_the_right_gets_nothing_from_the_next_request_on(
    stand: Stand, change: Callable[[Stand], None]
) -> None:
    name, page, file = CHANGES[change]
    browser = stand.manager if name == "manager" else stand.contact
    address = stand.file
    # The control: a moment before, all of it was there.
    assert [get(browser, one).status_code for one in (stand.page, address)] == [200, 200]
    change(stand)
    assert [get(browser, one).status_code for one in (stand.page, address)] == [page, file]
    for part in (get(browser, address, Range="bytes=0-3"), get(browser, f"{stand.page}/archive.zip")):
        assert part.status_code == file
        assert b"the plan" not in part.data
    scale.figure("B9", f"{change.__name__.replace('_', ' ')}: pages, originals, ranges, archives", requests=4)


@one_database
def test_a_manager_made_a_member_sees_but_decides_nothing_any_more(stand: Stand) -> None:
    project, codes = stand.step.project_id, f"/projects/{stand.step.project_id}/grants"
    assert stand.manager.get(f"/projects/{project}/client").status_code == 200
    members.change_role(stand.world.session, actor=stand.world.owner, member=member(stand), role=Role.MEMBER)
    assert stand.manager.get(stand.page).status_code == 200
    assert stand.manager.get(f"/projects/{project}/client").status_code == 403
    assert stand.manager.post(codes, {"name": "Eve"}).status_code == 403
    assert stand.manager.post(f"/milestones/{stand.step.id}/release", {"confirm": "Step 1"}).status_code == 403


@one_database
def test_nothing_comes_back_when_the_clock_is_set_back(stand: Stand) -> None:
    """What timed out stays out (the sitting is ended, not only old)."""
    left_alone(stand)
    assert stand.contact.get(stand.page).status_code == 303
    with time_machine.travel(clock.now() - timedelta(hours=30), tick=False):
        assert stand.contact.get(stand.page).status_code == 303
