"""Who hears of it: a person who may still know, with language and clock; or nobody any more."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.models.client import Contact, Grant
from portal.models.outbox import Notice
from portal.models.vendor import Member
from portal.rules.telling import NoticeKind
from portal.services import notices


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person as a mail needs them."""

    name: str
    email: str
    locale: str
    zone: str
    is_contact: bool


def of(session: Session, notice: Notice) -> Recipient | None:
    """The person a notice is for; None when they left, lost their access or have no address."""
    person = _contact(session, notice) if notice.to_kind == "contact" else _member(session, notice)
    if person is None or not person.email:
        return None
    return Recipient(person.name, person.email, person.locale, person.time_zone, isinstance(person, Contact))


def _member(session: Session, notice: Notice) -> Member | None:
    mine = Member.vendor_id == notice.vendor_id, Member.id == notice.to_id, Member.disabled_at.is_(None)
    return session.scalar(select(Member).where(*mine))


def _contact(session: Session, notice: Notice) -> Contact | None:
    """Only with a code that still opens the project: what was true when it was queued may be revoked by now."""
    grants = session.scalars(
        select(Grant).where(
            Grant.vendor_id == notice.vendor_id,
            Grant.project_id == notice.project_id,
            Grant.contact_id == notice.to_id,
        )
    )
    now = clock.now()
    if not any(grant.live(now) and _may_hear(grant, notice) for grant in grants):
        return None
    return session.scalar(select(Contact).where(Contact.vendor_id == notice.vendor_id, Contact.id == notice.to_id))


def _may_hear(grant: Grant, notice: Notice) -> bool:
    """What people said is for those who may read it on the page."""
    is_talk = notice.kind in (NoticeKind.MESSAGE_POSTED, NoticeKind.MENTIONED)
    return not is_talk or bool(grant.scopes & notices.TALKING)
