"""Everything that was said in a project, to take along: as text and as JSON, streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, Response, current_app
from flask_babel import get_locale

from portal.access.policy import Action, authorize
from portal.queries import conversations, message_export
from portal.queries.conversations import Place
from portal.web import language, talk
from portal.web.actor import current_actor
from portal.web.gatehouse import Who, who
from portal.web.installation import db, installation
from portal.web.language import gettext as _
from portal.web.language import show_bytes, show_instant

bp = Blueprint("transcripts", __name__)


@bp.get("/projects/<uuid:project_id>/messages.txt")
@who(Who.PARTY)
def as_text(project_id: UUID) -> Response:
    """All messages, the oldest first, as a person reads them."""
    place = _find(project_id)
    app, audience = current_app._get_current_object(), talk.audience(current_actor(), place)  # type: ignore[attr-defined]  # Flask's own way out of its proxy
    return _send("messages.txt", "text/plain; charset=utf-8", _text(app, str(get_locale()), place, audience))


@bp.get("/projects/<uuid:project_id>/messages.json")
@who(Who.PARTY)
def as_json(project_id: UUID) -> Response:
    """All messages, the oldest first, as a program reads them. What is told of money stands in the record."""
    place = _find(project_id)
    return _send("messages.json", "application/json; charset=utf-8", _json(installation().sessions, place))


def _find(project_id: UUID) -> Place:
    place = conversations.of_project(db(), current_actor(), project_id)
    authorize(current_actor(), Action.TALK, place)
    return place


def _send(name: str, kind: str, pieces: Iterator[str]) -> Response:
    response = Response(pieces, content_type=kind)
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response


# The request is over before the last lines leave, and so is its session; what each line needs is handed along.
def _json(sessions: Any, place: Place) -> Iterator[str]:
    with sessions() as session:
        yield from message_export.as_json(session, place.vendor_id, place.project_id)


def _text(app: Flask, locale: str, place: Place, audience: talk.Audience) -> Iterator[str]:
    with installation(app).sessions() as session:
        for batch in message_export.batches(session, place.vendor_id, place.project_id):
            # Entered and left between two pieces: a context that stays would be met by the thread's next request.
            with app.app_context(), language.speaking(locale):
                paragraphs = [_paragraph(place, audience, row) for row in batch]
            yield "".join(paragraphs)


def _paragraph(place: Place, audience: talk.Audience, row: Any) -> str:
    about = f" [{row.milestone}]" if row.milestone else ""
    return f"{show_instant(row.at, place.time_zone)}{about} {row.author}\n{_shown(place, audience, row)}\n\n"


def _shown(place: Place, audience: talk.Audience, row: Any) -> str:
    if row.author_kind == "system":
        return talk.told(place, audience, row.kind, json.loads(row.entry_body or "{}"), row.milestone)
    if row.deleted_at is not None:
        return _("This message was taken back.")
    files = [f"[{file['name']}, {show_bytes(file['bytes'])}]" for file in message_export.files_of(row)]
    return "\n".join([row.body, *files]).strip()
