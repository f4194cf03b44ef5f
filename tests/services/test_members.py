"""The vendor's people: let in, given roles, let go; and each one's own password and clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.access.actor import MemberActor
from portal.models.sitting import Sitting
from portal.models.vendor import Member
from portal.rules.errors import Conflict, Forbidden, Invalid, InvalidForm
from portal.rules.roles import Role
from portal.services import members, sittings
from portal.services.members import Newcomer
from tests.worlds import PASSWORD, VISITOR, World

ADA = Newcomer("Ada Byron", "Ada@Studio.example", Role.MANAGER, "en")
BETTER = "seven quiet harbours 12"


def add(world: World, newcomer: Newcomer = ADA) -> tuple[Member, str]:
    return members.add(world.session, actor=world.owner, vendor=world.vendor, newcomer=newcomer)


def row(world: World, actor: MemberActor) -> Member:
    return world.session.get_one(Member, actor.member_id)


def seated(world: World, actor: MemberActor) -> MemberActor:
    """The same member, sitting at a browser."""
    sittings._sit_down(world.session, member_id=actor.member_id, visitor=VISITOR)
    newest = select(Sitting.id).where(Sitting.member_id == actor.member_id).order_by(Sitting.id.desc()).limit(1)
    return replace(actor, sitting_id=world.session.scalar(newest))


def alive(world: World, actor: MemberActor) -> list[object]:
    world.session.rollback()
    mine = select(Sitting.id).where(Sitting.member_id == actor.member_id, Sitting.ended_at.is_(None))
    return list(world.session.scalars(mine))


def test_a_newcomer_can_log_in_with_the_first_password(world: World) -> None:
    member, password = add(world)
    assert (member.name, member.email, member.role) == ("Ada Byron", "ada@studio.example", Role.MANAGER)
    _token, found = sittings.log_in(world.session, email="ADA@studio.example", password=password, visitor=VISITOR)
    assert found.id == member.id


def test_everything_wrong_with_a_newcomer_is_found_at_once(world: World) -> None:
    with pytest.raises(InvalidForm) as caught:
        add(world, Newcomer(" ", "nowhere", Role.MEMBER))
    assert [error.field for error in caught.value.errors] == ["name", "email"]


def test_an_address_belongs_to_one_member_of_the_installation(world: World) -> None:
    add(world)
    other = World.founded(world.app, world.session, "Other Studio")
    for studio in (world, other):
        with pytest.raises(Invalid, match="already logs in") as caught:
            add(studio)
        assert caught.value.field == "email"


def test_only_owners_let_in_change_roles_and_let_go(world: World) -> None:
    manager, max_ = world.member(Role.MANAGER), world.member()
    with pytest.raises(Forbidden):
        members.add(world.session, actor=manager, vendor=world.vendor, newcomer=ADA)
    with pytest.raises(Forbidden):
        members.change_role(world.session, actor=manager, member=row(world, max_), role=Role.OWNER)
    with pytest.raises(Forbidden):
        members.disable(world.session, actor=manager, member=row(world, max_))


def test_the_last_owner_stays_one(world: World) -> None:
    with pytest.raises(Conflict, match="only owner"):
        members.change_role(world.session, actor=world.owner, member=row(world, world.owner), role=Role.MANAGER)
    with pytest.raises(Conflict, match="only owner"):
        members.disable(world.session, actor=world.owner, member=row(world, world.owner))
    assert row(world, world.owner).role is Role.OWNER


def test_with_a_second_owner_the_first_may_go(world: World) -> None:
    second = world.member()
    members.change_role(world.session, actor=world.owner, member=row(world, second), role=Role.OWNER)
    members.disable(world.session, actor=world.owner, member=row(world, world.owner))
    assert row(world, world.owner).disabled_at is not None
    with pytest.raises(Conflict):
        members.disable(world.session, actor=replace(second, role=Role.OWNER), member=row(world, second))


def test_whoever_is_let_go_is_out_everywhere_and_cannot_come_back_alone(world: World) -> None:
    member, password = add(world)
    ada = replace(world.owner, member_id=member.id)
    seated(world, ada)
    members.disable(world.session, actor=world.owner, member=row(world, ada))
    assert alive(world, ada) == []
    with pytest.raises(Invalid):
        sittings.log_in(world.session, email=ADA.email, password=password, visitor=VISITOR)


def test_who_comes_back_is_the_same_person_with_a_new_password(world: World) -> None:
    member, old = add(world)
    members.disable(world.session, actor=world.owner, member=member)
    again, new = add(world, replace(ADA, name="Ada Lovelace", role=Role.MEMBER))
    assert (again.id, again.name, again.role, again.disabled_at) == (member.id, "Ada Lovelace", Role.MEMBER, None)
    assert new != old
    sittings.log_in(world.session, email=ADA.email, password=new, visitor=VISITOR)


def test_a_new_password_works_at_once_and_ends_the_other_sittings(world: World) -> None:
    vera = seated(world, world.owner)
    seated(world, world.owner)
    members.change_password(world.session, actor=vera, current=PASSWORD, new=BETTER)
    assert alive(world, vera) == [vera.sitting_id]
    email = row(world, vera).email
    sittings.log_in(world.session, email=email, password=BETTER, visitor=VISITOR)
    with pytest.raises(Invalid):
        sittings.log_in(world.session, email=email, password=PASSWORD, visitor=VISITOR)


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("wrong", BETTER, "current"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "password1234", "new"),
        (PASSWORD, "verastein1234", "new"),
        (PASSWORD, "x" * 201, "new"),
    ],
)
def test_a_bad_password_is_refused_beside_its_field(world: World, current: str, new: str, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        members.change_password(world.session, actor=world.owner, current=current, new=new)
    assert caught.value.field == field


def test_ones_own_clock_and_language_are_kept(world: World) -> None:
    members.live_in(world.session, actor=world.owner, time_zone="Asia/Shanghai")
    members.speak(world.session, actor=world.owner, locale="zh_Hans")
    assert (row(world, world.owner).time_zone, row(world, world.owner).locale) == ("Asia/Shanghai", "zh_Hans")
    with pytest.raises(Invalid):
        members.live_in(world.session, actor=world.owner, time_zone="Mars/Olympus")


def test_ending_the_others_leaves_this_browser_alone(world: World) -> None:
    first = seated(world, world.owner)
    here = seated(world, world.owner)
    sittings.end_others(world.session, actor=here)
    assert alive(world, here) == [here.sitting_id]
    assert first.sitting_id != here.sitting_id
