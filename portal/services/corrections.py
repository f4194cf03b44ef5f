"""Saying it differently, and taking it back. Only whoever said it may, and what was said before stays readable."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.policy import Action, authorize
from portal.adapters import clock
from portal.db import announce, command
from portal.models.message import Message, VersionKind
from portal.models.project import Project
from portal.rules import events
from portal.rules.errors import AlreadyDone, Forbidden
from portal.rules.wording import N_
from portal.services import message_versions, readings, record


@command
def edit(session: Session, *, actor: Actor, message: Message, body: str) -> Message:
    """Change what it says. Raises AlreadyDone when nothing would change, or when it was taken back before."""
    project = _hold_own(session, actor, message)
    new = message_versions.checked(body, has_files=message.files is not None)
    if new == message.body:
        raise AlreadyDone(N_("Nothing was changed."))
    message.body, message.edited_at, message.version = new, clock.now(), message.version + 1
    message_versions.keep(session, actor, project, message, VersionKind.EDITED)
    message_versions.index(session, message)
    _announce(session, message)
    return message


@command
def delete(session: Session, *, actor: Actor, message: Message) -> Message:
    """Take it back: the conversation says that it was, and finds it no more. Raises AlreadyDone on a repeat."""
    project = _hold_own(session, actor, message)
    message.body, message.deleted_at, message.version = "", clock.now(), message.version + 1
    message_versions.keep(session, actor, project, message, VersionKind.DELETED)
    message_versions.forget(session, message)
    _announce(session, message)
    return message


def _hold_own(session: Session, actor: Actor, message: Message) -> Project:
    authorize(actor, Action.TALK, message)
    project = record.hold(session, actor, message.project_id)
    if (message.author_kind, message.author_id) != readings.person(actor, project.id):
        raise Forbidden(N_("Only whoever wrote a message can change it or take it back."))
    if message.deleted_at is not None:
        raise AlreadyDone(N_("This message was taken back before."))
    return project


def _announce(session: Session, message: Message) -> None:
    ids = {"vendor_id": message.vendor_id, "project_id": message.project_id, "thread_id": message.thread_id}
    announce(session, events.MessageChanged(**ids, message_id=message.id, seq=message.seq))
