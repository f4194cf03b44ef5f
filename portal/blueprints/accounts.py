"""Members come and go: the first set-up, logging in, logging out."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, render_template
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from portal.access.actor import MemberActor
from portal.models.vendor import Vendor
from portal.rules import terms
from portal.rules.errors import Invalid, NotFound, Throttled
from portal.rules.wording import N_
from portal.services import sittings, throttle, vendors
from portal.services.vendors import Founding
from portal.web import actor as browsers
from portal.web import gatehouse, refusals, setup_token
from portal.web.actor import current_actor, current_visit, visitor
from portal.web.gatehouse import Who, who
from portal.web.htmx import redirect_to
from portal.web.installation import db, installation
from portal.web.language import lazy_gettext as _
from portal.web.language import reader_locale

bp = Blueprint("accounts", __name__)


class LoginForm(FlaskForm):
    """E-mail address and password."""

    email = StringField(_("E-mail address"), validators=[InputRequired(_("Enter your e-mail address."))])
    password = PasswordField(_("Password"), validators=[InputRequired(_("Enter your password."))])


class SetupForm(FlaskForm):
    """What the first visit asks for."""

    token = StringField(_("Set-up token"), validators=[InputRequired(_("Enter the token from the terminal."))])
    vendor_name = StringField(_("Name of your studio or company"), validators=[InputRequired(_("Enter a name."))])
    name = StringField(_("Your name"), validators=[InputRequired(_("Enter your name."))])
    email = StringField(_("Your e-mail address"), validators=[InputRequired(_("Enter your e-mail address."))])
    password = PasswordField(_("Password"), validators=[InputRequired(_("Choose a password."))])
    time_zone = HiddenField()


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
    if not form.validate():
        return render_template("accounts/setup.html", form=form), 422
    try:
        throttle.take(db(), name=f"setup:{visitor().bucket}", limit=throttle.LOGIN_PER_ADDRESS)
        _check_token(form.token.data)
        vendors.found(db(), founding=_founding(form))
    except (Invalid, Throttled) as error:
        return refusals.again("accounts/setup.html", form, error)
    setup_token.use_up(installation().config)
    _log_in(form.email.data, form.password.data)
    return redirect_to("/settings")


@bp.get("/login")
@who(Who.ANYONE)
def new_login() -> Any:
    """The form members log in with."""
    if isinstance(current_actor(), MemberActor):
        return redirect_to("/projects")
    gatehouse.explain_absence()
    return render_template("accounts/login.html", form=LoginForm())


@bp.post("/login")
@who(Who.ANYONE, takes_secret=True)
def create_login() -> Any:
    """Log a member in. Known and unknown addresses answer alike."""
    form = LoginForm()
    if not form.validate():
        return render_template("accounts/login.html", form=form), 422
    try:
        _log_in(form.email.data, form.password.data)
    except (Invalid, Throttled) as error:
        return refusals.again("accounts/login.html", form, error)
    return redirect_to(gatehouse.take_wanted() or "/projects")


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


def _log_in(email: str, password: str) -> None:
    visit = current_visit()
    token, _member = sittings.log_in(db(), email=email, password=password, visitor=visitor())
    if visit is not None:
        sittings.log_out(db(), sitting_id=visit.sitting_id)
    browsers.remember(token)


def _founding(form: SetupForm) -> Founding:
    return Founding(
        vendor_name=form.vendor_name.data,
        name=form.name.data,
        email=form.email.data,
        password=form.password.data,
        locale=reader_locale(),
        time_zone=_zone(form.time_zone.data or ""),
    )


def _zone(name: str) -> str:
    """The zone the browser named, if it is one."""
    try:
        return terms.read_zone(name)
    except Invalid:
        return "UTC"


def _check_token(token: str) -> None:
    if not hmac.compare_digest(setup_token.read(installation().config).encode(), token.strip().encode()):
        raise Invalid(N_("This is not the token that was printed when the portal was started."), field="token")


def _is_set_up() -> bool:
    return db().scalar(select(Vendor.id).limit(1)) is not None


def _require_unused() -> None:
    if _is_set_up():
        raise NotFound
