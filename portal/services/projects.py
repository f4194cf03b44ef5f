"""Setting up a project, changing it while it is a draft, and starting it."""

from __future__ import annotations

import hashlib
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, MemberActor
from portal.access.policy import Action, authorize
from portal.adapters import clock
from portal.db import announce, command, lock_row, new_id
from portal.models.client import Client, Contact
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.models.vendor import Vendor
from portal.rules import chain, terms
from portal.rules.errors import AlreadyDone, Conflict, Forbidden
from portal.rules.events import ProjectChanged, ProjectCreated, ProjectStarted
from portal.rules.lifecycle import Act, MilestoneState, advance
from portal.rules.terms import Terms
from portal.rules.wording import N_
from portal.services import answers, notices, progress, record
from portal.services.answers import Ticket
from portal.services.notices import NoticeKind


@command
def create(session: Session, *, actor: Actor, agreed: Terms, ticket: Ticket | None = None) -> Project:
    """Set up a project as a draft, with its client and contact (found by name and address, or made).

    The same ticket sent again gives the project it made the first time.
    """
    if not isinstance(actor, MemberActor):
        raise Forbidden(N_("Only the vendor sets up projects."))
    vendor = session.get_one(Vendor, actor.vendor_id)
    authorize(actor, Action.CREATE_PROJECT, vendor)
    project_id = new_id()
    made = answers.claim(session, actor, "project.create", ticket, project_id) if ticket else None
    if made is not None:
        return session.get_one(Project, made)
    client = _client(session, vendor, agreed.client_name)
    session.flush()
    contact = _contact(session, client, agreed)
    project = _begun(project_id, contact, actor, agreed)
    session.add(project)
    session.flush()
    _lay_out(session, project, agreed)
    _write_down(session, project, "project.created", by=actor)
    announce(session, ProjectCreated(vendor_id=vendor.id, project_id=project.id))
    return project


@command
def revise(session: Session, *, actor: Actor, project: Project, agreed: Terms, seen_seq: int | None = None) -> Project:
    """Replace the terms of a draft. Raises Conflict once the project has started.

    `seen_seq` is the place of the record the form was made from: Conflict too when something was written since.
    """
    authorize(actor, Action.EDIT_PROJECT, project)
    project = record.hold(session, actor, project.id)
    require_draft(project)
    if seen_seq is not None and seen_seq != project.head_seq:
        raise Conflict(N_("Somebody changed this project while you were writing."), code="stale")
    vendor = session.get_one(Vendor, project.vendor_id)
    client = _client(session, vendor, agreed.client_name)
    session.flush()
    project.client_id, project.contact_id = client.id, _contact(session, client, agreed).id
    for name, value in _columns(agreed).items():
        setattr(project, name, value)
    session.execute(
        delete(Milestone).where(Milestone.vendor_id == project.vendor_id, Milestone.project_id == project.id)
    )
    _lay_out(session, project, agreed)
    _write_down(session, project, "project.revised", by=actor)
    announce(session, ProjectChanged(vendor_id=project.vendor_id, project_id=project.id))
    return project


@command
def start(session: Session, *, actor: Actor, project: Project) -> Project:
    """Lock the terms (their text and SHA-256 are kept) and open milestone 1. Raises AlreadyDone on a repeat."""
    authorize(actor, Action.START_PROJECT, project)
    project = record.hold(session, actor, project.id)
    if project.started_at is not None:
        raise AlreadyDone(N_("This project has already started."))
    steps = _steps(session, project)
    if sum(step.amount_minor for step in steps) != project.price_minor or not steps:
        raise Conflict(N_("The milestones do not add up to the price. Edit the project first."))
    project.terms = terms_text(project, steps)
    project.terms_sha256 = hashlib.sha256(project.terms.encode()).hexdigest()
    project.started_at = clock.now()
    for step in steps:
        step.state = advance(step.state, Act.LOCK)
    record.append(session, project, "project.started", by=actor, terms_sha256=project.terms_sha256)
    notices.tell_contacts(session, project, NoticeKind.PROJECT_STARTED, by=actor)
    session.flush()
    progress.open_next(session, project, by=actor, quiet=True)
    announce(session, ProjectStarted(vendor_id=project.vendor_id, project_id=project.id))
    return project


