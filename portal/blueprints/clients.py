"""The client of a project, as papers name it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template, request
from flask_babel import gettext
from wtforms import Form, StringField, TextAreaField

from portal.access import doors
from portal.access.policy import Action, authorize
from portal.models.client import Client
from portal.models.project import Project
from portal.rules.errors import InvalidForm
from portal.services import clients
from portal.services.clients import Letterhead
from portal.web import refusals
from portal.web.actor import current_actor
from portal.web.gatehouse import Who, who
from portal.web.htmx import back_to, redirect_to
from portal.web.installation import db
from portal.web.language import lazy_gettext as _

bp = Blueprint("clients", __name__)


class LetterheadForm(Form):
    """What stands below the name."""

    address = TextAreaField(_("Address"))
    tax_id = StringField(_("Tax ID"))


@bp.get("/projects/<uuid:project_id>/client")
@who(Who.MEMBER)
def edit(project_id: UUID) -> Any:
    """Address and tax id of the client, to be changed."""
    project, client = _find(project_id)
    authorize(current_actor(), Action.EDIT_PROJECT, project)
    form = LetterheadForm(data={"address": client.address, "tax_id": client.tax_id})
    return render_template("clients/edit.html", form=form, project=project, client=client)


@bp.post("/projects/<uuid:project_id>/client")
@who(Who.MEMBER)
def change(project_id: UUID) -> Any:
    """Change them for papers to come."""
    project, client = _find(project_id)
    form, contacts = LetterheadForm(request.form), f"/projects/{project_id}/contacts"
    back_to(contacts)
    letterhead = Letterhead(form.address.data or "", form.tax_id.data or "")
    try:
        clients.describe(db(), actor=current_actor(), project=project, letterhead=letterhead)
    except InvalidForm as error:
        return refusals.again("clients/edit.html", form, error, project=project, client=client)
    flash(gettext("Saved. Receipts from now on say so."), "success")
    return redirect_to(contacts)


def _find(project_id: UUID) -> tuple[Project, Client]:
    session, actor = db(), current_actor()
    project = doors.get_project(session, actor, project_id)
    return project, doors.get_client(session, actor, project.client_id)
