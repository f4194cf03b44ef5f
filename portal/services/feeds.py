"""Calendar links: made, exchanged for a new one, and ended. What one shows is decided when it is asked for."""

from __future__ import annotations

import secrets
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, ContactActor, MemberActor
from portal.adapters import clock, outside
from portal.db import command, lock_row, new_id
from portal.models.client import Grant
from portal.models.feed import Feed, FeedKey
from portal.rules.errors import AlreadyDone, NotFound
from portal.rules.wording import N_
from portal.services import answers
from portal.services.answers import Ticket


class Shown(AlreadyDone):
    """The same form again, by reloading the page: its link was shown and cannot be shown twice."""

    default_code = "link_shown"


@command
def make(session: Session, *, actor: Actor, contact_id: UUID | None, ticket: Ticket) -> str:
    """A new link for the member, or for one of the contacts on the keyring; its token, here and nowhere else.

    The one before is dead at once. A contact's link shows what the codes of this browser open, not every code that
    person was ever given: who holds one code must not learn of other projects by it. Raises NotFound, or Shown.
    """
    vendor_id = _hold(session, actor, contact_id)
    if answers.claim(session, actor, f"feeds.make:{contact_id or ''}", ticket, new_id()) is not None:
        raise Shown(N_("This link was already shown, and it is kept nowhere. If it got lost, make a new one."))
    _end(session, actor, contact_id)
    token, feed_id = secrets.token_urlsafe(32), new_id()
    person = {"contact_id": contact_id} if isinstance(actor, ContactActor) else {"member_id": _member_id(actor)}
    digest = outside.of(session).keys.digest_feed(token)
    session.add(Feed(id=feed_id, vendor_id=vendor_id, token_digest=digest, made_at=clock.now(), **person))
    session.flush()
    for grant in _grants(session, actor, contact_id):
        session.add(FeedKey(vendor_id=vendor_id, feed_id=feed_id, grant_id=grant.id, grant_version=grant.version))
    return token


@command
def end(session: Session, *, actor: Actor, contact_id: UUID | None) -> None:
    """The link opens nothing any more. Raises NotFound for a contact that is not on the keyring, AlreadyDone."""
    _hold(session, actor, contact_id)
    if not _end(session, actor, contact_id):
        raise AlreadyDone(N_("There is no calendar link to end."))


def _hold(session: Session, actor: Actor, contact_id: UUID | None) -> UUID:
    """The vendor of the link's person; two who make a link for the same person wait for each other."""
    if isinstance(actor, MemberActor) and contact_id is None:
        lock_row(session, "members", actor.member_id)
        return actor.vendor_id
    keys = actor.keys if isinstance(actor, ContactActor) else ()
    for key in keys:
        if key.contact_id == contact_id:
            lock_row(session, "contacts", key.contact_id)
            return key.vendor_id
    raise NotFound


def _end(session: Session, actor: Actor, contact_id: UUID | None) -> bool:
    found = session.scalar(select(Feed.id).where(_of(actor, contact_id)))
    if found is None:
        return False
    session.execute(delete(FeedKey).where(FeedKey.feed_id == found))
    session.execute(delete(Feed).where(Feed.id == found))
    return True


def _of(actor: Actor, contact_id: UUID | None) -> ColumnElement[bool]:
    return Feed.contact_id == contact_id if contact_id is not None else Feed.member_id == _member_id(actor)


def _member_id(actor: Actor) -> UUID | None:
    return actor.member_id if isinstance(actor, MemberActor) else None


def _grants(session: Session, actor: Actor, contact_id: UUID | None) -> list[Grant]:
    """Of the codes on the keyring those of this contact, as they are now; none for a member, who sees all."""
    if not isinstance(actor, ContactActor):
        return []
    held = [key.grant_id for key in actor.keys if key.contact_id == contact_id]
    return list(session.scalars(select(Grant).where(Grant.id.in_(held)).order_by(Grant.id)))
