"""How a member wants to be told: by mail, in which hours, and by the browser."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_babel import gettext as _

from portal.access import holders
from portal.blueprints.settings.pages import bp, myself, show
from portal.queries import preferences as reads
from portal.rules.errors import InvalidForm
from portal.services import preferences
from portal.web import preferences as forms
from portal.web.gatehouse import Who, who
from portal.web.htmx import redirect_to
from portal.web.installation import db


@bp.get("/notices", endpoint="notices")
@who(Who.MEMBER)
def show_notices() -> Any:
    """What oneself is told, and when."""
    holder = holders.of_actor(myself())
    return show("notices", form=forms.form_of(reads.wishes(db(), holder)), holder=holder)


@bp.post("/notices")
@who(Who.MEMBER)
def change_notices() -> Any:
    """Be told in another way from now on."""
    holder = holders.of_actor(myself())
    before = reads.wishes(db(), holder)
    form = forms.form_of(before, request.form)
    try:
        preferences.choose(db(), holder=holder, wishes=forms.read(form, before))
    except InvalidForm as error:
        return show("notices", form=form, error=error, holder=holder)
    flash(_("Saved."), "success")
    return redirect_to("/settings/notices")
