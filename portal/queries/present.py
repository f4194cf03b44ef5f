"""What the tables say is true by now, in the words of `rules.replay`, to be held against the record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.models.client import Grant
from portal.models.deliverable import Deliverable
from portal.models.message import Attachment, Message, MessageVersion
from portal.models.milestone import Approval, Milestone, Release, Submission
from portal.models.payment import CreditEntry, LedgerEntry, Payment, Proof
from portal.models.project import Project
from portal.models.receipt import Receipt
from portal.models.status_update import StatusUpdate
from portal.rules import chain, replay
from portal.rules.lifecycle import MilestoneState
from portal.rules.replay import Facts
from portal.services import projects

Pairs = Iterator[tuple[tuple[str, str], str]]


def facts(session: Session, project: Project) -> Facts:
    """Everything the record could contradict. Hashes are computed anew from what is stored, not copied."""
    found: Facts = {("price", "of the project"): replay.price(project.price_minor, project.currency)}
    for read in (
        _milestones,
        _submissions,
        _approvals,
        _payments,
        _money,
        _papers,
        _grants,
        _files,
        _messages,
        _updates,
    ):
        found.update(read(session, project))
    return found


def _within(project: Project, model: Any) -> Select[Any]:
    return select(model).where(model.vendor_id == project.vendor_id, model.project_id == project.id)


def _milestones(session: Session, project: Project) -> Pairs:
    steps = list(session.scalars(_within(project, Milestone).order_by(Milestone.position)))
    if project.terms is not None:
        yield ("terms", "of the project"), _sha256(projects.terms_text(project, steps))
    untouched = MilestoneState.DRAFT if project.started_at is None else MilestoneState.LOCKED
    for step in steps:
        if step.state is not untouched:
            yield ("milestone", str(step.id)), step.state.value
        if step.manifest_sha256 is not None:
            yield ("current manifest", str(step.id)), step.manifest_sha256


def _submissions(session: Session, project: Project) -> Pairs:
    for row in session.scalars(_within(project, Submission)):
        yield ("manifest", f"{row.milestone_id} no. {row.number}"), _sha256(row.manifest)
    for release in session.scalars(_within(project, Release)):
        yield ("release", str(release.milestone_id)), "early"


def _approvals(session: Session, project: Project) -> Pairs:
    for row in session.scalars(_within(project, Approval)):
        said = chain.commitment(row.salt, row.typed_name) if row.typed_name else row.means
        yield ("approval", f"{row.milestone_id} of {row.manifest_sha256}"), said


def _payments(session: Session, project: Project) -> Pairs:
    for row in session.scalars(_within(project, Payment)):
        yield ("payment", str(row.id)), row.state.value
        said = replay.price(row.amount_minor, row.currency)
        yield ("report", str(row.id)), f"{said} on {row.paid_on.isoformat()}"
    mine = select(Proof).join(Payment, Payment.id == Proof.payment_id)
    for proof in session.scalars(mine.where(Payment.vendor_id == project.vendor_id, Payment.project_id == project.id)):
        yield ("proof", str(proof.payment_id)), proof.sha256


def _money(session: Session, project: Project) -> Pairs:
    for row in session.scalars(_within(project, LedgerEntry)):
        known = row.currency == project.currency
        amount = str(row.amount_minor) if known else replay.price(row.amount_minor, row.currency)
        yield (f"{row.kind.value} entered", str(row.payment_id or row.reference)), amount
    sums = (
        select(CreditEntry.milestone_id, CreditEntry.kind, func.sum(CreditEntry.amount_minor).label("total"))
        .where(CreditEntry.vendor_id == project.vendor_id, CreditEntry.project_id == project.id)
        .group_by(CreditEntry.milestone_id, CreditEntry.kind)
    )
    credit: dict[str, int] = {}
    for milestone_id, kind, total in session.execute(sums):
        sign = 1 if kind == "granted" else -1
        credit[str(milestone_id)] = credit.get(str(milestone_id), 0) + sign * int(total)
    yield from ((("credit", milestone), str(total)) for milestone, total in credit.items() if total)


def _papers(session: Session, project: Project) -> Pairs:
    for row in session.scalars(_within(project, Receipt)):
        yield ("receipt", str(row.id)), f"{row.label} with {_sha256(row.snapshot)}"


def _grants(session: Session, project: Project) -> Pairs:
    for row in session.scalars(_within(project, Grant)):
        yield ("grant", str(row.id)), replay.grant(row.scopes_text, row.version, row.revoked_at is not None)


def _files(session: Session, project: Project) -> Pairs:
    for row in session.scalars(_within(project, Deliverable)):
        removed = row.removed_at is not None
        yield ("file", str(row.id)), replay.file(row.sha256, row.bytes, row.version, removed)


def _messages(session: Session, project: Project) -> Pairs:
    both = (MessageVersion.vendor_id == Message.vendor_id) & (MessageVersion.message_id == Message.id)
    said = select(MessageVersion, Message.body, Message.version).join(Message, both)
    mine = Message.vendor_id == project.vendor_id, Message.project_id == project.id
    for row, body, latest in session.execute(said.where(*mine)):
        yield ("version", f"{row.message_id} no. {row.number}"), chain.commitment(row.salt, row.body)
        if row.number == latest:
            yield ("message", str(row.message_id)), chain.commitment(row.salt, body)
    for file in session.scalars(_within(project, Attachment)):
        yield ("attachment", f"{file.sha256} of {file.message_id}"), "stored"


def _updates(session: Session, project: Project) -> Pairs:
    for row in session.scalars(_within(project, StatusUpdate)):
        made = replay.update(_sha256(row.text), _sha256(row.money) if row.money is not None else None)
        filed = replay.update(row.text_sha256, row.money_sha256)
        yield ("status update", str(row.number)), made if made == filed else f"{made}, filed as {filed}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_READERS = (
    _milestones,
    _submissions,
    _approvals,
    _payments,
    _money,
    _papers,
    _grants,
    _files,
    _messages,
    _updates,
)
