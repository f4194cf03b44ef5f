"""Contacts and their codes: who may enter a project, given out, exchanged and withdrawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request
from flask_babel import gettext
from wtforms import Form, HiddenField, SelectField, SelectMultipleField, StringField

from portal.access import doors
from portal.adapters import clock
from portal.models.client import Contact
from portal.models.project import Project
from portal.queries import grants as reads
from portal.queries.grants import ContactsPage
from portal.rules import schedule
from portal.rules.errors import Invalid, InvalidForm
from portal.rules.roles import Scope
from portal.services import grants
from portal.services.answers import Ticket
from portal.services.grants import Invitation, Issued
from portal.web import choices, invitations, refusals
from portal.web.actor import current_actor
from portal.web.devices import device
from portal.web.forms import new_key
from portal.web.gatehouse import Who, who
from portal.web.htmx import back_to, redirect_to
from portal.web.installation import db
from portal.web.language import lazy_gettext as _
from portal.web.language import show_words

bp = Blueprint("grants", __name__)
USUAL = (Scope.VIEW, Scope.REVIEW, Scope.PAY)


class InvitationForm(Form):
    """Who is to get a code, and for what."""

    name = StringField(_("Full name"))
    email = StringField(_("E-mail address"))
    scopes = SelectMultipleField(_("May do"))
    expires_on = StringField(_("Valid until the end of"))
    locale = SelectField(_("Language"), choices=choices.LANGUAGES)
    time_zone = SelectField(_("Time zone"))
    idempotency_key = HiddenField()

    @property
    def ticket(self) -> Ticket:
        """Tells a repeat of this form from another one."""
        said = [f"{field.name}={field.data}" for field in self if field.name != "idempotency_key"]
        return Ticket(self.idempotency_key.data or "", "\x1f".join(said))


@bp.get("/projects/<uuid:project_id>/contacts")
@who(Who.MEMBER)
def index(project_id: UUID) -> Any:
    """Who can enter, when they did, and the form for one more; `?contact=` names whom it is filled in for."""
    page = _page(project_id)
    return render_template("grants/index.html", **_surroundings(page), form=_prefilled(page))


@bp.post("/projects/<uuid:project_id>/grants")
@who(Who.MEMBER)
def create(project_id: UUID) -> Any:
    """Give somebody a code and show it, this once."""
    project = doors.get_project(db(), current_actor(), project_id)
    back_to(_contacts(project_id))
    form = _with_choices(InvitationForm(request.form), project.time_zone)
    try:
        invitation = _invitation(form)
        issued = grants.issue(db(), actor=current_actor(), project=project, invitation=invitation, ticket=form.ticket)
    except (Invalid, InvalidForm) as error:
        if error.field == "idempotency_key":
            form.idempotency_key.data = new_key()
        return refusals.again("grants/index.html", form, error, **_surroundings(_page(project_id)))
    return _shown_once(issued)


@bp.post("/grants/<uuid:grant_id>/rotation")
@who(Who.MEMBER)
def rotate(grant_id: UUID) -> Any:
    """Exchange the code for a new one and show it, this once."""
    grant = doors.get_grant(db(), current_actor(), grant_id)
    back_to(_contacts(grant.project_id))
    ticket = Ticket(request.form.get("idempotency_key", ""), "")
    return _shown_once(grants.rotate(db(), actor=current_actor(), grant=grant, ticket=ticket))


@bp.post("/grants/<uuid:grant_id>/revocation")
@who(Who.MEMBER)
def revoke(grant_id: UUID) -> Any:
    """End an access at once."""
    grant = doors.get_grant(db(), current_actor(), grant_id)
    back_to(_contacts(grant.project_id))
    grants.revoke(db(), actor=current_actor(), grant=grant)
    flash(gettext("The access was revoked. It opens nothing any more, on no device."), "success")
    return redirect_to(_contacts(grant.project_id))


def _contacts(project_id: UUID) -> str:
    return f"/projects/{project_id}/contacts"


def _page(project_id: UUID) -> ContactsPage:
    return reads.page(db(), current_actor(), project_id, clock.now())


def _surroundings(page: ContactsPage) -> dict[str, Any]:
    return {"page": page, "device": device, "last_day": invitations.last_day, "new_key": new_key, "usual": USUAL}


def _prefilled(page: ContactsPage) -> InvitationForm:
    chosen = request.args.get("contact", "")
    offered = {str(person.id): person for person in page.others}
    person = offered.get(chosen) or (page.others[0] if page.others and chosen != "new" else None)
    form = InvitationForm(
        name=person.name if person else "",
        email=person.email if person else "",
        scopes=[scope.value for scope in USUAL],
        locale=person.locale if person else page.locale,
        time_zone=person.time_zone if person else page.time_zone,
        idempotency_key=new_key(),
    )
    return _with_choices(form, page.time_zone)


def _with_choices(form: InvitationForm, zone: str) -> InvitationForm:
    form.scopes.choices = [(scope.value, show_words(scope)) for scope in Scope]
    form.time_zone.choices = choices.time_zones(form.time_zone.data or zone, zone)
    return form


def _invitation(form: InvitationForm) -> Invitation:
    """What was typed; a date that is none raises Invalid beside it."""
    typed = (form.expires_on.data or "").strip()
    try:
        expires_on = schedule.parse_date(typed) if typed else None
    except Invalid as error:
        raise error.at("expires_on") from None
    return Invitation(
        name=form.name.data or "",
        email=form.email.data or "",
        scopes=frozenset(scope for scope in Scope if scope in (form.scopes.data or ())),
        expires_on=expires_on,
        locale=form.locale.data,
        time_zone=form.time_zone.data,
    )


def _shown_once(issued: Issued) -> Response:
    """The page with the code. It is rendered in answer to the form, so that no address ever leads to it."""
    actor, session = current_actor(), db()
    project: Project = doors.get_project(session, actor, issued.project_id)
    grant = doors.get_grant(session, actor, issued.grant_id)
    contact: Contact = doors.get_contact(session, actor, grant.contact_id)
    until = invitations.last_day(grant.expires_at, project.time_zone)
    vendor = doors.get_vendor(session, actor).name
    letter = invitations.letter(
        issued.code, name=contact.name, locale=contact.locale, project=project.title, vendor=vendor, until=until
    )
    page = render_template("grants/code.html", project=project, contact=contact, letter=letter, until=until)
    return make_response(page, 201)
