"""What the pages of the settings share: their blueprint and their tabs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, url_for
from flask_babel import gettext as _

from portal.access import doors
from portal.access.actor import MemberActor
from portal.access.policy import Action, can
from portal.models.vendor import Vendor
from portal.rules.errors import DomainError, NotFound
from portal.web import refusals
from portal.web.actor import current_actor
from portal.web.installation import db

bp = Blueprint("settings", __name__, url_prefix="/settings")


def myself() -> MemberActor:
    """The member who is asking; the gatehouse lets nobody else in here."""
    actor = current_actor()
    if not isinstance(actor, MemberActor):
        raise NotFound
    return actor


def vendor() -> Vendor:
    """The reader's own vendor."""
    return doors.get_vendor(db(), current_actor())


def show(page: str, *, form: Any = None, error: DomainError | None = None, tab: str = "", **context: Any) -> Response:
    """The page, under `tab` if not under its own; with an error its form again, the refusal beside its field."""
    shared = context | {"tabs": _tabs(tab or page)}
    if error is not None:
        return refusals.again(f"settings/{page}.html", form, error, **shared)
    return make_response(render_template(f"settings/{page}.html", form=form, **shared))


def _tabs(here: str) -> list[dict[str, Any]]:
    named = (
        ("studio", _("Studio")),
        ("payment", _("Payment")),
        ("members", _("Members")),
        ("connections", _("Connections")),
        ("account", _("Account")),
        ("notices", _("Notifications")),
        *([("mail", _("Mail"))] if can(myself(), Action.MANAGE_MAIL, myself()) else []),
    )
    return [{"label": words, "href": url_for(f"settings.{tab}"), "current": tab == here} for tab, words in named]
