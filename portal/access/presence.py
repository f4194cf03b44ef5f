"""Whether someone in the middle of a long transfer may still be here: asked again and again while bytes move."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, ContactActor, MemberActor
from portal.access.actor import Key as HeldKey
from portal.adapters import clock
from portal.models.client import Grant
from portal.models.sitting import Key, Sitting
from portal.models.vendor import Member


def still_here(session: Session, actor: Actor, held: HeldKey | None = None) -> bool:
    """Whether the member's login, or the code `held` by the contact, works at this moment. One statement, no trace."""
    values: dict[str, Any]
    match actor:
        case MemberActor():
            question, values = _member(), {"member": actor.member_id, "vendor": actor.vendor_id}
        case ContactActor() if held is not None:
            question, values = _contact(), {"grant": held.grant_id, "vendor": held.vendor_id, "now": clock.now()}
        case _:
            return False
    session.rollback()
    found = session.execute(question, values | {"sitting": actor.sitting_id}).first() is not None
    session.rollback()
    return found


# Built once: putting a statement together costs more than running it.
@cache
def _member() -> Select[Any]:
    """A member without a sitting (a job, a test) only has to be one still."""
    sitting = bindparam("sitting", type_=Sitting.id.type)
    seated = select(Sitting.member_id).where(Sitting.id == sitting, Sitting.ended_at.is_(None))
    return (
        select(Member.id)
        .where(Member.id == bindparam("member"), Member.vendor_id == bindparam("vendor"))
        .where(Member.disabled_at.is_(None), or_(sitting.is_(None), Member.id.in_(seated)))
    )


@cache
def _contact() -> Select[Any]:
    return (
        select(Grant.id)
        .join(Key, Key.grant_id == Grant.id)
        .join(Sitting, Sitting.id == Key.sitting_id)
        .where(Sitting.id == bindparam("sitting"), Sitting.ended_at.is_(None))
        .where(Grant.id == bindparam("grant"), Grant.vendor_id == bindparam("vendor"))
        .where(Grant.version == Key.grant_version, Grant.revoked_at.is_(None), Grant.expires_at > bindparam("now"))
    )
