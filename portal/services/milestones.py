"""Presenting work, accepting it, and opening files early."""

from __future__ import annotations

import hashlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.access import stepup
from portal.access.actor import Actor, MemberActor
from portal.access.policy import Action, authorize
from portal.adapters import clock
from portal.db import announce, command, new_id
from portal.models.deliverable import Deliverable, Upload, UploadState
from portal.models.milestone import Milestone, Release, Submission
from portal.rules import events, manifest
from portal.rules.errors import AlreadyDone, Conflict, Forbidden, Invalid
from portal.rules.lifecycle import Act, advance, require_current
from portal.rules.wording import N_
from portal.services import approvals, notices, progress, record, settlement
from portal.services.notices import NoticeKind

MAX_LIVE_FILES = 5
LONGEST_NOTE = 10_000
SignOff = approvals.SignOff


@command
def submit(session: Session, *, actor: Actor, milestone: Milestone, note: str) -> Submission:
    """Present the stored files, or a service note, to the client: the manifest is frozen and hashed.

    Raises Conflict while an upload is under way or the milestone is not open, Invalid when there is nothing to present.
    """
    authorize(actor, Action.SUBMIT, milestone)
    project = record.hold(session, actor, milestone.project_id)
    files = live_files(session, milestone)
    new_state = advance(milestone.state, Act.SUBMIT)
    _require_presentable(session, milestone, files, note)
    submission = _freeze(session, actor, milestone, files, note.strip())
    progress.move(
        session, milestone, Act.SUBMIT, manifest_sha256=submission.manifest_sha256, submitted_at=submission.at
    )
    record.append(
        session,
        project,
        "milestone.submitted",
        by=actor,
        milestone_id=milestone.id,
        number=submission.number,
        manifest_sha256=submission.manifest_sha256,
        files=[str(file.id) for file in files],
        state=new_state.value,
    )
    notices.tell_contacts(
        session,
        project,
        NoticeKind.WORK_DELIVERED,
        by=actor,
        milestone=milestone.id,
        submission=submission.id,
    )
    announce(
        session,
        events.MilestoneSubmitted(
            vendor_id=project.vendor_id, project_id=project.id, milestone_id=milestone.id, submission_id=submission.id
        ),
    )
    return submission


@command
def approve(session: Session, *, actor: Actor, milestone: Milestone, sign_off: SignOff) -> Milestone:
    """Accept the submitted work as listed in the manifest that the sign-off names.

    Raises Conflict when the files changed since, AlreadyDone on a repeat, Invalid without a typed name, and
    StepUp when the access code was entered more than 15 minutes ago.
    """
    authorize(actor, Action.APPROVE, milestone)
    project = record.hold(session, actor, milestone.project_id)
    key = stepup.require_fresh(actor, project.id)
    advance(milestone.state, Act.APPROVE)
    require_current(milestone.manifest_sha256, sign_off.manifest_sha256)
    approvals.by_button(session, project, milestone, sign_off, by=actor, key=key)
    progress.move(session, milestone, Act.APPROVE)
    notices.tell_members(session, project, NoticeKind.WORK_APPROVED, by=actor, milestone=milestone.id)
    submission = current_submission(session, milestone)
    announce(
        session,
        events.MilestoneApproved(
            vendor_id=project.vendor_id, project_id=project.id, milestone_id=milestone.id, submission_id=submission.id
        ),
    )
    session.flush()
    settlement.settle_if_paid(session, project, milestone, by=actor)
    return milestone


