"""Who takes part in a project: the vendor's members, and the contacts whose codes open it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.models.client import Contact, Grant
from portal.models.project import Project
from portal.models.vendor import Member


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be spoken to: `kind` is "member" or "contact"."""

    kind: str
    id: UUID
    name: str


def of_project(session: Session, project: Project) -> tuple[Person, ...]:
    """Everybody who may enter now, members first."""
    members = session.execute(
        select(Member.id, Member.name)
        .where(Member.vendor_id == project.vendor_id, Member.disabled_at.is_(None))
        .order_by(Member.name, Member.id)
    )
    contacts = session.execute(
        select(Contact.id, Contact.name)
        .join(Grant, (Grant.vendor_id == Contact.vendor_id) & (Grant.contact_id == Contact.id))
        .where(Contact.vendor_id == project.vendor_id, Grant.project_id == project.id)
        .where(Grant.revoked_at.is_(None), Grant.expires_at > clock.now())
        .distinct()
        .order_by(Contact.name, Contact.id)
    )
    return tuple(
        Person(kind, row.id, row.name) for kind, rows in (("member", members), ("contact", contacts)) for row in rows
    )
