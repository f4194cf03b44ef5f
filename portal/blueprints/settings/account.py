"""One's own account: clock, language, password, and the browsers one is logged in with."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_babel import gettext as _
from werkzeug.datastructures import ImmutableMultiDict

from portal.adapters import clock
from portal.blueprints.settings.forms import AccountForm
from portal.blueprints.settings.pages import bp, myself, show
from portal.queries import members as reads
from portal.rules.errors import DomainError, Invalid, InvalidForm, Throttled
from portal.services import members, sittings, throttle
from portal.web import choices
from portal.web.gatehouse import Who, who
from portal.web.htmx import redirect_to
from portal.web.installation import db


@bp.get("/account")
@bp.get("/account/password", endpoint="account_again")
@bp.get("/account/zone", endpoint="account_again")
@who(Who.MEMBER)
def account() -> Any:
    """One's own account."""
    return _show(_form())


@bp.post("/account/zone")
@who(Who.MEMBER)
def change_zone() -> Any:
    """Read times on another clock."""
    # The passwords beside it on the page are none of its business.
    form = _form(ImmutableMultiDict({"time_zone": request.form.get("time_zone", "")}))
    try:
        members.live_in(db(), actor=myself(), time_zone=form.time_zone.data or "")
    except Invalid as error:
        return _show(form, error.at("time_zone"))
    flash(_("Saved."), "success")
    return redirect_to("/settings/account")


@bp.post("/account/password")
@who(Who.MEMBER, takes_secret=True)
def change_password() -> Any:
    """Replace one's own password; other browsers are logged out."""
    form, name = _form(request.form), f"password:{myself().member_id}"
    try:
        throttle.take(db(), name=name, limit=throttle.LOGIN_PER_ACCOUNT)
        members.change_password(db(), actor=myself(), current=form.current.data or "", new=form.new.data or "")
    except (Invalid, InvalidForm, Throttled) as error:
        return _show(form, error)
    throttle.give_back(db(), name=name, limit=throttle.LOGIN_PER_ACCOUNT)
    flash(_("Your password is changed. Your other browsers are logged out."), "success")
    return redirect_to("/settings/account")


@bp.post("/account/sittings")
@who(Who.MEMBER)
def end_sittings() -> Any:
    """Log out every browser but this one."""
    sittings.end_others(db(), actor=myself())
    flash(_("Your other browsers are logged out."), "success")
    return redirect_to("/settings/account")


def _form(sent: Any = None) -> AccountForm:
    form = AccountForm(sent, data={"time_zone": myself().time_zone})
    form.time_zone.choices = choices.time_zones(form.time_zone.data)
    return form


def _show(form: AccountForm, error: DomainError | None = None) -> Any:
    me = myself()
    rows = reads.own_sittings(db(), me, clock.now())
    return show(
        "account",
        form=form,
        error=error,
        me=me,
        email=reads.own_email(db(), me),
        sittings=rows,
        languages=choices.LANGUAGES,
    )
