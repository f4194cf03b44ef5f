"""Mails that did not arrive: why, and once more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash
from flask_babel import gettext as _

from portal.access import doors
from portal.access.policy import Action, authorize
from portal.adapters import clock
from portal.blueprints.settings.pages import bp, myself, show
from portal.queries import mails as reads
from portal.services import mails
from portal.web.actor import current_actor
from portal.web.gatehouse import Who, who
from portal.web.htmx import back_to, redirect_to
from portal.web.installation import db, installation


@bp.get("/mail", endpoint="mail")
@who(Who.MEMBER)
def show_mail() -> Any:
    """What was given up or refused, and what is being tried again."""
    me = myself()
    authorize(me, Action.MANAGE_MAIL, me)
    failed = reads.failed(db(), me, clock.now())
    return show("mail", failed=failed, has_server=installation().config.smtp_url is not None)


@bp.post("/mail/<uuid:id>/attempts")
@who(Who.MEMBER)
def create_attempt(id: UUID) -> Any:
    """Send one again."""
    back_to("/settings/mail")
    mails.send_again(db(), actor=current_actor(), notice=doors.get_notice(db(), current_actor(), id))
    flash(_("The mail is on its way again."), "success")
    return redirect_to("/settings/mail")
