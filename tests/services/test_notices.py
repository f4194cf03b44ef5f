"""Who is told: each person once, of what others did, and of money only who has to do with it."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from portal.access.actor import MemberActor
from portal.models.outbox import Notice
from portal.rules.roles import Scope
from portal.services import milestones
from portal.services.milestones import SignOff
from tests.worlds import Entered, World


def told(world: World, kind: str) -> Counter[tuple[str, str]]:
    """How often each person is told of one kind of thing."""
    rows = world.session.execute(select(Notice.to_kind, Notice.to_id).where(Notice.kind == kind))
    return Counter((row.to_kind, str(row.to_id)) for row in rows)


def test_who_has_two_codes_is_told_once(world: World) -> None:
    project = world.project()
    first, second = world.contact(project), world.contact(project)
    assert first.grant_id != second.grant_id
    world.deliver(world.milestone(project), note="Workshop held.")
    assert told(world, "work_delivered") == {("contact", contact_of(first)): 1}


def test_nobody_is_told_of_what_they_did_themselves(world: World) -> None:
    project, colleague = world.project(), world.member()
    cleo = world.contact(project)
    world.pay(world.deliver(world.milestone(project), note="Workshop held."), cleo)
    assert told(world, "payment_reported") == {member_of(world.owner): 1, member_of(colleague): 1}
    assert told(world, "payment_confirmed") == {member_of(colleague): 1, ("contact", contact_of(cleo)): 1}


def test_money_is_told_to_those_who_may_pay(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    world.contact(project, frozenset({Scope.VIEW, Scope.REVIEW}), name="Vic View")
    world.pay(world.deliver(world.milestone(project), note="Workshop held."), cleo)
    told_contacts = [person for kind, person in told(world, "payment_confirmed") if kind == "contact"]
    assert told_contacts == [contact_of(cleo)]


def test_an_approval_is_told_to_every_member(world: World) -> None:
    project = world.project()
    cleo, colleague = world.contact(project), world.member()
    step = world.deliver(world.milestone(project), note="Workshop held.")
    sign_off = SignOff(step.manifest_sha256 or "", "Cleo Chen", "I accept.")
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off)
    assert told(world, "work_approved") == {member_of(world.owner): 1, member_of(colleague): 1}


def member_of(actor: MemberActor) -> tuple[str, str]:
    return "member", str(actor.member_id)


def contact_of(entered: Entered) -> str:
    return str(entered.actor.latest.contact_id)
