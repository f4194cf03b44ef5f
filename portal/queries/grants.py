"""Who may enter a project with a code, until when, and when they did. Three statements, for the vendor's members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.scopes import visible, visible_projects
from portal.models.client import Client, Contact, Grant, GrantUse, read_scopes
from portal.models.project import Project
from portal.rules.errors import NotFound
from portal.rules.roles import Scope
from portal.rules.wording import N_

USES_SHOWN = 10


class AccessState(StrEnum):
    """Whether a code opens anything, and if not, why."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @property
    def label(self) -> str:
        """The word people read, to be translated."""
        return _LABELS[self]

    @property
    def tone(self) -> str:
        """The colour family of its pill."""
        return "good" if self is AccessState.LIVE else "neutral"


@dataclass(frozen=True, slots=True)
class Use:
    """One entering with the code."""

    at: datetime
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Access:
    """One grant and the contact it is for. `uses` holds the latest, the newest first; `use_count` counts them all."""

    id: UUID
    contact_id: UUID
    name: str
    email: str
    locale: str
    time_zone: str
    scopes: tuple[Scope, ...]
    version: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    state: AccessState
    uses: tuple[Use, ...]
    use_count: int


@dataclass(frozen=True, slots=True)
class Person:
    """A contact of the client who cannot enter this project at the moment."""

    id: UUID
    name: str
    email: str
    locale: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class ContactsPage:
    """A project, who may enter it (live first, then by time), and whom one could invite (the project's own first)."""

    id: UUID
    vendor_id: UUID
    title: str
    client: str
    client_address: str
    client_tax_id: str
    locale: str
    time_zone: str
    accesses: tuple[Access, ...]
    others: tuple[Person, ...]


def page(session: Session, actor: Actor, project_id: UUID, now: datetime) -> ContactsPage:
    """The contacts of a project, if `actor` can see it; raises NotFound."""
    of_client = and_(Client.vendor_id == Project.vendor_id, Client.id == Project.client_id)
    head = session.execute(
        select(Project, Client.name.label("client"), Client.address, Client.tax_id)
        .join(Client, of_client)
        .where(Project.id == project_id, visible_projects(actor))
    ).first()
    if head is None:
        raise NotFound
    project: Project = head.Project
    people = _people(session, project)
    accesses = _accesses(session, actor, project, now)
    inside = {access.contact_id for access in accesses if access.state is AccessState.LIVE}
    others = [person for person in people if person.id not in inside]
    return ContactsPage(
        id=project.id,
        vendor_id=project.vendor_id,
        title=project.title,
        client=head.client,
        client_address=head.address,
        client_tax_id=head.tax_id,
        locale=project.locale,
        time_zone=project.time_zone,
        accesses=accesses,
        others=tuple(sorted(others, key=lambda person: person.id != project.contact_id)),
    )


def _people(session: Session, project: Project) -> list[Person]:
    rows = session.execute(
        select(Contact.id, Contact.name, Contact.email, Contact.locale, Contact.time_zone)
        .where(Contact.vendor_id == project.vendor_id, Contact.client_id == project.client_id)
        .order_by(Contact.name, Contact.id)
    )
    return [Person(*row) for row in rows]


def _accesses(session: Session, actor: Actor, project: Project, now: datetime) -> tuple[Access, ...]:
    """Grants with their latest uses, in one statement: a row for each use, one without for a grant never used."""
    uses = _latest_uses(project)
    grants = (
        select(Grant, Contact, uses.c.at, uses.c.address, uses.c.user_agent, uses.c.total)
        .join(Contact, and_(Contact.vendor_id == Grant.vendor_id, Contact.id == Grant.contact_id))
        .outerjoin(uses, and_(uses.c.grant_id == Grant.id, uses.c.place <= USES_SHOWN))
        .where(visible(actor, Grant.vendor_id, Grant.project_id), Grant.project_id == project.id)
        .order_by(Grant.created_at.desc(), Grant.id, uses.c.place)
    )
    rows: dict[UUID, list[Row[Any]]] = {}
    for row in session.execute(grants):
        rows.setdefault(row.Grant.id, []).append(row)
    found = [_access(group, now) for group in rows.values()]
    return tuple(sorted(found, key=lambda access: access.state is not AccessState.LIVE))


def _latest_uses(project: Project) -> Any:
    place = func.row_number().over(partition_by=GrantUse.grant_id, order_by=(GrantUse.at.desc(), GrantUse.id.desc()))
    mine = select(Grant.id).where(Grant.vendor_id == project.vendor_id, Grant.project_id == project.id)
    return (
        select(
            GrantUse.grant_id,
            GrantUse.at,
            GrantUse.address,
            GrantUse.user_agent,
            place.label("place"),
            func.count().over(partition_by=GrantUse.grant_id).label("total"),
        )
        .where(GrantUse.vendor_id == project.vendor_id, GrantUse.grant_id.in_(mine))
        .subquery()
    )


def _access(rows: list[Row[Any]], now: datetime) -> Access:
    grant: Grant = rows[0].Grant
    contact: Contact = rows[0].Contact
    uses = tuple(Use(row.at, row.address, row.user_agent) for row in rows if row.at is not None)
    return Access(
        id=grant.id,
        contact_id=contact.id,
        name=contact.name,
        email=contact.email,
        locale=contact.locale,
        time_zone=contact.time_zone,
        scopes=tuple(scope for scope in Scope if scope in read_scopes(grant.scopes_text)),
        version=grant.version,
        created_at=grant.created_at,
        expires_at=grant.expires_at,
        revoked_at=grant.revoked_at,
        state=_state(grant, now),
        uses=uses,
        use_count=rows[0].total or 0,
    )


def _state(grant: Grant, now: datetime) -> AccessState:
    if grant.revoked_at is not None:
        return AccessState.REVOKED
    return AccessState.LIVE if grant.live(now) else AccessState.EXPIRED


_LABELS = {
    AccessState.LIVE: N_("Can enter"),
    AccessState.EXPIRED: N_("Expired"),
    AccessState.REVOKED: N_("Revoked"),
}
