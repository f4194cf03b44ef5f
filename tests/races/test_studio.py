"""Two people at one studio do something at the same moment: one after the other, or the second is told."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import db
from portal.access.actor import MemberActor
from portal.adapters import passwords
from portal.models.client import Client, Contact
from portal.models.outbox import Notice
from portal.models.sitting import Sitting
from portal.models.vendor import Member, Vendor
from portal.rules.errors import AlreadyDone, Conflict, Invalid
from portal.rules.roles import Role
from portal.services import members, projects, sittings, vendors
from portal.services.notices import NoticeKind
from portal.services.vendors import Payee
from tests import scale
from tests.access.people import second_studio
from tests.races import together
from tests.races.confirming import confirm, waiting
from tests.worlds import PASSWORD, VISITOR, World

ROUNDS = scale.cases(4, full=100)
pytestmark = pytest.mark.scaled


def pays_to(session: Session, actor: MemberActor, holder: str, account: str) -> Vendor:
    vendor = session.get_one(Vendor, actor.vendor_id)
    return vendors.change_payee(session, actor=actor, vendor=vendor, payee=Payee("", holder, "", account, ""))


def payee(world: World) -> tuple[str, str]:
    world.session.rollback()
    return world.vendor.bank_holder, world.vendor.bank_account


def test_where_money_goes_is_what_one_person_typed(app: Flask, world: World) -> None:
    """One changes the holder, the other the account: never both, which nobody typed."""
    for _ in range(ROUNDS):
        pays_to(world.session, world.owner, "Old", "OLD 1")
        changes = [("New", "OLD 1"), ("Old", "NEW 2")]
        together.at_once(app, [partial(pays_to, actor=world.owner, holder=h, account=a) for h, a in changes])
        assert payee(world) in changes


def test_clients_hear_when_the_first_payee_is_replaced_at_the_same_moment(app: Flask, world: World) -> None:
    world.contact(world.project())
    changes = [("Anna", "A 1"), ("Berta", "B 2")]
    together.at_once(app, [partial(pays_to, actor=world.owner, holder=h, account=a) for h, a in changes])
    world.session.rollback()
    assert world.vendor.payee_changed_at is not None
    told = select(func.count()).where(Notice.kind == NoticeKind.PAYEE_CHANGED, Notice.to_kind == "contact")
    assert world.session.scalar(told) == 1


def test_every_change_of_the_looks_is_another_version(app: Flask, world: World) -> None:
    """Browsers keep a look for a year under its version."""
    before = world.vendor.look_version

    def look(session: Session, colour: str) -> Vendor:
        vendor = session.get_one(Vendor, world.owner.vendor_id)
        return vendors._present(session, vendor, {"brand_colour": colour})

    together.at_once(app, [partial(look, colour=f"#00000{number}") for number in range(8)])
    world.session.rollback()
    assert world.vendor.look_version == before + 8


def test_confirming_while_the_payee_changes_ends_in_no_deadlock(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy: list[str] = []
    is_busy = db._busy
    monkeypatch.setattr(db, "_busy", lambda error: busy.append(str(error.orig)) or is_busy(error))
    pays_to(world.session, world.owner, "Old", "OLD 1")
    for number, payment_id in enumerate(waiting(world, 2 * ROUNDS)):
        change = partial(pays_to, actor=world.owner, holder="Old", account=f"NEW {number}")
        settle = partial(confirm, actor=world.owner, payment_id=payment_id, key=f"confirm {payment_id}")
        answers = together.at_once(app, [change, settle])
        assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert busy == []


def owners(world: World) -> int:
    world.session.rollback()
    live = select(func.count()).where(Member.role == Role.OWNER, Member.disabled_at.is_(None))
    return world.session.scalar(live.where(Member.vendor_id == world.owner.vendor_id)) or 0


def test_two_owners_who_end_each_others_access_leave_one(app: Flask, world: World) -> None:
    for _ in range(ROUNDS):
        second = world.member(Role.OWNER, "Olga Owner")

        def end(session: Session, actor: MemberActor, member_id: Any) -> Member:
            return members.disable(session, actor=actor, member=session.get_one(Member, member_id))

        pairs = [(world.owner, second.member_id), (second, world.owner.member_id)]
        answers = together.at_once(app, [partial(end, actor=actor, member_id=other) for actor, other in pairs])
        assert owners(world) == 1
        assert sum(isinstance(answer, Conflict) for answer in answers) == 1
        world.session.get_one(Member, world.owner.member_id).disabled_at = None
        world.session.get_one(Member, second.member_id).disabled_at = members.clock.now()
        world.session.commit()


def test_who_became_the_only_owner_a_moment_ago_stays(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the removal of a manager waits for its turn, the owner makes them owner and steps down."""
    heir = world.member(Role.MANAGER, "Hana Heir")
    lock = members.lock_row

    def late(session: Session, table: str, row_id: Any) -> None:
        monkeypatch.setattr(members, "lock_row", lock)
        if session.get_bind().dialect.name == "postgresql":
            [passed] = together.at_once(app, [hand_over])
            assert not isinstance(passed, Exception), passed
        lock(session, table, row_id)

    def hand_over(session: Session) -> None:
        for member_id, role in ((heir.member_id, Role.OWNER), (world.owner.member_id, Role.MANAGER)):
            members.change_role(session, actor=world.owner, member=session.get_one(Member, member_id), role=role)

    monkeypatch.setattr(members, "lock_row", late)
    leaving = world.session.get_one(Member, heir.member_id)
    with suppress(Conflict):
        members.disable(world.session, actor=world.owner, member=leaving)
    assert owners(world) == 1