def terms_text(project: Project, steps: list[Milestone]) -> str:
    """The exact text of the terms as they stand, milestones in order: what `start` hashes and verification compares."""
    body: dict[str, object] = {
        "project": str(project.id),
        "title": project.title,
        "flow": project.flow.value,
        "currency": project.currency,
        "price_minor": project.price_minor,
        "time_zone": project.time_zone,
        "milestones": [
            {
                "id": str(step.id),
                "position": step.position,
                "title": step.title,
                "description": step.description,
                "criteria": step.criteria,
                "due_on": step.due_on.isoformat(),
                "amount_minor": step.amount_minor,
            }
            for step in steps
        ],
    }
    return terms.canonical(body)


def require_draft(project: Project) -> None:
    """Raises Conflict once the project has started."""
    if project.started_at is not None:
        raise Conflict(N_("This project has started, so its terms are locked."))


def _begun(project_id: UUID, contact: Contact, actor: MemberActor, agreed: Terms) -> Project:
    now = clock.now()
    return Project(
        id=project_id,
        vendor_id=contact.vendor_id,
        client_id=contact.client_id,
        contact_id=contact.id,
        created_by=actor.member_id,
        head_hash=chain.GENESIS,
        head_seq=0,
        created_at=now,
        touched_at=now,
        **_columns(agreed),
    )


def _write_down(session: Session, project: Project, kind: str, *, by: Actor) -> None:
    record.append(session, project, kind, by=by, price_minor=project.price_minor, currency=project.currency)


def _steps(session: Session, project: Project) -> list[Milestone]:
    mine = select(Milestone).where(Milestone.vendor_id == project.vendor_id, Milestone.project_id == project.id)
    return list(session.scalars(mine.order_by(Milestone.position)))


def _columns(agreed: Terms) -> dict[str, object]:
    names = ("title", "kind", "flow", "currency", "price_minor", "time_zone", "locale")
    return {name: getattr(agreed, name) for name in names}


def _lay_out(session: Session, project: Project, agreed: Terms) -> None:
    for position, part in enumerate(agreed.parts, start=1):
        session.add(
            Milestone(
                vendor_id=project.vendor_id,
                project_id=project.id,
                position=position,
                title=part.title,
                description=part.description,
                criteria_text=part.criteria,
                due_on=part.due_on,
                share_ppm=part.share_ppm,
                amount_minor=part.amount_minor,
                currency=agreed.currency,
                state=MilestoneState.DRAFT,
            )
        )
    session.flush()


def _client(session: Session, vendor: Vendor, name: str) -> Client:
    # One at a time, or two new projects would make the same client twice.
    lock_row(session, "vendors", vendor.id)
    known = session.scalar(select(Client).where(Client.vendor_id == vendor.id, Client.name == name).order_by(Client.id))
    if known is None:
        known = Client(id=new_id(), vendor_id=vendor.id, name=name, created_at=clock.now())
        session.add(known)
    return known


def _contact(session: Session, client: Client, agreed: Terms) -> Contact:
    lock_row(session, "clients", client.id)
    same = select(Contact).where(
        Contact.vendor_id == client.vendor_id,
        Contact.client_id == client.id,
        Contact.name == agreed.contact_name,
        Contact.email == agreed.contact_email,
    )
    known = session.scalar(same.order_by(Contact.id))
    if known is None:
        known = Contact(
            id=new_id(),
            vendor_id=client.vendor_id,
            client_id=client.id,
            name=agreed.contact_name,
            email=agreed.contact_email,
            locale=agreed.locale,
            time_zone=agreed.time_zone,
            created_at=clock.now(),
        )
        session.add(known)
        session.flush()
    return known
