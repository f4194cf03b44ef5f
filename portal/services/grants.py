"""Access codes: issued per contact, shown once, rotated, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.policy import Action, authorize
from portal.adapters import clock, outside
from portal.db import announce, command, new_id
from portal.models.client import Contact, Grant, write_scopes
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules import codes, events, schedule, terms
from portal.rules.errors import AlreadyDone, Conflict, Invalid
from portal.rules.roles import Scope
from portal.rules.wording import N_
from portal.services import record

AFTER_PROJECT_END = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who gets a code and for what. Without a date it ends 90 days after the last due date."""

    name: str
    email: str
    scopes: frozenset[Scope]
    expires_on: date | None = None
    locale: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A grant and its code. The code is here and nowhere else, this once."""

    grant_id: UUID
    project_id: UUID
    code: str


@command
def issue(session: Session, *, actor: Actor, project: Project, invitation: Invitation) -> Issued:
    """Give a contact access to a project. Raises Invalid beside the field at fault."""
    authorize(actor, Action.MANAGE_GRANTS, project)
    project = record.hold(session, actor, project.id)
    expires_at = _expiry(session, project, invitation.expires_on)
    contact = _contact(session, project, invitation)
    code = codes.generate()
    grant = Grant(
        id=new_id(),
        vendor_id=project.vendor_id,
        project_id=project.id,
        contact_id=contact.id,
        code_digest=_digest(session, code),
        scopes_text=_scopes(invitation.scopes),
        expires_at=expires_at,
        created_at=clock.now(),
    )
    session.add(grant)
    record.append(
        session,
        project,
        "grant.issued",
        by=actor,
        grant=grant.id,
        contact=contact.id,
        scopes=grant.scopes_text,
        expires_at=expires_at.isoformat(),
    )
    announce(session, events.GrantIssued(**_ids(grant)))
    return Issued(grant.id, project.id, code)


@command
def rotate(session: Session, *, actor: Actor, grant: Grant) -> Issued:
    """A new code for the same contact; the old one is dead at once, with every browser that used it."""
    authorize(actor, Action.MANAGE_GRANTS, grant)
    project = record.hold(session, actor, grant.project_id)
    if grant.revoked_at is not None:
        raise Conflict(N_("This access was revoked. Issue a new one instead."))
    code = codes.generate()
    grant.code_digest, grant.version = _digest(session, code), grant.version + 1
    record.append(session, project, "grant.rotated", by=actor, grant=grant.id, version=grant.version)
    announce(session, events.GrantRotated(**_ids(grant)))
    return Issued(grant.id, project.id, code)


@command
def revoke(session: Session, *, actor: Actor, grant: Grant) -> Grant:
    """End a contact's access at once. Raises AlreadyDone on a repeat."""
    authorize(actor, Action.MANAGE_GRANTS, grant)
    project = record.hold(session, actor, grant.project_id)
    if grant.revoked_at is not None:
        raise AlreadyDone(N_("This access was already revoked."))
    grant.revoked_at = clock.now()
    record.append(session, project, "grant.revoked", by=actor, grant=grant.id)
    announce(session, events.GrantRevoked(**_ids(grant)))
    return grant


def _digest(session: Session, code: str) -> bytes:
    return codes.digest(code, outside.of(session).keys.codes)


def _scopes(scopes: frozenset[Scope]) -> str:
    if not scopes:
        raise Invalid(N_("Choose at least one thing this person may do."), field="scopes")
    return write_scopes(scopes)


def _expiry(session: Session, project: Project, expires_on: date | None) -> datetime:
    if expires_on is None:
        mine = Milestone.vendor_id == project.vendor_id, Milestone.project_id == project.id
        last = session.scalar(select(func.max(Milestone.due_on)).where(*mine)) or clock.today(project.time_zone)
        # A project that runs late must not lock its own client out.
        expires_on = max(last, clock.today(project.time_zone)) + AFTER_PROJECT_END
    if expires_on < clock.today(project.time_zone):
        raise Invalid(N_("This date is in the past. Choose today or later."), field="expires_on")
    return schedule.due_instant(expires_on, project.time_zone)


def _contact(session: Session, project: Project, invitation: Invitation) -> Contact:
    name = " ".join(invitation.name.split())
    if not name or len(name) > terms.LONGEST_TITLE:
        raise Invalid(N_("Name the person who gets this code."), field="name")
    try:
        email = terms.read_email(invitation.email)
    except Invalid as error:
        raise error.at("email") from None
    mine = select(Contact).where(
        Contact.vendor_id == project.vendor_id,
        Contact.client_id == project.client_id,
        Contact.name == name,
        Contact.email == email,
    )
    contact = session.scalar(mine.order_by(Contact.id))
    if contact is None:
        contact = Contact(
            id=new_id(),
            vendor_id=project.vendor_id,
            client_id=project.client_id,
            name=name,
            email=email,
            locale=invitation.locale or project.locale,
            time_zone=invitation.time_zone or project.time_zone,
            created_at=clock.now(),
        )
        session.add(contact)
        session.flush()
    return contact


def _ids(grant: Grant) -> dict[str, UUID]:
    return {
        "vendor_id": grant.vendor_id,
        "project_id": grant.project_id,
        "grant_id": grant.id,
        "contact_id": grant.contact_id,
    }
