"""Conversations: read in pieces, written to by a form, searched. What is pushed (live) is the same partial."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, render_template, request
from flask_babel import gettext as _

from portal.access import doors
from portal.access.policy import Action, authorize
from portal.models.message import Message
from portal.queries import conversations, messages
from portal.queries.conversations import Place
from portal.rules.errors import Invalid, NotFound
from portal.services import chat, corrections, readings
from portal.services.readings import About
from portal.web import attached, said, talk
from portal.web.actor import current_actor
from portal.web.forms import new_key
from portal.web.gatehouse import Who, who
from portal.web.htmx import back_to, is_fragment, redirect_to
from portal.web.installation import db
from portal.web.said import SayForm
from portal.web.talk import Talk

bp = Blueprint("messages", __name__)


@bp.get("/projects/<uuid:project_id>/messages")
@who(Who.PARTY)
def of_project(project_id: UUID) -> Any:
    """The conversation about the whole project."""
    return _show(conversations.of_project(db(), current_actor(), project_id))


@bp.get("/milestones/<uuid:milestone_id>/messages")
@who(Who.PARTY)
def of_milestone(milestone_id: UUID) -> Any:
    """The conversation about one milestone."""
    return _show(conversations.of_milestone(db(), current_actor(), milestone_id))


@bp.post("/projects/<uuid:project_id>/messages")
@who(Who.PARTY)
def say_in_project(project_id: UUID) -> Any:
    """Say something about the whole project."""
    place = conversations.of_project(db(), current_actor(), project_id)
    return _say(place, doors.get_project(db(), current_actor(), project_id))


@bp.post("/milestones/<uuid:milestone_id>/messages")
@who(Who.PARTY)
def say_in_milestone(milestone_id: UUID) -> Any:
    """Say something about one milestone."""
    place = conversations.of_milestone(db(), current_actor(), milestone_id)
    return _say(place, doors.get_milestone(db(), current_actor(), milestone_id))


@bp.post("/projects/<uuid:project_id>/messages/reading")
@who(Who.PARTY)
def read_project(project_id: UUID) -> Any:
    """Note how far this person has read; what the page does where no socket is."""
    return _read(doors.get_project(db(), current_actor(), project_id))


@bp.post("/milestones/<uuid:milestone_id>/messages/reading")
@who(Who.PARTY)
def read_milestone(milestone_id: UUID) -> Any:
    """The same for one milestone."""
    return _read(doors.get_milestone(db(), current_actor(), milestone_id))


@bp.get("/messages/<uuid:message_id>")
@who(Who.PARTY)
def show(message_id: UUID) -> Any:
    """One message with everything it ever said, and for its author the ways to change it."""
    return _one(_find(message_id))


@bp.post("/messages/<uuid:message_id>/versions")
@who(Who.PARTY)
def create_version(message_id: UUID) -> Any:
    """Say it differently."""
    message = _find(message_id)
    try:
        corrections.edit(db(), actor=current_actor(), message=message, body=request.form.get("body", ""))
    except Invalid as refusal:
        return _one(message, refusal)
    flash(_("Changed. What it said before is kept with it."), "success")
    return redirect_to(said.address_of(message))


@bp.post("/messages/<uuid:message_id>/deletion")
@who(Who.PARTY)
def create_deletion(message_id: UUID) -> Any:
    """Take it back."""
    message = _find(message_id)
    corrections.delete(db(), actor=current_actor(), message=message)
    flash(_("Taken back. What it said is kept with it."), "success")
    return redirect_to(said.address_of(message))


def _show(place: Place) -> Any:
    """A fragment of lines where a script asks for what came after or before; else the page."""
    after, before = said.number("after"), said.number("before")
    if is_fragment() and (after is not None or before is not None):
        most = messages.MOST_AT_ONCE if after is not None else messages.ON_PAGE
        where = {"after": after} if after is not None else {"before": before or 0}
        return _lines(talk.open_at(current_actor(), place, most=most, **where))
    found = said.page_of(current_actor(), place)
    form, quote = SayForm(client_key=found.key), said.quoted(place)
    return render_template("messages/show.html", talk=found, form=form, quote=quote, search=said.search(place))


def _lines(found: Talk) -> Any:
    response = make_response(render_template("messages/lines.html", talk=found))
    response.headers["X-Head-Seq"] = str(found.piece.head_seq)
    return response


def _say(place: Place, about: About) -> Any:
    authorize(current_actor(), Action.TALK, place)
    form = SayForm(request.form)
    try:
        new = said.read(form, attached.take())
        message_id = chat.post(db(), actor=current_actor(), about=about, said=new)
    except Invalid as refusal:
        return _refused(place, form, refusal)
    if not is_fragment():
        return redirect_to(f"{place.address}#message-{message_id}")
    after = said.number("after", request.form)
    if after is None:
        return make_response("", 204)
    return _lines(talk.open_at(current_actor(), place, after=after, most=messages.MOST_AT_ONCE))


def _refused(place: Place, form: SayForm, refusal: Invalid) -> Any:
    """The form comes back with what was typed, and with the same key: sent again it is still the same message.

    Unless that key stands for another one, whose answer was lost: what is in the form then becomes one of its own.
    """
    found = talk.open_at(current_actor(), place)
    form.take(refusal)
    if refusal.code == "key_reused":
        form.client_key.data = new_key()
    template = "messages/_say.html" if is_fragment() else "messages/show.html"
    page = render_template(template, talk=found, form=form, quote=said.quoted(place), search=None)
    response = make_response(page, 422)
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = f"#say-{place.thread_id}", "outerHTML"
    return response


def _read(about: About) -> Any:
    authorize(current_actor(), Action.TALK, about)
    seq = said.number("seq", request.form)
    if seq is None:
        raise Invalid(_("Say how far you have read."), field="seq")
    readings.read(db(), actor=current_actor(), about=about, seq=seq)
    return make_response("", 204) if is_fragment() else redirect_to(said.page_about(about))


def _find(message_id: UUID) -> Message:
    message = doors.get_message(db(), current_actor(), message_id)
    authorize(current_actor(), Action.TALK, message)
    back_to(f"/messages/{message_id}")
    return message


def _one(message: Message, refusal: Invalid | None = None) -> Any:
    place = conversations.of_thread(db(), message.vendor_id, message.project_id, message.thread_id)
    row = messages.one(db(), message.vendor_id, message.thread_id, message.seq)
    if row is None:
        raise NotFound
    line = talk.lines(place, talk.audience(current_actor(), place), [row])[0]
    shown = said.history(message, line, place, refusal)
    return make_response(render_template("messages/one.html", **shown), 422 if refusal else 200)
