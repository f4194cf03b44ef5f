"""Members come and go: the first set-up, logging in, logging out."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from portal.access.actor import MemberActor
from portal.models.vendor import Vendor
from portal.rules.errors import Invalid, NotFound
from portal.services import sittings, throttle, vendors
from portal.services.vendors import Founding
from portal.web import actor as browsers
from portal.web import setup_token
from portal.web.actor import current_actor, current_visit, visitor
from portal.web.errors import status_of
from portal.web.forms import blame
from portal.web.gatehouse import Who, who
from portal.web.htmx import redirect_to
from portal.web.installation import db, installation
from portal.web.language import reader_locale

bp = Blueprint("accounts", __name__)


class LoginForm(FlaskForm):
    """E-mail address and password."""

    email = StringField(validators=[InputRequired()])
    password = PasswordField(validators=[InputRequired()])


class SetupForm(FlaskForm):
    """What the first visit asks for."""

    token = StringField(validators=[InputRequired()])
    vendor_name = StringField(validators=[InputRequired()])
    name = StringField(validators=[InputRequired()])
    email = StringField(validators=[InputRequired()])
    password = PasswordField(validators=[InputRequired()])


@bp.get("/")
@who(Who.ANYONE)
def front() -> Any:
    """To the projects, or to where one gets in."""
    if current_visit() is not None:
        return redirect_to("/projects")
    return redirect_to("/enter" if _is_set_up() else "/setup")


@bp.get("/setup")
@who(Who.ANYONE)
def new_setup() -> Any:
    """The first visit, while there is no vendor."""
    _require_unused()
    return render_template("accounts/setup.html", form=SetupForm())


@bp.post("/setup")
@who(Who.ANYONE, takes_secret=True)
def create_setup() -> Any:
    """Make the vendor and its owner, and log the owner in."""
    _require_unused()
    form = SetupForm()
    throttle.take(db(), name=f"setup:{visitor().bucket}", limit=throttle.LOGIN_PER_ADDRESS)
    if not form.validate():
        return render_template("accounts/setup.html", form=form), 422
    try:
        _check_token(form.token.data)
        vendors.found(db(), founding=_founding(form))
    except Invalid as error:
        return render_template("accounts/setup.html", form=blame(form, error)), 422
    setup_token.use_up(installation().config)
    token, _member = sittings.log_in(db(), email=form.email.data, password=form.password.data, visitor=visitor())
    browsers.remember(token)
    return redirect_to("/settings")


@bp.get("/login")
@who(Who.ANYONE)
def new_login() -> Any:
    """The form members log in with."""
    if isinstance(current_actor(), MemberActor):
        return redirect_to("/projects")
    return render_template("accounts/login.html", form=LoginForm())


@bp.post("/login")
@who(Who.ANYONE, takes_secret=True)
def create_login() -> Any:
    """Log a member in. Known and unknown addresses answer alike."""
    form = LoginForm()
    if not form.validate():
        return render_template("accounts/login.html", form=form), 422
    try:
        token, _member = sittings.log_in(db(), email=form.email.data, password=form.password.data, visitor=visitor())
    except Invalid as error:
        return render_template("accounts/login.html", form=blame(form, error)), status_of(error)
    browsers.remember(token)
    return redirect_to("/projects")


@bp.post("/logout")
@who(Who.MEMBER)
def logout() -> Any:
    """End this sitting and leave nothing of it in the browser."""
    visit = current_visit()
    if visit is not None:
        sittings.log_out(db(), sitting_id=visit.sitting_id)
    browsers.forget()
    response = redirect_to("/login")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _founding(form: SetupForm) -> Founding:
    return Founding(
        vendor_name=form.vendor_name.data,
        name=form.name.data,
        email=form.email.data,
        password=form.password.data,
        locale=reader_locale(),
        time_zone=request.form.get("time_zone") or "UTC",
    )


def _check_token(token: str) -> None:
    if not hmac.compare_digest(setup_token.read(installation().config).encode(), token.strip().encode()):
        raise Invalid(_("This is not the token that was printed when the portal was started."), field="token")


def _is_set_up() -> bool:
    return db().scalar(select(Vendor.id).limit(1)) is not None


def _require_unused() -> None:
    if _is_set_up():
        raise NotFound
