"""Whose preferences: of whoever is asking, or of the person whose mail had the link. Nobody else's are ever found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, ContactActor, Key, MemberActor
from portal.adapters import clock, outside
from portal.models.client import Contact, Grant
from portal.models.preference import Preference
from portal.models.vendor import Member
from portal.rules.errors import NotFound


@dataclass(frozen=True, slots=True)
class Holder:
    """A member, or a contact at one vendor. Whoever has it in hand may read and change this person's preferences."""

    kind: str
    id: UUID
    vendor_id: UUID
    name: str
    locale: str
    zone: str


def of_actor(actor: Actor, contact_id: UUID | None = None) -> Holder:
    """The actor; with several codes, whom the last one stands for, or `contact_id`, if a code does. Else NotFound."""
    match actor:
        case MemberActor():
            return Holder("member", actor.member_id, actor.vendor_id, actor.name, actor.locale, actor.time_zone)
        case ContactActor():
            return _of_key(_held(actor, contact_id) if contact_id else actor.latest)
        case _:
            return _missing()


def all_of(actor: ContactActor) -> list[Holder]:
    """Everybody the codes of this browser stand for, once each, whom the last one stands for first."""
    newest_first = sorted(actor.keys, key=lambda key: key.entered_at, reverse=True)
    return list({key.contact_id: _of_key(key) for key in newest_first}.values())


def of_token(session: Session, token: str) -> Holder:
    """The person whose mails carry `token`, for as long as they have access. Raises NotFound."""
    digest = outside.of(session).keys.digest_token(token)
    kept = session.scalar(select(Preference).where(Preference.token_digest == digest))
    if kept is None:
        return _missing()
    person = _contact(session, kept) if kept.to_kind == "contact" else _member(session, kept)
    if person is None:
        return _missing()
    return Holder(kept.to_kind, person.id, person.vendor_id, person.name, person.locale, person.time_zone)


def _held(actor: ContactActor, contact_id: UUID) -> Key:
    return next((key for key in actor.keys if key.contact_id == contact_id), None) or _missing()


def _of_key(key: Key) -> Holder:
    return Holder("contact", key.contact_id, key.vendor_id, key.name, key.locale, key.time_zone)


def _member(session: Session, kept: Preference) -> Member | None:
    mine = Member.vendor_id == kept.vendor_id, Member.id == kept.to_id, Member.disabled_at.is_(None)
    return session.scalar(select(Member).where(*mine))


def _contact(session: Session, kept: Preference) -> Contact | None:
    """Only while some code of theirs opens a project."""
    opens = Grant.revoked_at.is_(None), Grant.expires_at > clock.now()
    live = select(Grant.id).where(Grant.vendor_id == kept.vendor_id, Grant.contact_id == kept.to_id, *opens).exists()
    return session.scalar(select(Contact).where(Contact.vendor_id == kept.vendor_id, Contact.id == kept.to_id, live))


def _missing() -> NoReturn:
    raise NotFound
