"""Addresses of the project form."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, request
from flask_babel import gettext as _

from portal.access import doors
from portal.access.policy import Action
from portal.adapters import clock
from portal.blueprints.project_forms import reading, rows, sheets
from portal.blueprints.project_forms.reading import Sent
from portal.models.project import Project
from portal.models.vendor import Vendor
from portal.rules import terms
from portal.rules.errors import Conflict, Invalid, InvalidForm
from portal.services import projects
from portal.services.answers import Ticket
from portal.web.actor import current_actor
from portal.web.errors import status_of
from portal.web.gatehouse import Who, who
from portal.web.htmx import back_to, redirect_to
from portal.web.installation import db
from portal.web.language import reader_locale

bp = Blueprint("project_forms", __name__)


@bp.get("/projects/new")
@who(Who.MEMBER)
def new_project() -> Any:
    """A blank form, or one that begins from a starter."""
    return sheets.show(sheets.blank(_vendor(), request.args.get("starter")))


@bp.post("/projects")
@who(Who.MEMBER)
def create_project() -> Any:
    """Make the project, once however often the form is sent; or the form again with what to mend."""
    vendor, sent = _vendor(), reading.read(request.form)
    try:
        agreed = _agreed(sent, vendor)
        project = projects.create(db(), actor=current_actor(), agreed=agreed, ticket=_ticket(sent))
    except (Invalid, InvalidForm) as error:
        return sheets.show(sheets.of_sent(sent, None, error), status_of(error))
    return redirect_to(f"/projects/{project.id}")


@bp.post("/projects/rows")
@who(Who.MEMBER)
def edit_rows() -> Any:
    """Edit the rows of a form that is not sent yet. Nothing is kept."""
    _vendor()
    return _edit(None)


@bp.get("/projects/<uuid:id>/edit")
@who(Who.MEMBER)
def edit_project(id: UUID) -> Any:
    """The form of a draft."""
    return sheets.show(sheets.of_project(_draft(id)))


@bp.post("/projects/<uuid:id>/rows")
@who(Who.MEMBER)
def edit_rows_of(id: UUID) -> Any:
    """Edit the rows of a draft's form that is not sent yet. Nothing is kept."""
    return _edit(_draft(id))


@bp.post("/projects/<uuid:id>/terms")
@who(Who.MEMBER)
def create_terms(id: UUID) -> Any:
    """Replace the terms of a draft; or the form again with what to mend."""
    project, sent = _draft(id), reading.read(request.form)
    vendor = doors.get_vendor(db(), current_actor())
    try:
        agreed = _agreed(sent, vendor)
        projects.revise(db(), actor=current_actor(), project=project, agreed=agreed, seen_seq=sent.seen_seq)
    except (Invalid, InvalidForm) as error:
        return sheets.show(sheets.of_sent(sent, project, error), status_of(error))
    except Conflict as error:
        return _stale(id, sent, error)
    flash(_("The project is changed."), "success")
    return redirect_to(f"/projects/{id}")


@bp.post("/projects/<uuid:id>/start")
@who(Who.MEMBER)
def create_start(id: UUID) -> Any:
    """Lock the terms and open the first milestone."""
    project = doors.get_project(db(), current_actor(), id)
    back_to(f"/projects/{id}")
    projects.start(db(), actor=current_actor(), project=project)
    flash(_("The project has started. Its terms are locked and milestone 1 is open."), "success")
    return redirect_to(f"/projects/{id}")


def _vendor() -> Vendor:
    vendor = doors.get_vendor(db(), current_actor())
    sheets.require(Action.CREATE_PROJECT, vendor)
    return vendor


def _draft(id: UUID) -> Project:
    project = doors.get_project(db(), current_actor(), id)
    sheets.require(Action.EDIT_PROJECT, project)
    projects.require_draft(project)
    return project


def _edit(project: Project | None) -> Any:
    sent = reading.read(request.form)
    try:
        done = rows.edit(sent, reader_locale=reader_locale())
    except (Invalid, InvalidForm) as error:
        return sheets.show(sheets.of_sent(sent, project, error), status_of(error))
    return sheets.show(sheets.edited(sent, project, done))


def _stale(id: UUID, sent: Sent, error: Conflict) -> Any:
    """Somebody else was faster: what was typed stays, and sending it once more replaces what they wrote."""
    if error.code != "stale":
        raise error
    project = _draft(id)
    finding = Invalid(
        _("Somebody changed this project while you were writing. Send it again to replace their version.")
    )
    return sheets.show(sheets.of_sent(sent.after(project.head_seq), project, finding), status_of(error))


def _agreed(sent: Sent, vendor: Vendor) -> terms.Terms:
    return terms.read(sent.meant, reader_locale=reader_locale(), today=_today(sent, vendor))


def _today(sent: Sent, vendor: Vendor) -> date:
    """The day it is where the project is; a zone that does not exist is refused later, beside its field."""
    try:
        return clock.today(terms.read_zone(sent.draft.time_zone))
    except Invalid:
        return clock.today(vendor.time_zone)


def _ticket(sent: Sent) -> Ticket | None:
    return Ticket(sent.key, repr(sent.draft)) if sent.key else None
