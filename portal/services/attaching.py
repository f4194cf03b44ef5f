"""Whole uploads become the attachments of a message: their sender's own, of the same conversation, each once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, MemberActor
from portal.adapters import clock
from portal.models.deliverable import Upload, UploadState
from portal.models.message import Message
from portal.rules.conversation import MOST_FILES
from portal.rules.errors import Invalid
from portal.rules.wording import N_
from portal.services import readings
from portal.services.readings import About


def sender(actor: Actor, project_id: UUID) -> dict[str, UUID]:
    """The column of an upload that names its sender, and who that is. Raises NotFound for strangers to the project."""
    _, person_id = readings.person(actor, project_id)
    return {"member_id" if isinstance(actor, MemberActor) else "contact_id": person_id}


def wanted(session: Session, *, actor: Actor, about: About, upload_ids: Sequence[UUID]) -> list[Upload]:
    """The uploads a message is to take, in the order they were named; nobody else takes or ends them until it did.

    Raises Invalid when one of them is not whole, not the actor's, of another conversation, or over; or for too many.
    """
    if not upload_ids:
        return []
    if len(upload_ids) > MOST_FILES:
        raise Invalid(N_("Attach at most %(most)s files to one message."), field="attachment", most=MOST_FILES)
    # The id of what a conversation is about is its own.
    found = session.scalars(
        select(Upload)
        .where(Upload.id.in_(upload_ids), Upload.vendor_id == about.vendor_id, Upload.thread_id == about.id)
        .where(Upload.state == UploadState.STORED, Upload.message_id.is_(None), Upload.expires_at > clock.now())
        .filter_by(**sender(actor, readings.project_of(about)))
        .with_for_update()
    )
    known = {upload.id: upload for upload in found}
    if not known.keys() >= set(upload_ids):
        raise missing()
    return [known[upload_id] for upload_id in dict.fromkeys(upload_ids)]


def missing() -> Invalid:
    """The answer for what is foreign, unfinished, sent already or over: which of these, is nobody's business."""
    return Invalid(
        N_("One of the attached files is not here any more, or not whole. Remove it and attach it again."),
        field="attachment",
        code="upload_missing",
    )


def hand_over(message: Message, uploads: Sequence[Upload]) -> None:
    """From now on they are the message's, and stay."""
    for upload in uploads:
        upload.message_id = message.id
