"""Status updates: what was sent, the draft that waits to be read and sent, and how often there is one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext

from portal.access import doors
from portal.access.actor import MemberActor
from portal.access.policy import Action, authorize, can
from portal.models.status_update import DraftState, StatusDraft
from portal.queries import status_updates as reads
from portal.rules import rhythm
from portal.rules.errors import Conflict, Invalid, InvalidForm, NotFound
from portal.services import status_drafts, status_plans, status_updates
from portal.web import refusals
from portal.web.actor import current_actor
from portal.web.gatehouse import Who, who
from portal.web.htmx import back_to, redirect_to
from portal.web.installation import db
from portal.web.status_updates import DraftForm, RhythmForm, drafted, spoken

bp = Blueprint("status_updates", __name__)


@bp.get("/projects/<uuid:project_id>/updates")
@who(Who.PARTY)
def index(project_id: UUID) -> Any:
    """What was sent, the newest first; for members what waits, and how often."""
    page = reads.page(db(), current_actor(), project_id)
    return render_template("status_updates/index.html", page=page, form=RhythmForm.showing(page.chosen), spoken=spoken)


@bp.post("/projects/<uuid:project_id>/updates")
@who(Who.MEMBER)
def create(project_id: UUID) -> Response:
    """Draft one now."""
    project = doors.get_project(db(), current_actor(), project_id)
    back_to(_index(project_id))
    draft = status_drafts.draft_now(db(), actor=current_actor(), project=project)
    return redirect_to(_update(draft.id))


@bp.post("/projects/<uuid:project_id>/rhythm")
@who(Who.MEMBER)
def choose_rhythm(project_id: UUID) -> Any:
    """How often, on which day and at which hour."""
    project = doors.get_project(db(), current_actor(), project_id)
    authorize(current_actor(), Action.SEND_UPDATES, project)
    form = RhythmForm(request.form)
    try:
        choice = rhythm.read(*form.typed())
        status_plans.choose(db(), actor=current_actor(), project=project, choice=choice)
    except Invalid as error:
        page = reads.page(db(), current_actor(), project_id)
        return refusals.again("status_updates/index.html", form, error, page=page, spoken=spoken)
    flash(gettext("The rhythm of the updates is kept."), "success")
    return redirect_to(_index(project_id))


@bp.get("/updates/<uuid:update_id>")
@who(Who.PARTY)
def show(update_id: UUID) -> Any:
    """The update as it was sent; for members, while it is a draft, what would be sent."""
    actor = current_actor()
    try:
        update = doors.get_status_update(db(), actor, update_id)
    except NotFound:
        if not isinstance(actor, MemberActor):
            raise
        return _draft_page(doors.get_status_draft(db(), actor, update_id))
    sheet = reads.sheet(db(), update, with_money=can(actor, Action.SEE_MONEY, update))
    return render_template("status_updates/show.html", sheet=sheet)


@bp.get("/updates/<uuid:update_id>/text.json")
@who(Who.PARTY)
def export_text(update_id: UUID) -> Response:
    """The exact text whose hash is in the record, without what is said of money."""
    update = doors.get_status_update(db(), current_actor(), update_id)
    return _exact(update.text, f"status-update-{update.number}.json")


@bp.get("/updates/<uuid:update_id>/money.json")
@who(Who.PARTY)
def export_money(update_id: UUID) -> Response:
    """The exact text of what is said of money, for those who may see payments."""
    update = doors.get_status_update(db(), current_actor(), update_id)
    authorize(current_actor(), Action.SEE_MONEY, update)
    if update.money is None:
        raise NotFound
    return _exact(update.money, f"status-update-{update.number}-money.json")


@bp.post("/updates/<uuid:update_id>/text")
@who(Who.MEMBER)
def revise(update_id: UUID) -> Any:
    """Keep what was written, to go on later."""
    draft, form = _asked(update_id)
    try:
        status_updates.revise(db(), actor=current_actor(), draft=draft, edited=form.edited())
    except (Invalid, InvalidForm, Conflict) as error:
        return _again(update_id, form, error)
    flash(gettext("The draft is saved. Nobody outside your studio sees it yet."), "success")
    return redirect_to(_update(update_id))


@bp.post("/updates/<uuid:update_id>/sending")
@who(Who.MEMBER)
def send(update_id: UUID) -> Any:
    """Send it as it is on the page."""
    draft, form = _asked(update_id)
    try:
        sent = status_updates.send(db(), actor=current_actor(), draft=draft, edited=form.edited())
    except (Invalid, InvalidForm, Conflict) as error:
        return _again(update_id, form, error)
    flash(gettext("Status update %(number)s is sent to everybody with access.", number=sent.number), "success")
    return redirect_to(_update(update_id))


@bp.post("/updates/<uuid:update_id>/dismissal")
@who(Who.MEMBER)
def skip(update_id: UUID) -> Response:
    """Send nothing this time."""
    draft, _form = _asked(update_id)
    project_id = draft.project_id
    status_updates.skip(db(), actor=current_actor(), draft=draft)
    flash(gettext("This update is skipped. The next one tells of this time as well."), "success")
    return redirect_to(_index(project_id))


def _asked(update_id: UUID) -> tuple[StatusDraft, DraftForm]:
    draft = doors.get_status_draft(db(), current_actor(), update_id)
    authorize(current_actor(), Action.SEND_UPDATES, draft)
    back_to(_update(update_id))
    return draft, DraftForm(request.form)


def _draft_page(draft: StatusDraft) -> str:
    page = reads.page(db(), current_actor(), draft.project_id)
    return render_template("status_updates/draft.html", draft=draft, page=page, form=drafted(draft))


def _again(update_id: UUID, form: DraftForm, error: Invalid | InvalidForm | Conflict) -> Response:
    """Nothing typed is lost: after somebody else saved, the page says so, and sending once more is deliberate."""
    draft = doors.get_status_draft(db(), current_actor(), update_id)
    if draft.state is not DraftState.WAITING:
        raise error
    form.version.data = str(draft.version)
    page = reads.page(db(), current_actor(), draft.project_id)
    return refusals.again("status_updates/draft.html", form, error, draft=draft, page=page)


def _exact(text: str, name: str) -> Response:
    response = make_response(text.encode())
    response.content_type = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response


def _index(project_id: UUID) -> str:
    return url_for("status_updates.index", project_id=project_id)


def _update(update_id: UUID) -> str:
    return url_for("status_updates.show", update_id=update_id)
