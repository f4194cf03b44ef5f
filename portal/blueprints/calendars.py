"""Calendar links: the calendar itself for whoever knows the link, and its owner's making and ending of it."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, render_template, request
from flask_babel import gettext as _

from portal.access.actor import ContactActor
from portal.adapters import clock
from portal.queries import feeds as reads
from portal.queries.feeds import Reader
from portal.rules.errors import NotFound
from portal.services import feeds, throttle
from portal.services.answers import Ticket
from portal.web import calendars
from portal.web.actor import current_actor, visitor
from portal.web.gatehouse import Who, who
from portal.web.htmx import back_to, redirect_to
from portal.web.installation import db, installation

bp = Blueprint("calendars", __name__, url_prefix="/calendar")


@bp.get("/<token>.ics")
@who(Who.ANYONE, takes_secret=True)
def show(token: str) -> Any:
    """The dates behind a link, as text/calendar; 304 when the caller has them already."""
    reader = _reader(token)
    items = reads.items(db(), reader.actor, clock.today(reader.actor.time_zone))
    content = calendars.write(items, calendars.voice(reader, installation().config.base_url))
    response = make_response(content, 200, {"Content-Type": "text/calendar; charset=utf-8"})
    response.headers["Content-Disposition"] = 'inline; filename="milepost.ics"'
    response.set_etag(hashlib.sha256(content).hexdigest())
    # Kept by the program that asked, for itself, and asked about each time: a link that ended shows nothing more.
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("HX-Request", "Cookie"))
    return response.make_conditional(request)


@bp.post("")
@who(Who.PARTY)
def create() -> Any:
    """Make a link and show it, this once. One that was there before is dead."""
    back_to(_home())
    ticket = Ticket(request.form.get("idempotency_key", ""), "")
    token = feeds.make(db(), actor=current_actor(), contact_id=_contact(), ticket=ticket)
    address = f"{installation().config.base_url}/calendar/{token}.ics"
    subscription = f"webcal:{address.partition(':')[2]}"
    layout = "layouts/client.html" if isinstance(current_actor(), ContactActor) else "layouts/member.html"
    return render_template(
        "calendars/link.html", address=address, subscription=subscription, layout=layout, home=_home()
    )


@bp.post("/revocation")
@who(Who.PARTY)
def revoke() -> Any:
    """End the link."""
    back_to(_home())
    feeds.end(db(), actor=current_actor(), contact_id=_contact())
    flash(_("The calendar link is switched off. Calendars that use it get nothing more."), "success")
    return redirect_to(_home())


def _reader(token: str) -> Reader:
    """Whose link it is. Unknown, ended and expired ones are answered alike; whoever tries many is slowed down."""
    found = reads.reader(db(), installation().keys.digest_feed(token), clock.now())
    if found is None:
        throttle.take(db(), name=f"feed:{visitor().bucket}", limit=throttle.FEED_PER_ADDRESS)
        raise NotFound
    return found


def _contact() -> UUID | None:
    """The contact named by the form; on a client's side there must be one."""
    if not isinstance(current_actor(), ContactActor):
        return None
    named = request.form.get("contact", type=UUID)
    if named is None:
        raise NotFound
    return named


def _home() -> str:
    return "/projects#calendar" if isinstance(current_actor(), ContactActor) else "/settings/connections#calendar"
