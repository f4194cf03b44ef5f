"""A milestone: its page, and the acts on its work for both sides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from portal.access import doors
from portal.access.policy import Action, authorize
from portal.models.milestone import Milestone
from portal.services import milestones
from portal.services.milestones import SignOff
from portal.web import showing, stage, stepup
from portal.web.actor import current_actor, visitor
from portal.web.acts import ApprovalForm, ReleaseForm, SubmissionForm
from portal.web.gatehouse import Who, who
from portal.web.htmx import back_to, is_fragment, redirect_to
from portal.web.installation import db

bp = Blueprint("milestones", __name__)


@bp.get("/milestones/<uuid:milestone_id>")
@who(Who.PARTY)
def show(milestone_id: UUID) -> Any:
    """One milestone; for htmx without what is around it."""
    return showing.milestone(milestone_id)


@bp.get("/milestones/<uuid:milestone_id>/files")
@who(Who.PARTY)
def files(milestone_id: UUID) -> Any:
    """The list of files alone, to be asked for again when it changed."""
    shown = stage.of_milestone(milestone_id)
    if not is_fragment():
        return redirect_to(f"/milestones/{milestone_id}")
    return render_template("milestones/_files.html", stage=shown)


@bp.post("/milestones/<uuid:milestone_id>/submission")
@who(Who.MEMBER)
def create_submission(milestone_id: UUID) -> Any:
    """The vendor presents the files."""
    milestone, form = _find(milestone_id), SubmissionForm(request.form)
    return showing.after(
        milestone_id,
        "submission",
        form,
        lambda: milestones.submit(db(), actor=current_actor(), milestone=milestone, note=form.note.data or ""),
        done=_("Delivered. The client is told by mail."),
    )


@bp.post("/milestones/<uuid:milestone_id>/approval")
@who(Who.CONTACT, takes_secret=True)
def create_approval(milestone_id: UUID) -> Any:
    """The client accepts the submitted work."""
    milestone, form = _find(milestone_id), ApprovalForm(request.form)
    return showing.after(
        milestone_id,
        "approval",
        form,
        lambda: _approve(milestone, form),
        done=_("Approved. Your approval is kept in the record."),
    )


@bp.post("/milestones/<uuid:milestone_id>/release")
@who(Who.MEMBER)
def create_release(milestone_id: UUID) -> Any:
    """The vendor opens the files before they are paid for."""
    milestone, form = _find(milestone_id), ReleaseForm(request.form)
    return showing.after(
        milestone_id,
        "release",
        form,
        lambda: milestones.release(db(), actor=current_actor(), milestone=milestone, confirm=form.confirm.data or ""),
        done=_("The files are open. The client is told by mail."),
    )


def _find(milestone_id: UUID) -> Milestone:
    back_to(f"/milestones/{milestone_id}")
    return doors.get_milestone(db(), current_actor(), milestone_id)


def _approve(milestone: Milestone, form: ApprovalForm) -> None:
    authorize(current_actor(), Action.APPROVE, milestone)
    stepup.renew(milestone.project_id, form.code.data or "")
    manifest = form.manifest.data or ""
    sign_off = SignOff(
        manifest_sha256=manifest,
        typed_name=form.typed_name.data or "",
        consent=stage.consent(milestone.title, manifest),
        address=visitor().address,
        user_agent=visitor().user_agent,
    )
    milestones.approve(db(), actor=current_actor(), milestone=milestone, sign_off=sign_off)
