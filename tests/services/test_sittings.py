"""Browsers that come and go: tokens, limits of time, keyrings, leaving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from portal.adapters import clock, outside
from portal.models.client import Grant, GrantUse
from portal.models.sitting import Sitting
from portal.queries import sittings as reads
from portal.queries.sittings import CONTACT_IDLE, CONTACT_LONGEST, MEMBER_IDLE, MEMBER_LONGEST, Ended, Visit
from portal.rules.codes import Mistyped
from portal.rules.errors import Invalid
from portal.rules.roles import Scope
from portal.services import grants, members, sittings
from tests.worlds import VISITOR, World

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def find(world: World, token: str) -> Visit | Ended | None:
    world.session.rollback()
    return reads.find(world.session, outside.of(world.session).keys.digest_token(token), clock.now())


def enter(world: World, code: str, visit: Visit | None = None) -> str:
    sitting_id = visit.sitting_id if visit else None
    return sittings.enter(world.session, typed=code, visitor=VISITOR, sitting_id=sitting_id)[0]


def visit_of(world: World, token: str) -> Visit:
    found = find(world, token)
    assert isinstance(found, Visit)
    return found


def test_a_code_opens_its_project_and_is_noted(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    token, project_id = sittings.enter(world.session, typed=cleo.code, visitor=VISITOR, sitting_id=None)
    assert project_id == project.id
    assert [key.project_id for key in visit_of(world, token).actor.keys] == [project.id]
    assert world.session.scalar(select(func.count()).select_from(GrantUse)) == 1


def test_only_a_keyed_digest_of_code_and_token_is_kept(world: World) -> None:
    cleo = world.contact(world.project())
    token = enter(world, cleo.code)
    kept = [world.session.scalar(select(column)) for column in (Grant.code_digest, Sitting.token_digest)]
    assert [len(digest) for digest in kept] == [32, 32]
    assert not any(secret.encode() in digest for secret in (cleo.code, token) for digest in kept)


def test_a_mistyped_code_and_one_that_opens_nothing_are_told_apart(world: World) -> None:
    cleo = world.contact(world.project())
    wrong = cleo.code[:-1] + ("0" if cleo.code[-1] != "0" else "1")
    with pytest.raises(Mistyped):
        enter(world, wrong)
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(Grant, cleo.grant_id))
    with pytest.raises(Invalid) as refusal:
        enter(world, cleo.code)
    assert refusal.value.code == "no_entry"


def test_every_entering_gives_the_browser_a_new_token_and_kills_the_old_one(world: World) -> None:
    """Whoever planted the cookie of a sitting in somebody's browser does not see what that person opens."""
    first, second = (world.contact(world.project()) for _ in range(2))
    planted = enter(world, first.code)
    own = enter(world, second.code, visit_of(world, planted))
    assert own != planted
    assert find(world, planted) is None
    assert len(visit_of(world, own).actor.keys) == 2


def test_entering_again_makes_the_key_fresh_and_hangs_up_no_second_one(world: World) -> None:
    cleo = world.contact(world.project())
    with time_machine.travel(NOON, tick=False) as travel:
        token = enter(world, cleo.code)
        travel.shift(timedelta(minutes=20))
        token = enter(world, cleo.code, visit_of(world, token))
        (key,) = visit_of(world, token).actor.keys
        assert key.entered_at == clock.now()


def test_two_codes_on_one_browser_open_both_projects_under_both_brands(world: World) -> None:
    other = World.founded(world.app, world.session, name="Studio Nord")
    cleo, guest = world.contact(world.project()), other.contact(other.project(), name="Cleo Chen")
    token = enter(world, cleo.code)
    visit = visit_of(world, enter(world, guest.code, visit_of(world, token)))
    assert {key.vendor_id for key in visit.actor.keys} == {world.owner.vendor_id, other.owner.vendor_id}
    assert {brand.name for brand in visit.brands.values()} == {"Vera Studio", "Studio Nord"}


def test_leaving_drops_one_code_or_all_of_them(world: World) -> None:
    first, second = (world.contact(world.project()) for _ in range(2))
    token = enter(world, first.code)
    token = enter(world, second.code, visit_of(world, token))
    sitting_id = visit_of(world, token).sitting_id
    sittings.leave(world.session, sitting_id=sitting_id, grant_ids=[first.grant_id])
    assert [key.grant_id for key in visit_of(world, token).actor.keys] == [second.grant_id]
    sittings.leave(world.session, sitting_id=sitting_id)
    assert find(world, token) is None