@command
def release(session: Session, *, actor: Actor, milestone: Milestone, confirm: str) -> Milestone:
    """Open the files before they are paid for; the next does not open by it. `confirm` is its title, typed."""
    authorize(actor, Action.RELEASE, milestone)
    project = record.hold(session, actor, milestone.project_id)
    # As it is shown: pages run blanks together.
    if confirm.split() != milestone.title.split():
        raise Invalid(N_("Type the milestone’s title exactly as it is written to confirm."), field="confirm")
    if milestone.submitted_at is None:
        raise Conflict(N_("There is nothing to release yet: deliver the milestone first."))
    _require_unreleased(session, milestone)
    by = actor.member_id if isinstance(actor, MemberActor) else milestone.id
    session.add(
        Release(
            vendor_id=project.vendor_id,
            project_id=project.id,
            milestone_id=milestone.id,
            released_by=by,
            at=clock.now(),
        )
    )
    record.append(session, project, "milestone.released", by=actor, milestone_id=milestone.id)
    notices.tell_contacts(session, project, NoticeKind.FILES_RELEASED, by=actor, milestone=milestone.id)
    announce(
        session, events.MilestoneReleased(vendor_id=project.vendor_id, project_id=project.id, milestone_id=milestone.id)
    )
    return milestone


def live_files(session: Session, milestone: Milestone) -> list[Deliverable]:
    """The files that would be presented now: newest versions, not taken back, in the order they were stored."""
    return list(
        session.scalars(
            select(Deliverable)
            .where(Deliverable.vendor_id == milestone.vendor_id, Deliverable.milestone_id == milestone.id)
            .where(Deliverable.superseded_at.is_(None), Deliverable.removed_at.is_(None))
            .order_by(Deliverable.stored_at, Deliverable.id)
        )
    )


def current_submission(session: Session, milestone: Milestone) -> Submission:
    """The newest submission of a milestone that has one."""
    return session.scalars(
        select(Submission)
        .where(Submission.vendor_id == milestone.vendor_id, Submission.milestone_id == milestone.id)
        .order_by(Submission.number.desc())
        .limit(1)
    ).one()


def _require_presentable(session: Session, milestone: Milestone, files: list[Deliverable], note: str) -> None:
    under_way = session.scalar(
        select(func.count())
        .select_from(Upload)
        .where(Upload.vendor_id == milestone.vendor_id, Upload.milestone_id == milestone.id)
        .where(Upload.state == UploadState.RECEIVING)
    )
    if under_way:
        raise Conflict(N_("A file is still being uploaded. Wait until it has arrived, or cancel it."))
    if not files and not note.strip():
        raise Invalid(N_("Upload at least one file, or describe the service you delivered."), field="note")
    if len(note) > LONGEST_NOTE:
        raise Invalid(N_("Shorten this to at most %(most)s characters."), field="note", most=LONGEST_NOTE)
    if len(files) > MAX_LIVE_FILES:
        raise Conflict(N_("A milestone holds at most %(most)s files. Take one back first."), most=MAX_LIVE_FILES)


def _freeze(session: Session, actor: Actor, milestone: Milestone, files: list[Deliverable], note: str) -> Submission:
    if not isinstance(actor, MemberActor):
        raise Forbidden(N_("Only the vendor presents work."))
    earlier = session.scalar(
        select(func.count())
        .select_from(Submission)
        .where(Submission.vendor_id == milestone.vendor_id, Submission.milestone_id == milestone.id)
    )
    lines = [manifest.Line(file.name, file.bytes, file.sha256, file.version) for file in files]
    text = manifest.text(str(milestone.id), lines, note)
    submission = Submission(
        id=new_id(),
        vendor_id=milestone.vendor_id,
        project_id=milestone.project_id,
        milestone_id=milestone.id,
        number=(earlier or 0) + 1,
        note=note,
        manifest=text,
        manifest_sha256=hashlib.sha256(text.encode()).hexdigest(),
        submitted_by=actor.member_id,
        at=clock.now(),
    )
    session.add(submission)
    session.flush()
    for file in files:
        file.submission_id = submission.id
    return submission


def _require_unreleased(session: Session, milestone: Milestone) -> None:
    known = select(Release.id).where(Release.vendor_id == milestone.vendor_id, Release.milestone_id == milestone.id)
    if session.scalar(known) is not None:
        raise AlreadyDone(N_("These files were already released."))
