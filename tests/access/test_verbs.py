"""Each verb asks by itself whether it may be done: a page that forgot to ask would change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.access import policy
from portal.access.actor import MemberActor
from portal.access.policy import Action
from portal.adapters import clock
from portal.models.client import Grant
from portal.models.payment import Payment
from portal.models.project import Project
from portal.models.status_update import StatusDraft
from portal.models.vendor import Member
from portal.rules.errors import Forbidden
from portal.rules.rhythm import Choice, Rhythm
from portal.rules.roles import Role
from portal.services import (
    grants,
    members,
    milestones,
    payments,
    projects,
    status_drafts,
    status_plans,
    status_updates,
    vendors,
)
from tests.worlds import Entered, World

Verb = Callable[[World, Any, Any], object]


def a_payment(world: World, *, confirmed: bool = False) -> Payment:
    project = world.project()
    cleo = world.contact(project)
    payment = world.report(world.deliver(world.milestone(project), note="Workshop held."), cleo)
    if confirmed:
        world.confirm(payment)
    return payment


def a_grant(world: World) -> Grant:
    return world.session.get_one(Grant, world.contact(world.project()).grant_id)


def a_colleague(world: World) -> Member:
    return world.session.get_one(Member, world.member(Role.MANAGER, "Mia Manager").member_id)


def confirm(world: World, actor: Any, payment: Payment) -> object:
    today = clock.today("Europe/Berlin")
    return payments.confirm(
        world.session, actor=actor, payment=payment, amount_minor=100, received_on=today, ticket=world.ticket()
    )


def payee(world: World, actor: Any, _thing: object) -> object:
    return vendors.change_payee(
        world.session, actor=actor, vendor=world.vendor, payee=vendors.Payee("Pay us.", "Max", "", "", "")
    )


def a_draft(world: World) -> StatusDraft:
    return status_drafts.draft_now(world.session, actor=world.owner, project=world.project())


def choose_rhythm(world: World, actor: Any, project: Project) -> object:
    choice = Choice(Rhythm.WEEKLY, weekday=0, hour=9)
    return status_plans.choose(world.session, actor=actor, project=project, choice=choice)


# A verb, what it is done to, and how.
VERBS: dict[str, tuple[Callable[[World], Any], Verb]] = {
    "confirm": (a_payment, confirm),
    "reject": (
        a_payment,
        lambda w, a, p: payments.reject(w.session, actor=a, payment=p, reason="No.", ticket=w.ticket()),
    ),
    "reverse": (
        lambda w: a_payment(w, confirmed=True),
        lambda w, a, p: payments.reverse(w.session, actor=a, payment=p, reason="No.", ticket=w.ticket()),
    ),
    "revoke": (a_grant, lambda w, a, g: grants.revoke(w.session, actor=a, grant=g)),
    "rotate": (a_grant, lambda w, a, g: grants.rotate(w.session, actor=a, grant=g)),
    "start": (lambda w: w.draft(), lambda w, a, p: projects.start(w.session, actor=a, project=p)),
    "release": (
        lambda w: w.deliver(w.milestone(w.project()), note="Held."),
        lambda w, a, m: milestones.release(w.session, actor=a, milestone=m, confirm="Step 1"),
    ),
    "disable": (a_colleague, lambda w, a, m: members.disable(w.session, actor=a, member=m)),
    "change_role": (a_colleague, lambda w, a, m: members.change_role(w.session, actor=a, member=m, role=Role.MEMBER)),
    "change_payee": (lambda w: None, payee),
    "choose_rhythm": (lambda w: w.project(), choose_rhythm),
    "draft_now": (lambda w: w.project(), lambda w, a, p: status_drafts.draft_now(w.session, actor=a, project=p)),
    "send_update": (a_draft, lambda w, a, d: status_updates.send(w.session, actor=a, draft=d)),
    "skip_update": (a_draft, lambda w, a, d: status_updates.skip(w.session, actor=a, draft=d)),
}


def test_each_verb_asks_whether_it_may_be_done(world: World) -> None:
    outsiders = (world.member(Role.MEMBER), World.founded(world.app, world.session, name="Otto Agency").owner)
    done = []
    for name, (make, verb) in VERBS.items():
        thing = make(world)
        for actor in outsiders:
            done += [] if is_forbidden(world, verb, actor, thing) else [f"{name} by {actor.role} of {actor.vendor_id}"]
    assert done == []


@pytest.mark.parametrize("name", VERBS)
def test_the_owner_may_do_each(world: World, name: str) -> None:
    """The control: what is forbidden above is possible."""
    make, verb = VERBS[name]
    verb(world, world.owner, make(world))


def is_forbidden(world: World, verb: Verb, actor: MemberActor, thing: Any) -> bool:
    try:
        verb(world, actor, thing)
    except Forbidden:
        return True
    return False


def test_a_code_allows_nothing_in_another_project(world: World) -> None:
    mine, neighbour = world.project(), world.project(title="Next door")
    cleo: Entered = world.contact(mine)
    for action in (Action.APPROVE, Action.REPORT_PAYMENT, Action.DOWNLOAD, Action.SEE_MONEY):
        assert policy.can(cleo.actor, action, world.milestone(mine))
        assert not policy.can(cleo.actor, action, world.milestone(neighbour))
