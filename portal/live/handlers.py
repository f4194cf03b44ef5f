"""What a browser may say through a socket: that somebody is here, is typing, and has read so far. Nothing else.

Each event looks anew who is there and what they may see: a socket outlives a logout, a page does not.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from flask import request
from flask_socketio import ConnectionRefusedError, join_room

from portal.access import doors
from portal.access.actor import Actor, ContactActor, MemberActor
from portal.access.policy import Action, can
from portal.adapters import clock
from portal.live import pace, presence, rooms, sessions
from portal.live.guests import Guest
from portal.live.sockets import Sockets
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.queries import sitting_states
from portal.rules.errors import DomainError, NotFound
from portal.rules.presence import Sight
from portal.services import readings
from portal.web.actor import current_actor
from portal.web.installation import db
from portal.web.language import reader_locale

UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LARGEST_SEQ = 2**31 - 1
log = structlog.get_logger()

Answer = dict[str, Any]
REFUSED: Answer = {"error": "refused"}
TOO_FAST: Answer = {"error": "too_fast"}
DONE: Answer = {"ok": True}


class Unreadable(Exception):
    """What came is not what the event carries."""


def register(sockets: Sockets) -> None:
    """Teach the sockets every event there is. What is not here is not answered."""
    io = sockets.io
    io.on_event("connect", lambda auth=None: _connect(sockets))
    io.on_event("disconnect", lambda reason=None: _disconnect(sockets))
    for name, act in EVENTS.items():
        io.on_event(name, _guarded(sockets, act))


def _connect(sockets: Sockets) -> None:
    actor = current_actor()
    if not isinstance(actor, MemberActor | ContactActor) or actor.sitting_id is None:
        raise ConnectionRefusedError("signed_out")
    standing = sitting_states.standings(db(), [actor.sitting_id], clock.now()).get(actor.sitting_id)
    if standing is None:
        raise ConnectionRefusedError("signed_out")
    sid = _sid()
    for room in rooms.entered_by(actor, reader_locale()):
        join_room(room)
    sockets.welcome(Guest(sid, actor.sitting_id, standing))
    sessions.watch(sockets)


def _disconnect(sockets: Sockets) -> None:
    sockets.forget(_sid())
    pace.forget(_sid())


def _guarded(sockets: Sockets, act: Callable[[Sockets, Actor, Any], Answer]) -> Callable[..., Answer]:
    """An event: paced, checked against the database, its content read by a schema, its refusals all alike."""

    def handle(*content: Any) -> Answer:
        if not pace.may(_sid()):
            return TOO_FAST
        actor = current_actor()
        if not isinstance(actor, MemberActor | ContactActor):
            sessions.sign_out(sockets, _sid())
            return REFUSED
        try:
            return act(sockets, actor, content[0] if len(content) == 1 else None)
        except (Unreadable, DomainError):
            return REFUSED

    return handle


def _typing(sockets: Sockets, actor: Actor, content: Any) -> Answer:
    thread_id = _uuid(_fields(content, {"thread"})["thread"])
    about = _about(actor, thread_id)
    project_id = readings.project_of(about)
    message = {"thread": str(thread_id), "name": _name(actor, project_id)}
    theirs = [rooms.of_talk(about.vendor_id, project_id, audience, locale) for audience, locale in rooms.audiences()]
    sockets.emit("typing", message, dict.fromkeys(theirs), but=_sid())
    return DONE


def _read(_sockets: Sockets, actor: Actor, content: Any) -> Answer:
    fields = _fields(content, {"thread", "seq"})
    seq = fields["seq"]
    if type(seq) is not int or not 1 <= seq <= LARGEST_SEQ:
        raise Unreadable
    readings.read(db(), actor=actor, about=_about(actor, _uuid(fields["thread"])), seq=seq)
    return DONE


def _here(sockets: Sockets, actor: Actor, content: Any) -> Answer:
    fields = _fields(content, {"thread", "visible"})
    if type(fields["visible"]) is not bool:
        raise Unreadable
    project_id = readings.project_of(_about(actor, _uuid(fields["thread"])))
    guest = sockets.guest(_sid())
    if guest is None:
        raise NotFound
    away_since = None if fields["visible"] else time.monotonic()
    side, person = readings.person(actor, project_id)
    presence.look(sockets, guest, Sight(project_id, side, person, _name(actor, project_id), away_since))
    return DONE


def _about(actor: Actor, thread_id: UUID) -> Project | Milestone:
    """What a conversation is about, if the actor sees it and may talk there. Raises NotFound."""
    about = doors.get_about(db(), actor, thread_id)
    if not can(actor, Action.TALK, about):
        raise NotFound
    return about


def _fields(content: Any, names: set[str]) -> dict[str, Any]:
    if not isinstance(content, dict) or set(content) != names:
        raise Unreadable
    return content


def _uuid(text: Any) -> UUID:
    if not isinstance(text, str) or not UUID_TEXT.fullmatch(text):
        raise Unreadable
    return UUID(text)


def _name(actor: Actor, project_id: UUID) -> str:
    key = actor.key_for(project_id) if isinstance(actor, ContactActor) else None
    return key.name if key else actor.name


def _sid() -> str:
    sid: str = request.sid  # type: ignore[attr-defined]  # Flask-SocketIO's own
    return sid


EVENTS: dict[str, Callable[[Sockets, Actor, Any], Answer]] = {
    "here": _here,
    "typing": _typing,
    "read": _read,
}
