"""How a person wants to be told: a contact's own page, and what the link in every mail leads to, without logging in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request
from flask_babel import gettext as _

from portal.access import holders
from portal.access.actor import ContactActor
from portal.access.holders import Holder
from portal.queries import preferences as reads
from portal.rules import telling
from portal.rules.errors import Invalid, InvalidForm, NotFound
from portal.rules.telling import Topic
from portal.rules.wording import N_
from portal.services import preferences, throttle
from portal.web import preferences as forms
from portal.web import refusals
from portal.web.actor import current_actor, current_visit, visitor
from portal.web.gatehouse import Who, by_token, who
from portal.web.htmx import redirect_to
from portal.web.installation import db
from portal.web.language import speaking_to

bp = Blueprint("preferences", __name__, url_prefix="/notices")
ONE_CLICK = ("List-Unsubscribe", "One-Click")


@bp.get("")
@who(Who.CONTACT)
def own() -> Any:
    """What the holder of a code is told; `?contact=` for one of several whose codes this browser has."""
    holder = _holder(request.args.get("contact"))
    return render_template("preferences/own.html", form=forms.form_of(reads.wishes(db(), holder)), **_around(holder))


@bp.post("")
@who(Who.CONTACT)
def change_own() -> Any:
    """Be told in another way from now on."""
    holder = _holder(request.form.get("contact"))
    before = reads.wishes(db(), holder)
    form = forms.form_of(before, request.form)
    try:
        preferences.choose(db(), holder=holder, wishes=forms.read(form, before))
    except InvalidForm as error:
        return refusals.again("preferences/own.html", form, error, **_around(holder))
    flash(_("Saved."), "success")
    return redirect_to(f"/notices?contact={holder.id}")


@bp.get("/<token>")
@who(Who.ANYONE, takes_secret=True)
def linked(token: str) -> Any:
    """The same for whoever has the link from a mail, and nothing else of the portal."""
    holder = _of_token(token)
    with speaking_to(holder.locale):
        form = forms.form_of(reads.wishes(db(), holder), with_browser=False)
        return render_template("preferences/linked.html", form=form, holder=holder, token=token)


@bp.post("/<token>")
@who(Who.ANYONE, takes_secret=True)
def change_linked(token: str) -> Any:
    """Be told in another way from now on."""
    holder = _of_token(token)
    with speaking_to(holder.locale):
        before = reads.wishes(db(), holder)
        form = forms.form_of(before, request.form, with_browser=False)
        try:
            preferences.choose(db(), holder=holder, wishes=forms.read(form, before))
        except InvalidForm as error:
            return refusals.again("preferences/linked.html", form, error, holder=holder, token=token)
        flash(_("Saved."), "success")
    return redirect_to(f"/notices/{token}")


@bp.get("/<token>/unsubscription")
@who(Who.ANYONE, takes_secret=True)
def ask_unsubscription(token: str) -> Any:
    """Ask whether mails of `?of=` are to end: whatever looks at links must not end them."""
    return _stopping(_of_token(token), token, is_done=False)


@bp.post("/<token>/unsubscription")
@who(Who.ANYONE, takes_secret=True)
@by_token
def unsubscribe(token: str) -> Any:
    """End mails of `?of=`, or all that can end: by our own button, or by one click in a mail program (RFC 8058)."""
    holder = _of_token(token)
    if request.form.get(ONE_CLICK[0]) != ONE_CLICK[1]:
        raise Invalid(N_("This form is incomplete. Open the page again and send it once more."))
    preferences.silence(db(), holder=holder, topics=_topics())
    # No redirect: mail programs do not follow one.
    return _stopping(holder, token, is_done=True)


def _of_token(token: str) -> Holder:
    """Whose link it is. Whoever tries many that are nobody's is slowed down."""
    try:
        return holders.of_token(db(), token)
    except NotFound:
        throttle.take(db(), name=f"notices:{visitor().bucket}", limit=throttle.FEED_PER_ADDRESS)
        raise


def _holder(contact: str | None) -> Holder:
    """Whom the page is about: one of those whose codes this browser has."""
    try:
        return holders.of_actor(current_actor(), UUID(contact) if contact else None)
    except ValueError:
        raise NotFound from None


def _around(holder: Holder) -> dict[str, Any]:
    return {"holder": holder, "tabs": _tabs(holder)}


def _tabs(here: Holder) -> list[dict[str, Any]]:
    """Everybody whose codes this browser has, if it has those of several."""
    visit = current_visit()
    if visit is None or not isinstance(visit.actor, ContactActor):
        return []
    people = holders.all_of(visit.actor)
    return [
        {
            "label": f"{each.name} · {visit.brands[each.vendor_id].name}",
            "href": f"/notices?contact={each.id}",
            "current": each.id == here.id,
        }
        for each in people
        if len(people) > 1
    ]


def _topics() -> frozenset[Topic]:
    """What the link names; everything that can end when it names nothing."""
    named = frozenset(topic for topic in telling.CAN_BE_SWITCHED_OFF if topic.value in request.args.getlist("of"))
    return named or frozenset(telling.CAN_BE_SWITCHED_OFF)


def _stopping(holder: Holder, token: str, *, is_done: bool) -> Response:
    with speaking_to(holder.locale):
        topics = [topic for topic in telling.CAN_BE_SWITCHED_OFF if topic in _topics()]
        page = render_template(
            "preferences/stopping.html", holder=holder, token=token, topics=topics, is_done=is_done, one_click=ONE_CLICK
        )
        return make_response(page)
