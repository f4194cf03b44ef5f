"""What a notice tells of, read when it is sent: the project, and the milestone, payment and receipt it names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.access import ledger
from portal.models.client import Client, Contact
from portal.models.milestone import Milestone, Submission
from portal.models.outbox import Notice
from portal.models.payment import Payment
from portal.models.project import Project
from portal.models.receipt import Receipt
from portal.models.status_update import StatusUpdate
from portal.models.vendor import Vendor
from portal.notifications import talk
from portal.notifications.talk import Said
from portal.rules import gate
from portal.rules.telling import NoticeKind

T = TypeVar("T")
# What a notice names by its id.
IDS = frozenset({"milestone", "payment", "receipt", "submission", "update"})


@dataclass(frozen=True, slots=True)
class Step:
    """The milestone a notice is about, and where it stands now."""

    milestone: Milestone
    count: int
    facts: gate.Facts
    standing: gate.Standing


@dataclass(frozen=True, slots=True)
class Story:
    """Everything the words of a mail are made from."""

    kind: NoticeKind
    project: Project
    vendor: Vendor
    client: Client
    step: Step | None
    payment: Payment | None
    reporter: Contact | None
    receipt: Receipt | None
    update: StatusUpdate | None
    note: str
    said: tuple[Said, ...]
    said_beyond: int


def of(session: Session, notice: Notice) -> Story:
    """The story behind a notice."""
    about = {name: UUID(value) for name, value in json.loads(notice.about).items() if name in IDS}
    project = session.get_one(Project, notice.project_id)
    receipt = session.get_one(Receipt, about["receipt"]) if "receipt" in about else None
    payment_id = receipt.payment_id if receipt else about.get("payment")
    payment = session.get_one(Payment, payment_id) if payment_id else None
    return Story(
        kind=NoticeKind(notice.kind),
        project=project,
        vendor=session.get_one(Vendor, notice.vendor_id),
        client=session.get_one(Client, project.client_id),
        step=_step(session, project, about["milestone"]) if "milestone" in about else None,
        payment=payment,
        reporter=session.get_one(Contact, payment.reported_by) if payment else None,
        receipt=receipt,
        update=session.get_one(StatusUpdate, about["update"]) if "update" in about else None,
        note=_note(session, project, about["submission"]) if "submission" in about else "",
        said=talk.said(session, notice),
        said_beyond=talk.beyond(session, notice),
    )


def told(thing: T | None) -> T:
    """What a notice of this kind always names. Raises LookupError when it does not."""
    if thing is None:
        raise LookupError("the notice does not name what it is about")
    return thing


def _note(session: Session, project: Project, submission_id: UUID) -> str:
    mine = Submission.vendor_id == project.vendor_id, Submission.id == submission_id
    return session.scalars(select(Submission.note).where(*mine)).one()


def _step(session: Session, project: Project, milestone_id: UUID) -> Step:
    mine = Milestone.vendor_id == project.vendor_id, Milestone.project_id == project.id
    count = session.scalar(select(func.count()).select_from(Milestone).where(*mine)) or 0
    facts = ledger.facts(session, milestone_id)
    return Step(session.get_one(Milestone, milestone_id), count, facts, gate.standing(facts, project.flow))
