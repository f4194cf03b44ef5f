"""What the client accepted, by the button or by paying: always one exact manifest."""

from __future__ import annotations

from sqlalchemy import select

from portal.models.entry import Entry
from portal.models.milestone import Approval
from portal.rules.lifecycle import Flow, MilestoneState
from portal.services import milestones
from portal.services.milestones import SignOff
from tests.worlds import World

PDF = ("plan.pdf", b"%PDF-1.7 plan")


def approvals(world: World) -> list[tuple[str, str, bool]]:
    """How, what, and whether by a person."""
    rows = world.session.scalars(select(Approval).order_by(Approval.at))
    return [(row.means, row.manifest_sha256, row.contact_id is not None) for row in rows]


def test_paying_in_full_accepts_the_manifest_that_was_paid_for(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.deliver(world.milestone(project), PDF)
    world.pay(step, cleo, minor=step.amount_minor - 1)
    assert approvals(world) == []
    world.pay(step, cleo, minor=1)
    assert approvals(world) == [("payment", step.manifest_sha256, False)]
    recorded = world.session.scalars(select(Entry.body).where(Entry.kind == "milestone.approved")).one()
    assert step.manifest_sha256 in recorded


def test_what_was_approved_by_the_button_is_not_approved_again_by_paying(world: World) -> None:
    project = world.project(flow=Flow.APPROVE_THEN_INVOICE.value)
    cleo, step = world.contact(project), world.deliver(world.milestone(project), PDF)
    sign_off = SignOff(step.manifest_sha256 or "", "Cleo Chen", "I accept.")
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off)
    world.pay(step, cleo)
    assert world.milestone(project).state is MilestoneState.SETTLED
    assert approvals(world) == [("button", step.manifest_sha256, True)]
