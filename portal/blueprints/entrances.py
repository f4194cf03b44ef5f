"""The client's way in and out: entering with a code, leaving, and the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, session
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired

from portal.access import doors
from portal.access.actor import ContactActor, MemberActor
from portal.rules import codes, terms
from portal.rules.codes import Mistyped
from portal.rules.errors import Conflict, Invalid, NotFound, Throttled
from portal.rules.wording import N_
from portal.services import contacts, members, sittings
from portal.web import actor as browsers
from portal.web import gatehouse, refusals, stepup
from portal.web.actor import current_actor, current_visit, visitor
from portal.web.gatehouse import Who, who
from portal.web.htmx import redirect_to
from portal.web.installation import db
from portal.web.language import lazy_gettext as _

bp = Blueprint("entrances", __name__)


class EnterForm(FlaskForm):
    """One access code, typed in any way people type it."""

    code = StringField(_("Access code"), validators=[InputRequired(_("Enter the code you were sent."))])


WANTED = re.compile(r"/(projects|milestones|receipts)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
DOORS: dict[str, Callable[..., Any]] = {
    "projects": doors.get_project,
    "milestones": doors.get_milestone,
    "receipts": doors.get_receipt,
}


@bp.get("/enter")
@who(Who.ANYONE)
def new_entry() -> Any:
    """The form; a share link fills it from the address's fragment, which never reaches the server."""
    gatehouse.explain_absence()
    return render_template("entrances/enter.html", form=EnterForm())


@bp.post("/enter")
@who(Who.ANYONE, takes_secret=True)
def create_entry() -> Any:
    """Put a code on this browser's keyring and open its project."""
    form = EnterForm()
    if not form.validate():
        return render_template("entrances/enter.html", form=form), 422
    try:
        project_id = _enter(form.code.data)
    except (Mistyped, Throttled, Conflict) as error:
        return refusals.again("entrances/enter.html", form, error)
    except Invalid as error:
        # Its check symbol is right, so there is nothing to correct; and all such codes answer byte for byte alike.
        form.code.data = ""
        return refusals.again("entrances/enter.html", form, error)
    return redirect_to(_landing(project_id))


@bp.post("/leave")
@who(Who.CONTACT)
def leave() -> Any:
    """Drop one code of this browser, or all of them."""
    visit = current_visit()
    if visit is None:
        return redirect_to("/enter")
    grant = request.form.get("grant", type=UUID)
    sittings.leave(db(), sitting_id=visit.sitting_id, grant_ids=[grant] if grant else None)
    if grant and isinstance(visit.actor, ContactActor) and len(visit.actor.keys) > 1:
        return redirect_to("/projects")
    browsers.forget()
    response = redirect_to("/enter")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.post("/locale")
@who(Who.ANYONE)
def change_locale() -> Any:
    """Read on in another language: kept with the person if one is known, else with the browser."""
    chosen = terms.read_locale(request.form.get("locale", ""))
    session["locale"] = chosen
    actor = current_actor()
    if isinstance(actor, MemberActor):
        members.speak(db(), actor=actor, locale=chosen)
    if isinstance(actor, ContactActor):
        contacts.speak(db(), actor=actor, locale=chosen)
    return redirect_to(_own_path(request.form.get("next", "/")))


def _enter(typed: str) -> UUID:
    if isinstance(current_actor(), MemberActor):
        raise Conflict(N_("You are logged in as a member here. Log out first, or use a private window."))
    visit = current_visit()
    # A wrong check symbol is a slip of the finger, found without looking anything up and not held against anyone.
    codes.normalise(typed)
    with stepup.counted_try():
        token, project_id = sittings.enter(
            db(), typed=typed, visitor=visitor(), sitting_id=visit.sitting_id if visit else None
        )
    browsers.remember(token)
    return project_id


def _landing(project_id: UUID) -> str:
    """The page the person was on their way to, if it is theirs now; else the project of the code."""
    wanted = gatehouse.take_wanted() or ""
    if found := WANTED.fullmatch(wanted):
        try:
            DOORS[found[1]](db(), current_actor(), UUID(found[2]))
            return wanted
        except NotFound:
            pass
    return f"/projects/{project_id}"


def _own_path(address: str) -> str:
    """Only a path of ours, whatever was asked for."""
    plain = address.isascii() and address.isprintable() and "\\" not in address and " " not in address
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"
