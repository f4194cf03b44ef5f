"""Files that came with messages: open to everyone who may read the message, paid or not."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response

from portal.access import doors
from portal.access.policy import Action, authorize
from portal.adapters import outside, renditions
from portal.models.message import Attachment
from portal.rules.errors import NotFound
from portal.services.downloads import Leaving
from portal.web import files, gates
from portal.web.actor import current_actor
from portal.web.files import SEALED, Body
from portal.web.gatehouse import Who, who
from portal.web.installation import db
from portal.web.talk import PICTURES

bp = Blueprint("attachments", __name__)

LARGEST_PICTURE = 50 * 1024 * 1024


@bp.get("/attachments/<uuid:attachment_id>/file")
@who(Who.PARTY)
def download(attachment_id: UUID) -> Response:
    """The file as it was sent; always as an attachment, never shown by the browser."""
    found = _find(attachment_id)
    if found.is_small:
        return files.send_small(_body(found), _leaving(found))
    return files.send(_body(found), _leaving(found), gates.reader_guard(current_actor(), found.project_id))


@bp.get("/attachments/<uuid:attachment_id>/preview")
@who(Who.PARTY)
def preview(attachment_id: UUID) -> Any:
    """A small picture of a picture; drawn anew by us, so nothing of the original's code comes along."""
    found = _find(attachment_id)
    if found.media_type not in PICTURES or found.bytes > LARGEST_PICTURE or found.damaged_at is not None:
        raise NotFound
    storage = outside.of(db()).storage
    content = storage.rendition(found.id)
    if content is None:
        with _body(found).opens() as picture:
            content = renditions.draw(picture) or b""
        storage.keep_rendition(found.id, content)
    if not content:
        raise NotFound
    response = make_response(content)
    response.headers.update(SEALED | {"Content-Type": "image/webp"})
    return response


def _find(attachment_id: UUID) -> Attachment:
    found = doors.get_attachment(db(), current_actor(), attachment_id)
    authorize(current_actor(), Action.TALK, found)
    return found


def _body(found: Attachment) -> Body:
    storage = outside.of(db()).storage
    opens = partial(storage.open_small if found.is_small else storage.open, found.id, found.bytes)
    return Body(
        found.id, found.name, found.media_type, found.bytes, found.sha256, found.stored_at, opens,
        is_damaged=found.damaged_at is not None,
    )  # fmt: skip


def _leaving(found: Attachment) -> Leaving:
    milestone_id = None if found.thread_id == found.project_id else found.thread_id
    return Leaving("attachment", found.vendor_id, found.project_id, milestone_id, attachment_id=found.id)
