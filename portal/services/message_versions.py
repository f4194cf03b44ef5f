"""The versions of a message, each committed to in the record, and the words it is found by."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.adapters import clock
from portal.models.message import Message, MessageText, MessageVersion, VersionKind
from portal.models.project import Project
from portal.rules import chain, search, texts
from portal.rules.conversation import LONGEST_MESSAGE
from portal.rules.errors import Invalid
from portal.rules.wording import N_
from portal.services import record

SALT_BYTES = 16


def checked(body: str, *, has_files: bool) -> str:
    """The text as it is kept. Raises Invalid when it is too long, or empty and nothing is attached."""
    try:
        text = texts.block(body, LONGEST_MESSAGE)
    except Invalid as error:
        raise error.at("body") from None
    if not text and not has_files:
        raise Invalid(N_("Write something, or attach a file."), field="body")
    return text


def keep(
    session: Session,
    actor: Actor,
    project: Project,
    message: Message,
    kind: VersionKind,
    files_sha256: list[str] | None = None,
) -> None:
    """The text as it is now, and a salted commitment of it in the record."""
    salt = secrets.token_hex(SALT_BYTES)
    session.add(
        MessageVersion(
            vendor_id=message.vendor_id,
            project_id=message.project_id,
            message_id=message.id,
            number=message.version,
            kind=kind,
            body=message.body,
            salt=salt,
            at=clock.now(),
        )
    )
    record.append(
        session,
        project,
        f"message.{kind.value}",
        by=actor,
        message=message.id,
        thread=message.thread_id,
        seq=message.seq,
        version=message.version,
        text=chain.commitment(salt, message.body),
        files=files_sha256 or [],
    )


def index(session: Session, message: Message) -> None:
    """Let it be found by what it says now, in the transaction that says it."""
    if message.version > 1:
        forget(session, message)
    row = {
        "vendor_id": message.vendor_id,
        "project_id": message.project_id,
        "message_id": message.id,
        "text": search.fold(message.body),
    }
    session.execute(insert(MessageText).values(row))


def forget(session: Session, message: Message) -> None:
    """Let it be found no more."""
    mine = MessageText.vendor_id == message.vendor_id, MessageText.message_id == message.id
    session.execute(delete(MessageText).where(*mine).execution_options(synchronize_session=False))
