"""Whether someone in the middle of a long transfer may still be here: asked again and again while bytes move."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, ContactActor, MemberActor
from portal.access.actor import Key as HeldKey
from portal.adapters import clock
from portal.models.client import Grant
from portal.models.sitting import Key, Sitting
from portal.models.vendor import Member


def still_here(session: Session, actor: Actor, held: HeldKey | None = None) -> bool:
    """Whether the member's login, or the code `held` by the contact, works at this moment. One statement, no trace."""
    match actor:
        case MemberActor():
            question = _member(actor)
        case ContactActor() if held is not None:
            question = _contact(actor, held)
        case _:
            return False
    session.rollback()
    found = session.execute(question).first() is not None
    session.rollback()
    return found


def _member(actor: MemberActor) -> Select[Any]:
    there = select(Member.id).where(Member.id == actor.member_id, Member.vendor_id == actor.vendor_id)
    there = there.where(Member.disabled_at.is_(None))
    if actor.sitting_id is None:
        return there
    return there.where(
        Member.id.in_(select(Sitting.member_id).where(Sitting.id == actor.sitting_id, Sitting.ended_at.is_(None)))
    )


def _contact(actor: ContactActor, held: HeldKey) -> Select[Any]:
    return (
        select(Grant.id)
        .join(Key, Key.grant_id == Grant.id)
        .join(Sitting, Sitting.id == Key.sitting_id)
        .where(Sitting.id == actor.sitting_id, Sitting.ended_at.is_(None))
        .where(Grant.id == held.grant_id, Grant.vendor_id == held.vendor_id, Grant.version == Key.grant_version)
        .where(Grant.revoked_at.is_(None), Grant.expires_at > clock.now())
    )
