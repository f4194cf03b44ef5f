"""Access codes: issued per contact, shown once, rotated, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.policy import Action, authorize
from portal.adapters import clock, outside
from portal.db import announce, command, lock_row, new_id
from portal.models.client import Contact, Grant, write_scopes
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules import codes, events, schedule, terms
from portal.rules.errors import AlreadyDone, Conflict, Invalid
from portal.rules.findings import Findings
from portal.rules.roles import Scope
from portal.rules.wording import N_
from portal.services import answers, record
from portal.services.answers import Ticket

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
class _Read:
    """An invitation that was found in order."""

    name: str
    email: str
    scopes_text: str
    expires_on: date
    locale: str
    time_zone: str


class Shown(AlreadyDone):
    """The same form again, by reloading the page: its code was shown and cannot be shown twice."""

    default_code = "code_shown"


@dataclass(frozen=True, slots=True)
class Issued:
    """A grant and its code. The code is here and nowhere else, this once."""

    grant_id: UUID
    project_id: UUID
    code: str


@command
def issue(
    session: Session, *, actor: Actor, project: Project, invitation: Invitation, ticket: Ticket | None = None
) -> Issued:
    """Give a contact access to a project. Raises InvalidForm, or Shown when the ticket was used."""
    authorize(actor, Action.MANAGE_GRANTS, project)
    project = record.hold(session, actor, project.id)
    grant_id = new_id()
    _claim(session, actor, f"grants.issue:{project.id}", ticket, grant_id)
    read = _read(session, project, invitation)
    expires_at = schedule.due_instant(read.expires_on, project.time_zone)
    contact, code = _contact(session, project, read, invitation), codes.generate()
    grant = Grant(
        id=grant_id,
        vendor_id=project.vendor_id,
        project_id=project.id,
        contact_id=contact.id,
        code_digest=_digest(session, code),
        scopes_text=read.scopes_text,
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
def rotate(session: Session, *, actor: Actor, grant: Grant, ticket: Ticket | None = None) -> Issued:
    """A new code for the same contact; the old one is dead at once, with every browser that used it.

    Raises Conflict for an access that has ended, Shown when the ticket was used.
    """
    authorize(actor, Action.MANAGE_GRANTS, grant)
    project = record.hold(session, actor, grant.project_id)
    _claim(session, actor, f"grants.rotate:{grant.id}", ticket, grant.id)
    if grant.revoked_at is not None:
        raise Conflict(N_("This access was revoked. Issue a new one instead."))
    if not grant.live(clock.now()):
        raise Conflict(N_("This access has expired. Issue a new one instead."))
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


def _claim(session: Session, actor: Actor, act: str, ticket: Ticket | None, grant_id: UUID) -> None:
    if ticket is not None and answers.claim(session, actor, act, ticket, grant_id) is not None:
        raise Shown(N_("This code was already shown, and it is kept nowhere. If it got lost, make a new code."))


def _digest(session: Session, code: str) -> bytes:
    return codes.digest(code, outside.of(session).keys.codes)


def _read(session: Session, project: Project, invitation: Invitation) -> _Read:
    found, today = Findings(), clock.today(project.time_zone)
    read = _Read(
        name=found.value("name", lambda: _name(invitation.name), ""),
        email=found.value("email", lambda: terms.read_email(invitation.email), ""),
        scopes_text=found.value("scopes", lambda: _scopes(invitation.scopes), ""),
        expires_on=found.value("expires_on", lambda: _last_day(session, project, invitation.expires_on), today),
        locale=found.value("locale", lambda: terms.read_locale(invitation.locale or project.locale), ""),
        time_zone=found.value("time_zone", lambda: terms.read_zone(invitation.time_zone or project.time_zone), ""),
    )
    found.settle()
    return read


def _name(text: str) -> str:
    bare = " ".join(text.split())
    if not bare or len(bare) > terms.LONGEST_TITLE:
        raise Invalid(N_("Name the person who gets this code."))
    return bare


def _scopes(scopes: frozenset[Scope]) -> str:
    if not scopes:
        raise Invalid(N_("Choose at least one thing this person may do."))
    return write_scopes(scopes)


def _last_day(session: Session, project: Project, chosen: date | None) -> date:
    today = clock.today(project.time_zone)
    if chosen is not None and chosen < today:
        raise Invalid(N_("This date is in the past. Choose today or later."))
    mine = Milestone.vendor_id == project.vendor_id, Milestone.project_id == project.id
    last = session.scalar(select(func.max(Milestone.due_on)).where(*mine)) or today
    # A project that runs late must not lock its own client out.
    return chosen or max(last, today) + AFTER_PROJECT_END


def _contact(session: Session, project: Project, read: _Read, invitation: Invitation) -> Contact:
    """The client's contact of that name and address. One known without an address is given it."""
    lock_row(session, "clients", project.client_id)
    same = select(Contact).where(
        Contact.vendor_id == project.vendor_id,
        Contact.client_id == project.client_id,
        Contact.name == read.name,
        Contact.email.in_((read.email, "")),
    )
    contact = session.scalar(same.order_by(Contact.email.desc(), Contact.id))
    if contact is None:
        contact = Contact(id=new_id(), vendor_id=project.vendor_id, client_id=project.client_id, created_at=clock.now())
        contact.name, contact.locale, contact.time_zone = read.name, read.locale, read.time_zone
        session.add(contact)
    contact.email = read.email
    # What a known person chose stays, unless the invitation names something else.
    contact.locale = read.locale if invitation.locale else contact.locale
    contact.time_zone = read.time_zone if invitation.time_zone else contact.time_zone
    session.flush()
    return contact


def _ids(grant: Grant) -> dict[str, UUID]:
    return {
        "vendor_id": grant.vendor_id,
        "project_id": grant.project_id,
        "grant_id": grant.id,
        "contact_id": grant.contact_id,
    }
