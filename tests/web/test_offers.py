"""Which acts the page offers, in every state, to whom: what is not offered would be refused as well."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.adapters import clock
from portal.db import new_id
from portal.models.deliverable import Upload, UploadState
from portal.models.milestone import Milestone
from portal.rules.lifecycle import Flow
from portal.rules.roles import Role, Scope
from portal.services import milestones, payments
from portal.services.milestones import SignOff
from tests.worlds import Entered, World

PDF = ("plan.pdf", b"%PDF-1.7")
APPROVE_FIRST = {"flow": Flow.APPROVE_THEN_INVOICE.value}


def draft(world: World) -> tuple[Milestone, Entered]:
    project = world.draft()
    return world.milestone(project), world.contact(project)


def working(world: World, **changes) -> tuple[Milestone, Entered]:
    project = world.project(**changes)
    return world.milestone(project), world.contact(project)


def locked(world: World) -> tuple[Milestone, Entered]:
    project = world.project()
    return world.milestone(project, 2), world.contact(project)


def delivered(world: World, **changes) -> tuple[Milestone, Entered]:
    step, cleo = working(world, **changes)
    return world.deliver(step, PDF), cleo


def delivered_approve_first(world: World) -> tuple[Milestone, Entered]:
    return delivered(world, **APPROVE_FIRST)


def approved(world: World) -> tuple[Milestone, Entered]:
    step, cleo = delivered(world, **APPROVE_FIRST)
    sign_off = SignOff(step.manifest_sha256, "Cleo Chen", "Yes.")
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off)
    return step, cleo


def without_a_price(world: World) -> tuple[Milestone, Entered]:
    return delivered(world, amounts=("0", "10"))


def reported(world: World) -> tuple[Milestone, Entered]:
    step, cleo = delivered(world)
    world.report(step, cleo)
    return step, cleo


def rejected(world: World) -> tuple[Milestone, Entered]:
    step, cleo = delivered(world)
    payment = world.report(step, cleo)
    payments.reject(world.session, actor=world.owner, payment=payment, reason="Nothing.", ticket=world.ticket())
    return step, cleo


def partly_paid(world: World) -> tuple[Milestone, Entered]:
    step, cleo = delivered(world)
    world.pay(step, cleo, minor=100)
    return step, cleo


def settled(world: World) -> tuple[Milestone, Entered]:
    step, cleo = delivered(world)
    world.pay(step, cleo)
    return step, cleo


def reversed_(world: World) -> tuple[Milestone, Entered]:
    step, cleo = delivered(world)
    payment = world.report(step, cleo)
    world.confirm(payment)
    payments.reverse(world.session, actor=world.owner, payment=payment, reason="Bounced.", ticket=world.ticket())
    return step, cleo


def released(world: World) -> tuple[Milestone, Entered]:
    step, cleo = delivered(world)
    milestones.release(world.session, actor=world.owner, milestone=step, confirm=step.title)
    return step, cleo


# State → what the client, the vendor's lead and a plain member are offered.
OFFERS: dict[Callable[[World], tuple[Milestone, Entered]], tuple[set[str], set[str], set[str]]] = {
    draft: (set(), set(), set()),
    locked: (set(), set(), set()),
    working: (set(), {"submission"}, {"submission"}),
    delivered: ({"approval", "report"}, {"release"}, set()),
    delivered_approve_first: ({"approval"}, {"release"}, set()),
    approved: ({"report"}, {"release"}, set()),
    without_a_price: ({"approval"}, set(), set()),
    reported: ({"approval", "report"}, {"release", "confirmation", "rejection"}, set()),
    rejected: ({"approval", "report"}, {"release"}, set()),
    partly_paid: ({"approval", "report"}, {"release", "reversal"}, set()),
    settled: (set(), {"reversal"}, set()),
    reversed_: ({"report"}, {"release"}, set()),
    released: ({"approval", "report"}, set(), set()),
}


def acts(page: str) -> set[str]:
    return {name.partition("-")[0] for name in re.findall(r'<form id="act-([\w-]+)"', page)}


@pytest.mark.parametrize("state", OFFERS, ids=lambda state: state.__name__.strip("_"))
def test_each_state_offers_each_side_what_is_theirs_to_do(world: World, state) -> None:
    step, cleo = state(world)
    viewer = world.contact(world.session.merge(step).project, frozenset({Scope.VIEW}), name="Li Wei")
    browsers = (
        world.entered(cleo.code), world.browser(world.owner), world.browser(world.member(Role.MEMBER)),
        world.entered(viewer.code),
    )  # fmt: skip
    offered = [acts(browser.get(f"/milestones/{step.id}").text) for browser in browsers]
    assert offered == [*OFFERS[state], set()]


def test_an_upload_that_was_broken_off_is_listed_for_the_vendor_alone(world: World) -> None:
    step, cleo = working(world)
    now, upload_id = clock.now(), new_id()
    world.session.add(
        Upload(
            id=upload_id, vendor_id=step.vendor_id, project_id=step.project_id, milestone_id=step.id,
            member_id=world.owner.member_id, name="film.mov", length_bytes=1_048_576, offset_bytes=524_288,
            state=UploadState.RECEIVING, expires_at=now + timedelta(hours=1), created_at=now,
        )
    )  # fmt: skip
    world.session.commit()
    page = world.browser(world.owner).get(f"/milestones/{step.id}").text
    assert f'data-unfinished="{upload_id}"' in page
    assert "512 KB of 1.0 MB" in page
    assert "film.mov" not in world.entered(cleo.code).get(f"/milestones/{step.id}").text


def test_the_vendor_is_led_to_the_people_at_the_client_and_the_client_is_not(world: World) -> None:
    step, cleo = working(world)
    way = f'href="/projects/{step.project_id}/contacts"'
    assert way in world.browser(world.owner).get(f"/milestones/{step.id}").text
    assert way not in world.entered(cleo.code).get(f"/milestones/{step.id}").text


def test_what_is_late_says_so_to_both(world: World) -> None:
    step, cleo = working(world)
    step.due_on = clock.today("Europe/Berlin") - timedelta(days=1)
    world.session.commit()
    for browser in (world.browser(world.owner), world.entered(cleo.code)):
        assert ">Late<" in browser.get(f"/milestones/{step.id}").text
