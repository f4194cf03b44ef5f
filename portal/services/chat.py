"""Saying something about a milestone or a project: once, in order, and kept for good."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.policy import Action, authorize
from portal.adapters import clock
from portal.adapters.failpoints import failpoint
from portal.db import announce, command, new_id
from portal.models.deliverable import Upload
from portal.models.message import Attachment, Mention, Message, MessageVersion, VersionKind
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules import conversation, events, texts
from portal.rules.conversation import LONGEST_MESSAGE, MOST_FILES
from portal.rules.errors import Invalid
from portal.rules.wording import N_
from portal.services import attaching, message_versions, notices, people, readings, record, threads, throttle
from portal.services.readings import About, Person
from portal.services.throttle import Limit

SHORTEST_KEY, LONGEST_KEY = 8, 64
# Quicker than anybody types; what a script may pour in before it has to wait.
PER_PERSON = Limit(capacity=20, refill_seconds=0.2)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file whose bytes are in storage under `id`; `name` is clean, `media_type` was sniffed."""

    id: UUID
    name: str
    media_type: str
    bytes: int
    sha256: str
    is_small: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be said: Markdown as typed, the sender's own key for it, and what it answers or brings along.

    `files` came with the form; `upload_ids` are uploads of the sender's for this conversation, whole by now.
    """

    body: str
    client_key: str
    quoted_id: UUID | None = None
    files: tuple[StoredFile, ...] = ()
    upload_ids: tuple[UUID, ...] = ()


@command
def post(session: Session, *, actor: Actor, about: About, said: Said) -> UUID:
    """Say something about a milestone or a project. Returns the message's id, the same one for a repeat.

    Raises Invalid for an empty or too long text, a key that came with another one before, or files that are not here
    to be sent; Throttled for a flood.
    """
    authorize(actor, Action.TALK, about)
    project = record.hold(session, actor, readings.project_of(about))
    author = readings.person(actor, project.id)
    if (earlier := _repeated(session, author, about, said)) is not None:
        return earlier
    throttle.take(session, name=f"say:{author[0]}:{author[1]}", limit=PER_PERSON)
    uploads = attaching.wanted(session, actor=actor, about=about, upload_ids=said.upload_ids)
    said = replace(said, files=(*said.files, *map(_stored, uploads)))
    message = _add(session, project, about, author, said)
    message_versions.keep(session, actor, project, message, VersionKind.SENT, [file.sha256 for file in said.files])
    _attach(session, message, said.files)
    attaching.hand_over(message, uploads)
    named = _mention(session, project, message)
    message_versions.index(session, message)
    readings.mark(session, about, message.seq, author)
    milestone = about if isinstance(about, Milestone) else None
    notices.tell_of_message(session, project, milestone, message_id=message.id, by=actor, mentioned=named)
    announce(session, events.MessagePosted(**_ids(message)))
    failpoint("message.posting")
    return message.id


def _add(session: Session, project: Project, about: About, author: Person, said: Said) -> Message:
    body = message_versions.checked(said.body, has_files=bool(said.files))
    thread_id, seq = threads.next_seq(session, project, readings.milestone_of(about))
    message = Message(
        id=new_id(),
        vendor_id=project.vendor_id,
        project_id=project.id,
        thread_id=thread_id,
        seq=seq,
        author_kind=author[0],
        author_id=author[1],
        body=body,
        files=_frozen(said.files),
        client_key=said.client_key,
        quoted_id=_quoted(session, thread_id, project.vendor_id, said.quoted_id),
        at=clock.now(),
    )
    session.add(message)
    session.flush()
    return message


def _repeated(session: Session, author: Person, about: About, said: Said) -> UUID | None:
    """The message this key stands for already. What came with it must be the same."""
    if not SHORTEST_KEY <= len(said.client_key) <= LONGEST_KEY:
        raise Invalid(N_("This form is incomplete. Open the page again and send it once more."), field="client_key")
    known = session.execute(
        select(Message.id, Message.thread_id, MessageVersion.body)
        .join(MessageVersion, (MessageVersion.message_id == Message.id) & (MessageVersion.number == 1))
        .where(Message.vendor_id == about.vendor_id, MessageVersion.vendor_id == about.vendor_id)
        .where(Message.author_kind == author[0], Message.author_id == author[1])
        .where(Message.client_key == said.client_key)
    ).first()
    if known is None:
        return None
    same_place = known.thread_id == conversation.thread_id(readings.project_of(about), readings.milestone_of(about))
    if not same_place or known.body != texts.block(said.body, LONGEST_MESSAGE):
        raise Invalid(
            N_("The first text was sent after all: it is in the conversation. Send again to say this one too."),
            field="body",
            code="key_reused",
        )
    found: UUID = known.id
    return found


def _stored(upload: Upload) -> StoredFile:
    """Its bytes lie where they were stored when it was whole."""
    # The database sees to it that what is stored for a conversation has its hash.
    digest = cast("str", upload.sha256)
    return StoredFile(upload.id, upload.name, upload.media_type, upload.length_bytes, digest, is_small=False)


def _quoted(session: Session, thread_id: UUID, vendor_id: UUID, quoted_id: UUID | None) -> UUID | None:
    """What it answers must stand in the same conversation."""
    if quoted_id is None:
        return None
    mine = Message.vendor_id == vendor_id, Message.thread_id == thread_id, Message.author_id.is_not(None)
    if session.scalar(select(Message.id).where(Message.id == quoted_id, *mine)) is None:
        raise Invalid(N_("The message you answer is not in this conversation any more."), field="quoted")
    return quoted_id


def _frozen(files: tuple[StoredFile, ...]) -> str | None:
    if len(files) > MOST_FILES:
        raise Invalid(N_("Attach at most %(most)s files to one message."), field="attachment", most=MOST_FILES)
    said = [
        {"id": str(f.id), "name": f.name, "media_type": f.media_type, "bytes": f.bytes, "sha256": f.sha256}
        for f in files
    ]
    return json.dumps(said, ensure_ascii=False) if said else None


def _attach(session: Session, message: Message, files: tuple[StoredFile, ...]) -> None:
    session.add_all(
        Attachment(
            id=file.id,
            vendor_id=message.vendor_id,
            project_id=message.project_id,
            thread_id=message.thread_id,
            message_id=message.id,
            name=file.name,
            media_type=file.media_type,
            bytes=file.bytes,
            sha256=file.sha256,
            is_small=file.is_small,
            stored_at=message.at,
        )
        for file in files
    )


def _mention(session: Session, project: Project, message: Message) -> list[Person]:
    """Keep who is named in it; who that is."""
    if "@" not in message.body:
        return []
    known = people.of_project(session, project)
    names = conversation.mentioned(message.body, [person.name for person in known])
    named = [(person.kind, person.id) for person in known if person.name in names]
    session.add_all(
        Mention(vendor_id=project.vendor_id, message_id=message.id, to_kind=kind, to_id=person_id)
        for kind, person_id in named
    )
    return named


def _ids(message: Message) -> dict[str, Any]:
    return {
        "vendor_id": message.vendor_id,
        "project_id": message.project_id,
        "thread_id": message.thread_id,
        "message_id": message.id,
        "seq": message.seq,
    }