@pytest.mark.parametrize("act", ["revoke", "rotate"])
def test_a_key_whose_grant_has_changed_opens_nothing_any_more(world: World, act: str) -> None:
    cleo = world.contact(world.project())
    token = enter(world, cleo.code)
    grant = world.session.get_one(Grant, cleo.grant_id)
    if act == "revoke":
        grants.revoke(world.session, actor=world.owner, grant=grant)
    if act == "rotate":
        grants.rotate(world.session, actor=world.owner, grant=grant)
    assert find(world, token) is None


def test_a_key_opens_until_its_access_expires_and_no_second_longer(world: World) -> None:
    with time_machine.travel(NOON, tick=False) as travel:
        project = world.project()
        invitation = grants.Invitation("Cleo Chen", "", frozenset(Scope), expires_on=clock.today("Europe/Berlin"))
        issued = grants.issue(world.session, actor=world.owner, project=project, invitation=invitation)
        expires_at = world.session.get_one(Grant, issued.grant_id).expires_at
        token = enter(world, issued.code)
        travel.move_to(expires_at - SECOND)
        assert isinstance(find(world, token), Visit)
        travel.move_to(expires_at)
        assert find(world, token) is None


@pytest.mark.parametrize(("over", "alive"), [(-SECOND, True), (timedelta(0), True), (SECOND, False)])
def test_a_keyring_left_alone_ends_after_a_day(world: World, over: timedelta, alive: bool) -> None:
    cleo = world.contact(world.project())
    with time_machine.travel(NOON, tick=False) as travel:
        token = enter(world, cleo.code)
        travel.shift(CONTACT_IDLE + over)
        assert isinstance(find(world, token), Visit if alive else Ended)


@pytest.mark.parametrize(("over", "alive"), [(-SECOND, True), (timedelta(0), True), (SECOND, False)])
def test_a_member_left_alone_is_out_after_eight_hours(world: World, over: timedelta, alive: bool) -> None:
    with time_machine.travel(NOON, tick=False) as travel:
        token = sittings._sit_down(world.session, member_id=world.owner.member_id, visitor=VISITOR)
        travel.shift(MEMBER_IDLE + over)
        assert isinstance(find(world, token), Visit if alive else Ended)


@pytest.mark.parametrize("side", ["contact", "member"])
@pytest.mark.parametrize(("over", "alive"), [(timedelta(0), True), (SECOND, False)])
def test_nobody_stays_longer_than_the_longest_stay_however_busy(
    world: World, side: str, over: timedelta, alive: bool
) -> None:
    longest = CONTACT_LONGEST if side == "contact" else MEMBER_LONGEST
    cleo = world.contact(world.project())
    with time_machine.travel(NOON, tick=False) as travel:
        if side == "contact":
            token = enter(world, cleo.code)
        else:
            token = sittings._sit_down(world.session, member_id=world.owner.member_id, visitor=VISITOR)
        sitting_id = visit_of(world, token).sitting_id
        travel.shift(longest - timedelta(hours=1))
        sittings.touch(world.session, sitting_id=sitting_id)
        travel.shift(timedelta(hours=1) + over)
        assert isinstance(find(world, token), Visit if alive else Ended)


def test_a_clock_set_back_stretches_no_stay(world: World) -> None:
    cleo = world.contact(world.project())
    with time_machine.travel(NOON, tick=False) as travel:
        sitting_id = visit_of(world, enter(world, cleo.code)).sitting_id
        travel.move_to(NOON - timedelta(days=1))
        sittings.touch(world.session, sitting_id=sitting_id)
    assert world.session.get_one(Sitting, sitting_id).seen_at == NOON


def test_ending_the_others_leaves_this_browser_alone(world: World) -> None:
    tokens = [sittings._sit_down(world.session, member_id=world.owner.member_id, visitor=VISITOR) for _ in range(3)]
    here = visit_of(world, tokens[0]).actor
    sittings.end_others(world.session, actor=here)
    assert [isinstance(find(world, token), Visit) for token in tokens] == [True, False, False]


def test_a_disabled_member_is_out_at_once(world: World) -> None:
    max_ = world.member()
    token = sittings._sit_down(world.session, member_id=max_.member_id, visitor=VISITOR)
    member = world.session.get_one(members.Member, max_.member_id)
    members.disable(world.session, actor=world.owner, member=member)
    assert find(world, token) is None


def test_a_code_opens_until_its_time_is_over_and_no_second_longer(world: World) -> None:
    with time_machine.travel(NOON, tick=False) as travel:
        code = world.contact(world.project()).code
        expires_at = world.session.scalars(select(Grant.expires_at)).one()
        travel.move_to(expires_at - SECOND)
        enter(world, code)
        travel.move_to(expires_at)
        with pytest.raises(Invalid):
            enter(world, code)
