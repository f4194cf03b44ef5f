"""Presenting work, accepting it, and opening files early."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from portal.access import ledger
from portal.access.stepup import StepUp
from portal.adapters import clock
from portal.db import command
from portal.models.deliverable import Upload, UploadState
from portal.models.entry import Entry
from portal.models.milestone import Approval, Release, Submission
from portal.models.outbox import Notice
from portal.queries import milestones as reads
from portal.queries import projects
from portal.rules import gate
from portal.rules.errors import AlreadyDone, Conflict, Forbidden, Invalid
from portal.rules.lifecycle import Act, Flow, MilestoneState
from portal.rules.roles import Role, Scope
from portal.services import deliverables, milestones, progress
from portal.services.milestones import SignOff
from tests.worlds import World

PDF = ("plan.pdf", b"%PDF-1.7 plan")


def sign_off(step, **changes) -> SignOff:
    return SignOff(
        **({"manifest_sha256": step.manifest_sha256, "typed_name": "Cleo Chen", "consent": "Yes."} | changes)
    )


def rows(world: World, model) -> list:
    return list(world.session.scalars(select(model)))


def test_delivering_freezes_the_manifest_and_tells_the_contacts(world: World) -> None:
    project = world.project()
    world.contact(project)
    step = world.deliver(world.milestone(project), PDF, note="First draft.")
    (submission,) = rows(world, Submission)
    assert step.state is MilestoneState.SUBMITTED
    assert step.manifest_sha256 == submission.manifest_sha256
    assert '"plan.pdf"' in submission.manifest
    assert '"First draft."' in submission.manifest
    assert [notice.kind for notice in rows(world, Notice) if notice.to_kind == "contact"][-1] == "work_delivered"


def test_a_service_needs_a_note_and_no_file(world: World) -> None:
    step = world.milestone(world.project())
    with pytest.raises(Invalid) as refusal:
        milestones.submit(world.session, actor=world.owner, milestone=step, note="  ")
    assert refusal.value.field == "note"
    milestones.submit(world.session, actor=world.owner, milestone=step, note="Workshop held.")
    assert step.state is MilestoneState.SUBMITTED


def test_a_note_has_an_end(world: World) -> None:
    step = world.milestone(world.project())
    with pytest.raises(Invalid) as refusal:
        milestones.submit(world.session, actor=world.owner, milestone=step, note="x" * 10_001)
    assert refusal.value.field == "note"


def test_nothing_is_delivered_while_a_file_is_on_its_way(world: World) -> None:
    step = world.milestone(world.project())
    now = clock.now()
    world.session.add(
        Upload(
            vendor_id=step.vendor_id, project_id=step.project_id, milestone_id=step.id, name="film.mov",
            member_id=world.owner.member_id, length_bytes=10, offset_bytes=4, state=UploadState.RECEIVING,
            expires_at=now + timedelta(hours=1), created_at=now,
        )
    )  # fmt: skip
    world.session.commit()
    with pytest.raises(Conflict):
        milestones.submit(world.session, actor=world.owner, milestone=step, note="Nearly.")
    assert rows(world, Submission) == []


def test_delivering_twice_is_told_and_changes_nothing(world: World) -> None:
    step = world.deliver(world.milestone(world.project()), note="Done.")
    with pytest.raises(AlreadyDone):
        milestones.submit(world.session, actor=world.owner, milestone=step, note="Again.")
    assert len(rows(world, Submission)) == 1


def test_a_locked_milestone_cannot_be_delivered(world: World) -> None:
    project = world.project()
    with pytest.raises(Conflict):
        milestones.submit(world.session, actor=world.owner, milestone=world.milestone(project, 2), note="Early.")


def test_only_the_vendor_delivers_and_only_the_client_approves(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project)
    with pytest.raises(Forbidden):
        milestones.submit(world.session, actor=cleo.actor, milestone=step, note="Mine.")
    world.deliver(step, note="Done.")
    with pytest.raises(Forbidden):
        milestones.approve(world.session, actor=world.owner, milestone=step, sign_off=sign_off(step))


def test_an_approval_keeps_who_and_what_and_the_record_holds_no_name(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project)
    world.deliver(step, PDF)
    signed = sign_off(step, typed_name="  Cleo   Chen ", address="192.0.2.1", user_agent="Phone")
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=signed)
    (approval,) = rows(world, Approval)
    assert (approval.typed_name, approval.means, approval.address) == ("Cleo Chen", "button", "192.0.2.1")
    assert approval.manifest_sha256 == step.manifest_sha256
    entry = next(entry for entry in rows(world, Entry) if entry.kind == "milestone.approved")
    assert "Cleo" not in entry.body
    assert '"means":"button"' in entry.body


def test_an_approval_names_the_files_it_saw(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project)
    world.deliver(step, PDF)
    with pytest.raises(Conflict):
        milestones.approve(
            world.session, actor=cleo.actor, milestone=step, sign_off=sign_off(step, manifest_sha256="0" * 64)
        )
    assert step.state is MilestoneState.SUBMITTED


def test_an_approval_needs_a_name(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project)
    world.deliver(step, PDF)
    with pytest.raises(Invalid) as refusal:
        milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off(step, typed_name=" "))
    assert refusal.value.field == "typed_name"
    assert rows(world, Approval) == []


def test_approving_twice_is_told_and_kept_once(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project)
    world.deliver(step, PDF)
    act = {"actor": cleo.actor, "milestone": step, "sign_off": sign_off(step)}
    milestones.approve(world.session, **act)
    with pytest.raises(AlreadyDone):
        milestones.approve(world.session, **act)
    assert len(rows(world, Approval)) == 1


def test_approving_needs_a_fresh_code_and_the_scope(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project)
    payer = world.contact(project, frozenset({Scope.VIEW, Scope.PAY}), name="Li Wei")
    world.deliver(step, PDF)
    stale = world.contact_actor(cleo.grant_id, entered_ago=timedelta(minutes=16))
    with pytest.raises(StepUp):
        milestones.approve(world.session, actor=stale, milestone=step, sign_off=sign_off(step))
    with pytest.raises(Forbidden):
        milestones.approve(world.session, actor=payer.actor, milestone=step, sign_off=sign_off(step))


def test_a_milestone_without_a_price_is_complete_when_it_is_approved(world: World) -> None:
    project = world.project(amounts=("0", "10"))
    cleo, step = world.contact(project), world.milestone(project)
    world.deliver(step, PDF)
    assert step.state is MilestoneState.SUBMITTED
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off(step))
    assert step.state is MilestoneState.SETTLED
    assert world.milestone(project, 2).state is MilestoneState.ACTIVE


def test_where_approval_comes_first_it_opens_the_payment_and_not_the_files(world: World) -> None:
    project = world.project(flow=Flow.APPROVE_THEN_INVOICE.value)
    cleo, step = world.contact(project), world.milestone(project)
    world.deliver(step, PDF)
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off(step))
    facts = ledger.facts(world.session, step.id)
    assert (gate.payable(facts, Flow.APPROVE_THEN_INVOICE), gate.unlocked(facts)) == (True, False)


def test_an_early_release_opens_the_files_and_not_the_next_milestone(world: World) -> None:
    project = world.project()
    step = world.deliver(world.milestone(project), PDF)
    milestones.release(world.session, actor=world.owner, milestone=step, confirm=" Step  1 ")
    assert gate.unlocked(ledger.facts(world.session, step.id))
    assert world.milestone(project, 2).state is MilestoneState.LOCKED
    with pytest.raises(AlreadyDone):
        milestones.release(world.session, actor=world.owner, milestone=step, confirm="Step 1")
    assert len(rows(world, Release)) == 1


def test_a_release_needs_its_title_a_delivery_and_a_lead(world: World) -> None:
    project = world.project()
    step = world.milestone(project)
    with pytest.raises(Conflict):
        milestones.release(world.session, actor=world.owner, milestone=step, confirm="Step 1")
    world.deliver(step, PDF)
    with pytest.raises(Invalid) as refusal:
        milestones.release(world.session, actor=world.owner, milestone=step, confirm="step 1")
    assert refusal.value.field == "confirm"
    with pytest.raises(Forbidden):
        milestones.release(world.session, actor=world.member(Role.MEMBER), milestone=step, confirm="Step 1")
    assert not gate.unlocked(ledger.facts(world.session, step.id))


def test_what_is_presented_are_the_newest_versions_that_were_not_taken_back(world: World) -> None:
    step = world.milestone(world.project())
    world.store(step, "a.txt", b"old")
    newer = world.store(step, "a.txt", b"new")
    back = world.store(step, "b.txt", b"b")
    deliverables.remove(world.session, actor=world.owner, deliverable=back)
    assert [file.id for file in milestones.live_files(world.session, step)] == [newer.id]
    milestones.submit(world.session, actor=world.owner, milestone=step, note="")
    (submission,) = rows(world, Submission)
    (line,) = submission.manifest.splitlines()[2:]
    assert line.startswith(newer.sha256)
    assert line.endswith('  v2  "a.txt"')


def test_a_code_entered_in_the_future_is_not_fresh(world: World) -> None:
    """The clock was set back since."""
    project = world.project()
    entered = world.contact(project)
    step = world.deliver(world.milestone(project), PDF)
    early = world.contact_actor(entered.grant_id, entered_ago=-timedelta(minutes=5))
    with pytest.raises(StepUp):
        milestones.approve(world.session, actor=early, milestone=step, sign_off=sign_off(step))


def test_a_step_from_where_the_milestone_is_no_more_is_refused(world: World) -> None:
    """The second lock behind the one on the project: what was read may be old by the time it is written."""

    @command
    def deliver_what_was_read(session: Session) -> None:
        set_committed_value(step, "state", MilestoneState.ACTIVE)
        progress.move(session, step, Act.SUBMIT)

    step = world.deliver(world.milestone(world.project()), PDF)
    with pytest.raises(Conflict):
        deliver_what_was_read(world.session)
    assert step.state is MilestoneState.SUBMITTED


def test_an_approval_stands_behind_the_version_it_named_and_no_other(world: World) -> None:
    project = world.project(flow=Flow.APPROVE_THEN_INVOICE.value)
    cleo, step = world.contact(project), world.milestone(project)
    world.deliver(step, PDF)
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off(step))
    # Asking for changes comes in a later issue; what it leads to is here already.
    step.state = MilestoneState.CHANGES_REQUESTED
    world.session.commit()
    world.deliver(step, ("plan.pdf", b"%PDF-1.7 another plan"))
    shown = projects.overview(world.session, world.owner, project.id).step(step.id)
    submissions = reads.for_member(world.session, shown).submissions
    assert [(each.number, each.means) for each in submissions] == [(2, None), (1, "button")]
    old = sign_off(step, manifest_sha256=submissions[1].manifest_sha256)
    with pytest.raises(Conflict):
        milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=old)
