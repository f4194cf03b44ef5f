"""What conversations ask of a request: the form that says something, where to open, what to search for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import request
from wtforms import HiddenField, MultipleFileField, SelectMultipleField, TextAreaField

from portal.access.actor import Actor
from portal.models.message import Message
from portal.models.milestone import Milestone
from portal.queries import message_search, message_versions, messages
from portal.queries.conversations import Place
from portal.queries.message_rows import MessageRow
from portal.queries.message_search import Finding
from portal.rules import search as rules
from portal.rules.errors import Invalid
from portal.rules.wording import N_
from portal.services import attaching, readings
from portal.services.chat import Said, StoredFile
from portal.services.readings import About
from portal.web import talk
from portal.web.actor import current_actor
from portal.web.acts import HIDDEN, Act, plain
from portal.web.errors import sentence
from portal.web.forms import whole_number
from portal.web.installation import db
from portal.web.language import lazy_gettext as _
from portal.web.talk import Line, Talk
from portal.web.widgets import Input, TextArea

AROUND = messages.ON_PAGE // 2


class SayForm(Act):
    """Say something. The key stays the same until it was said, however often it is sent."""

    body = TextAreaField(_("Message"), filters=[plain], widget=TextArea())
    attachment = MultipleFileField(_("Attach files"), widget=Input("file"))
    upload = SelectMultipleField(_("Attach files"), validate_choice=False)
    client_key = HiddenField(widget=HIDDEN)
    quoted = HiddenField(widget=HIDDEN)


def read(form: SayForm, files: tuple[StoredFile, ...]) -> Said:
    """What the form says, with the files that came with it and those it names that were here before. Raises Invalid."""
    quoted_id, upload_ids = _quoted_id(form.quoted.data or ""), _upload_ids(form.upload.data or ())
    return Said(form.body.data or "", form.client_key.data or "", quoted_id, files, upload_ids)


def number(name: str, given: Mapping[str, str] | None = None) -> int | None:
    """A place in a conversation, from the address or a form; None when there is none that could be one."""
    return whole_number((request.args if given is None else given).get(name, ""))


def page_of(actor: Actor, place: Place) -> Talk:
    """The piece the address asks for: after, before or around a number; else where the reader stopped."""
    if (around := number("around")) is not None:
        return talk.open_at(actor, place, after=max(0, around - AROUND))
    if (after := number("after")) is not None:
        return talk.open_at(actor, place, after=after)
    if (before := number("before")) is not None:
        return talk.open_at(actor, place, before=before)
    return talk.unread_first(actor, place)


def quoted(place: Place) -> Line | None:
    """The message the form is to answer, named by its number in the address."""
    seq = number("quote")
    row = messages.one(db(), place.vendor_id, place.thread_id, seq) if seq else None
    if row is None or row.is_fact:
        return None
    return talk.lines(place, talk.audience(current_actor(), place), [row])[0]


def search(place: Place) -> Finding | None:
    """What was found in the whole project, when something is searched for."""
    words = rules.read_query(request.args.get("q", ""))
    return message_search.find(db(), place.vendor_id, place.project_id, words) if words else None


def history(message: Message, line: Line, place: Place, refusal: Invalid | None) -> dict[str, Any]:
    """What the page of one message shows."""
    own = (message.author_kind, message.author_id) == readings.person(current_actor(), message.project_id)
    versions = message_versions.of(db(), message.vendor_id, message.id)
    return {
        "line": line,
        "place": place,
        "versions": versions,
        "is_own": own and message.deleted_at is None,
        "typed": request.form.get("body", message.body),
        "refusal": sentence(refusal) if refusal else "",
    }


def address_of(message: Message | MessageRow) -> str:
    """Where a message stands in its conversation."""
    is_milestone = isinstance(message, MessageRow) or message.thread_id != message.project_id
    noun = "milestones" if is_milestone else "projects"
    return f"/{noun}/{message.thread_id}/messages?around={message.seq}#message-{message.id}"


def page_about(about: About) -> str:
    """The conversation's own page."""
    noun = "milestones" if isinstance(about, Milestone) else "projects"
    return f"/{noun}/{about.id}/messages"


def _quoted_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid(N_("The message you answer is not in this conversation any more."), field="quoted") from None


def _upload_ids(texts: Iterable[str]) -> tuple[UUID, ...]:
    try:
        return tuple(UUID(text) for text in texts)
    except ValueError:
        raise attaching.missing() from None
