"""A project that has not started, as its form has it; and the clients a new one may be for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row as Fetched
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, MemberActor
from portal.access.scopes import visible, visible_projects
from portal.models.client import Client, Contact
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules import money, pricing
from portal.rules.drafts import Draft, Row

MOST_NAMES = 200


def of_project(session: Session, actor: Actor, project_id: UUID, *, reader_locale: str) -> Draft:
    """The terms as somebody who writes numbers like `reader_locale` would have typed them; two statements."""
    head = session.execute(_head(actor, project_id)).one()
    steps = session.execute(_steps(actor, project_id)).all()
    by_share = all(step.share_ppm is not None for step in steps)
    return Draft(
        title=head.title,
        client_name=head.name,
        contact_name=head.contact_name,
        contact_email=head.contact_email,
        currency=head.currency,
        price=money.amount_plain(head.price_minor, head.currency, reader_locale) if by_share else "",
        time_zone=head.time_zone,
        locale=head.locale,
        kind=head.kind,
        flow=head.flow.value,
        zero_ok=any(step.amount_minor == 0 for step in steps),
        rows=tuple(_row(step, by_share, reader_locale) for step in steps),
    )


def client_names(session: Session, actor: Actor) -> list[str]:
    """Clients the vendor works for already, to be chosen again; one statement."""
    if not isinstance(actor, MemberActor):
        return []
    mine = select(Client.name).where(Client.vendor_id == actor.vendor_id).distinct()
    return list(session.scalars(mine.order_by(Client.name).limit(MOST_NAMES)))


def _head(actor: Actor, project_id: UUID) -> Any:
    columns = (
        Project.vendor_id, Project.client_id, Project.title, Project.currency, Project.price_minor, Project.time_zone,
        Project.locale, Project.kind, Project.flow, Client.name, Contact.name.label("contact_name"),
        Contact.email.label("contact_email"),
    )  # fmt: skip
    same = and_(Client.id == Project.client_id, Client.vendor_id == Project.vendor_id)
    named = and_(Contact.id == Project.contact_id, Contact.vendor_id == Project.vendor_id)
    return (
        select(*columns)
        .join(Client, same)
        .join(Contact, named)
        .where(Project.id == project_id, visible_projects(actor))
    )


def _steps(actor: Actor, project_id: UUID) -> Any:
    columns = (
        Milestone.title, Milestone.description, Milestone.criteria_text, Milestone.due_on, Milestone.share_ppm,
        Milestone.amount_minor, Milestone.currency,
    )  # fmt: skip
    seen = visible(actor, Milestone.vendor_id, Milestone.project_id)
    return select(*columns).where(Milestone.project_id == project_id, seen).order_by(Milestone.position)


def _row(step: Fetched[Any], by_share: bool, locale: str) -> Row:
    return Row(
        title=step.title,
        description=step.description,
        criteria=step.criteria_text,
        due_on=step.due_on.isoformat(),
        share=pricing.share_plain(step.share_ppm, locale) if by_share else "",
        amount="" if by_share else money.amount_plain(step.amount_minor, step.currency, locale),
    )
