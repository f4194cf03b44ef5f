"""A vendor's people, and the browsers one of them is logged in with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, MemberActor
from portal.models.project import Project
from portal.models.sitting import Sitting
from portal.models.vendor import Member, Vendor
from portal.queries.sittings import MEMBER_IDLE, MEMBER_LONGEST
from portal.rules import user_agents
from portal.rules.roles import Role


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member who may log in. `seen_at`: when one of their browsers was last here. `vendor_id` is for the policy."""

    id: UUID
    vendor_id: UUID
    name: str
    email: str
    role: Role
    seen_at: datetime | None
    is_last_owner: bool


@dataclass(frozen=True, slots=True)
class OwnSitting:
    """One browser of one's own. `browser` and `system` are "" when they cannot be told."""

    id: UUID
    browser: str
    system: str
    address: str
    created_at: datetime
    seen_at: datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What a new vendor has done already."""

    has_address: bool
    has_payee: bool
    has_project: bool

    @property
    def are_done(self) -> bool:
        """Whether nothing is left to be shown the way to."""
        return self.has_address and self.has_payee and self.has_project


def colleagues(session: Session, actor: MemberActor) -> list[Colleague]:
    """Everybody who may log in at the actor's vendor, by name; one statement."""
    seen = select(Sitting.member_id, func.max(Sitting.seen_at).label("seen_at")).group_by(Sitting.member_id).subquery()
    found = session.execute(
        select(Member.id, Member.vendor_id, Member.name, Member.email, Member.role, seen.c.seen_at)
        .outerjoin(seen, seen.c.member_id == Member.id)
        .where(Member.vendor_id == actor.vendor_id, Member.disabled_at.is_(None))
        .order_by(Member.name, Member.id)
    ).all()
    owners = sum(row.role is Role.OWNER for row in found)
    return [
        Colleague(
            row.id, row.vendor_id, row.name, row.email, row.role, row.seen_at, row.role is Role.OWNER and owners == 1
        )
        for row in found
    ]


def own_sittings(session: Session, actor: MemberActor, now: datetime) -> list[OwnSitting]:
    """The browsers the actor is logged in with at `now`, the one used last first; one statement."""
    alive = (
        Sitting.ended_at.is_(None),
        Sitting.seen_at >= now - MEMBER_IDLE,
        Sitting.created_at >= now - MEMBER_LONGEST,
    )
    columns = Sitting.id, Sitting.user_agent, Sitting.address, Sitting.created_at, Sitting.seen_at
    mine = select(*columns).where(Sitting.member_id == actor.member_id, *alive).order_by(Sitting.seen_at.desc())
    return [
        OwnSitting(
            row.id,
            *user_agents.describe(row.user_agent),
            row.address,
            row.created_at,
            row.seen_at,
            row.id == actor.sitting_id,
        )
        for row in session.execute(mine)
    ]


def own_email(session: Session, actor: MemberActor) -> str:
    """The address the actor logs in with."""
    return session.scalars(select(Member.email).where(Member.id == actor.member_id)).one()


def first_steps(session: Session, actor: Actor) -> FirstSteps:
    """How far a new vendor has come; one statement."""
    if not isinstance(actor, MemberActor):
        return FirstSteps(False, False, False)
    project = select(Project.id).where(Project.vendor_id == Vendor.id).exists()
    row = session.execute(
        select(Vendor.address, Vendor.pay_instructions, Vendor.bank_account, project.label("has_project")).where(
            Vendor.id == actor.vendor_id
        )
    ).one()
    return FirstSteps(bool(row.address), bool(row.pay_instructions or row.bank_account), bool(row.has_project))