def email(world: World) -> str:
    return world.session.get_one(Member, world.owner.member_id).email


@pytest.mark.parametrize("change", ["password", "access"])
def test_logging_in_with_what_was_changed_meanwhile_is_refused(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Checking a password takes a while; whoever is inside after that would stay inside."""
    second, address, matches = world.member(Role.OWNER), email(world), passwords.matches

    def meanwhile(kept: str | None, typed: str) -> bool:
        with together.fresh_session(app) as other:
            me = other.get_one(Member, world.owner.member_id)
            if change == "password":
                members._set_password(other, world.owner, me.password_hash, "another hash")
            else:
                members.disable(other, actor=second, member=me)
        return matches(kept, typed)

    monkeypatch.setattr(passwords, "matches", meanwhile)
    with pytest.raises(Invalid) as refusal:
        sittings.log_in(world.session, email=address, password=PASSWORD, visitor=VISITOR)
    assert refusal.value.code == "login_failed"
    inside = select(func.count()).where(Sitting.member_id == world.owner.member_id, Sitting.ended_at.is_(None))
    assert world.session.scalar(inside) == 0


def test_of_two_who_change_one_password_the_second_is_told(app: Flask, world: World) -> None:
    kept = world.session.get_one(Member, world.owner.member_id).password_hash

    def change(session: Session, new: str) -> str:
        members._set_password(session, world.owner, kept, new)
        return new

    answers = together.at_once(app, [partial(change, new="one"), partial(change, new="two")])
    assert sum(isinstance(answer, Invalid) for answer in answers) == 1
    world.session.rollback()
    assert world.session.get_one(Member, world.owner.member_id).password_hash in answers


def test_two_projects_for_a_new_client_make_it_once(app: Flask, world: World) -> None:
    def draft(session: Session, name: str) -> Any:
        return World(app, session, world.owner, "").draft(client_name=name)

    for number in range(ROUNDS):
        name = f"Client {number}"
        answers = together.at_once(app, [lambda own, name=name: draft(own, name)] * 4)
        assert [answer for answer in answers if isinstance(answer, Exception)] == []
        world.session.rollback()
        [client_id] = world.session.scalars(select(Client.id).where(Client.name == name))
        assert world.session.scalar(select(func.count()).where(Contact.client_id == client_id)) == 1


def test_a_project_starts_once(app: Flask, world: World) -> None:
    for _ in range(ROUNDS):
        project_id = world.draft().id

        def start(session: Session, project_id: Any) -> Any:
            return projects.start(session, actor=world.owner, project=session.get_one(projects.Project, project_id)).id

        answers = together.at_once(app, [partial(start, project_id=project_id)] * 8)
        assert answers.count(project_id) == 1
        assert sum(isinstance(answer, AlreadyDone) for answer in answers) == 7


def test_of_two_studios_that_enrol_one_address_the_second_is_told(app: Flask, world: World) -> None:
    other = second_studio(app, world.session)

    def enrol(session: Session, at: World, email: str) -> object:
        newcomer = members.Newcomer(name="Max Krüger", email=email, role=Role.MEMBER)
        return members._add(session, session.get_one(Vendor, at.owner.vendor_id), newcomer, "hash").id

    for number in range(ROUNDS):
        email = f"max{number}@studio.example"
        answers = together.at_once(app, [partial(enrol, at=at, email=email) for at in (world, other)])
        assert sorted(type(answer).__name__ for answer in answers) == ["Invalid", "UUID"]
