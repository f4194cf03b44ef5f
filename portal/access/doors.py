"""Doors: a thing is found within what the actor can see, or it does not exist. Foreign and missing answer alike."""

from __future__ import annotations

from functools import lru_cache
from typing import NoReturn, TypeVar
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from portal.access import scopes
from portal.access.actor import Actor, MemberActor
from portal.access.scopes import visible_projects
from portal.models.client import Client, Contact, Grant
from portal.models.deliverable import Deliverable, Upload
from portal.models.message import Attachment, Message
from portal.models.milestone import Milestone
from portal.models.outbox import Notice
from portal.models.payment import Payment, Proof
from portal.models.project import Project
from portal.models.receipt import Receipt
from portal.models.status_update import StatusDraft, StatusUpdate
from portal.models.vendor import Member, Vendor
from portal.models.webhook import Delivery, Webhook
from portal.rules.errors import NotFound

T = TypeVar("T", Milestone, Payment, Receipt, Deliverable, Message, Attachment, StatusUpdate)


def get_project(session: Session, actor: Actor, project_id: UUID) -> Project:
    """The project, if `actor` can see it; raises NotFound."""
    found = session.scalar(select(Project).where(Project.id == project_id, visible_projects(actor)))
    return found if found is not None else _missing()


def get_milestone(session: Session, actor: Actor, milestone_id: UUID) -> Milestone:
    """The milestone, if `actor` can see its project; raises NotFound."""
    return _within_project(session, actor, Milestone, milestone_id)


def get_workplace(session: Session, actor: Actor, milestone_id: UUID) -> Milestone:
    """The milestone, for those who put files into it: the vendor's members only; raises NotFound."""
    return _inside_vendor(session, actor, Milestone, milestone_id)


def get_about(session: Session, actor: Actor, thread_id: UUID) -> Project | Milestone:
    """What a conversation is about, if `actor` can see its project; raises NotFound. Its id is the conversation's."""
    try:
        return get_milestone(session, actor, thread_id)
    except NotFound:
        return get_project(session, actor, thread_id)


def get_payment(session: Session, actor: Actor, payment_id: UUID) -> Payment:
    """The payment, if `actor` can see its project; raises NotFound."""
    return _within_project(session, actor, Payment, payment_id)


def get_receipt(session: Session, actor: Actor, receipt_id: UUID) -> Receipt:
    """The receipt, if `actor` can see its project; raises NotFound."""
    return _within_project(session, actor, Receipt, receipt_id)


def get_deliverable(session: Session, actor: Actor, deliverable_id: UUID) -> Deliverable:
    """The file, if `actor` can see its project and, for a contact, it was submitted; raises NotFound."""
    deliverable = _within_project(session, actor, Deliverable, deliverable_id)
    if not isinstance(actor, MemberActor) and deliverable.submission_id is None:
        return _missing()
    return deliverable


def get_message(session: Session, actor: Actor, message_id: UUID) -> Message:
    """What somebody said, if `actor` can see its project; raises NotFound, also for a fact told in the conversation."""
    message = _within_project(session, actor, Message, message_id)
    return message if message.author_id is not None else _missing()


def get_attachment(session: Session, actor: Actor, attachment_id: UUID) -> Attachment:
    """A file of a message, if `actor` can see its project; raises NotFound."""
    return _within_project(session, actor, Attachment, attachment_id)


def get_status_update(session: Session, actor: Actor, update_id: UUID) -> StatusUpdate:
    """The status update that was sent, if `actor` can see its project; raises NotFound."""
    return _within_project(session, actor, StatusUpdate, update_id)


def get_status_draft(session: Session, actor: Actor, draft_id: UUID) -> StatusDraft:
    """The draft of a status update, for the vendor's members only; raises NotFound."""
    return _inside_vendor(session, actor, StatusDraft, draft_id)


def get_proof(session: Session, actor: Actor, payment_id: UUID) -> Proof:
    """The proof attached to a payment the actor can see; raises NotFound, also when there is none."""
    payment = get_payment(session, actor, payment_id)
    found = session.scalar(select(Proof).where(Proof.payment_id == payment.id, Proof.vendor_id == payment.vendor_id))
    return found if found is not None else _missing()


def get_grant(session: Session, actor: Actor, grant_id: UUID) -> Grant:
    """The grant, for the vendor's members only; raises NotFound."""
    return _inside_vendor(session, actor, Grant, grant_id)


def get_client(session: Session, actor: Actor, client_id: UUID) -> Client:
    """The client, for the vendor's members only; raises NotFound."""
    return _inside_vendor(session, actor, Client, client_id)


def get_contact(session: Session, actor: Actor, contact_id: UUID) -> Contact:
    """The contact, for the vendor's members only; raises NotFound."""
    return _inside_vendor(session, actor, Contact, contact_id)


def get_upload(session: Session, actor: Actor, upload_id: UUID) -> Upload:
    """The upload: a milestone's for the vendor's members, a conversation's for whoever sends it; raises NotFound."""
    found = session.scalar(select(Upload).where(Upload.id == upload_id, scopes.own_uploads(actor)))
    return found if found is not None else _missing()


def get_member(session: Session, actor: Actor, member_id: UUID) -> Member:
    """A colleague; raises NotFound."""
    return _inside_vendor(session, actor, Member, member_id)


def get_webhook(session: Session, actor: Actor, webhook_id: UUID) -> Webhook:
    """A target outside, for the vendor's members only; raises NotFound."""
    return _inside_vendor(session, actor, Webhook, webhook_id)


def get_delivery(session: Session, actor: Actor, delivery_id: UUID) -> Delivery:
    """What a target was or is to be told, for the vendor's members only; raises NotFound."""
    return _inside_vendor(session, actor, Delivery, delivery_id)


def get_notice(session: Session, actor: Actor, notice_id: UUID) -> Notice:
    """A mail of the vendor's, to whomever, for its members only; raises NotFound."""
    return _inside_vendor(session, actor, Notice, notice_id)


def get_vendor(session: Session, actor: Actor) -> Vendor:
    """The member's own vendor; raises NotFound for anybody else."""
    if not isinstance(actor, MemberActor):
        return _missing()
    found = session.get(Vendor, actor.vendor_id)
    return found if found is not None else _missing()


def _within_project(session: Session, actor: Actor, model: type[T], row_id: UUID) -> T:
    statement = _seen(model, scopes.shape(actor))
    found: T | None = session.scalar(statement, {"row": row_id, **scopes.ids(actor)})
    return found if found is not None else _missing()


@lru_cache(maxsize=256)
def _seen(model: type[T], shape: scopes.Shape) -> Select[T]:
    """Built once: putting the statement together costs more than running it."""
    condition = scopes.visible_to(shape, model.vendor_id, model.project_id)
    return select(model).where(model.id == bindparam("row"), condition)


V = TypeVar("V", Milestone, Client, Grant, Contact, Member, StatusDraft, Webhook, Delivery, Notice)


def _inside_vendor(session: Session, actor: Actor, model: type[V], row_id: UUID) -> V:
    if not isinstance(actor, MemberActor):
        return _missing()
    found = session.scalar(select(model).where(model.id == row_id, model.vendor_id == actor.vendor_id))
    return found if found is not None else _missing()


def _missing() -> NoReturn:
    raise NotFound
