"""The one reading of what the gate needs to know, in one statement, for one milestone or for many."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, exists, func, select
from sqlalchemy.orm import Session

from portal.models.milestone import Milestone, Release
from portal.models.payment import LedgerEntry, Payment
from portal.rules import gate
from portal.rules.lifecycle import PaymentState


def facts(session: Session, milestone_id: UUID) -> gate.Facts:
    """The snapshot of one milestone that every decision about its files and money starts from."""
    return read_facts(session.execute(_one(), {"milestone": milestone_id}).one())


def facts_columns() -> list[ColumnElement[Any]]:
    """The columns of a snapshot, to be selected from `milestones` together with whatever a page needs."""
    return [
        Milestone.state.label("state"),
        Milestone.amount_minor.label("due_minor"),
        _net().label("net_minor"),
        Milestone.submitted_at.is_not(None).label("submitted"),
        _released().label("released"),
        _reported().label("reported_minor"),
    ]


def read_facts(row: Row[Any]) -> gate.Facts:
    """The snapshot in a row selected with `facts_columns()`."""
    return gate.Facts(
        state=row.state,
        due_minor=row.due_minor,
        net_minor=int(row.net_minor),
        submitted=bool(row.submitted),
        released=bool(row.released),
        reported_minor=int(row.reported_minor),
    )


@cache
def _one() -> Select[Any]:
    """Built once: putting the statement together costs more than running it."""
    return select(*facts_columns()).where(Milestone.id == bindparam("milestone"))


def _net() -> ColumnElement[int]:
    towards = LedgerEntry.kind.in_(gate.TOWARDS)
    signed = case((towards, LedgerEntry.amount_minor), else_=-LedgerEntry.amount_minor)
    entries = select(func.coalesce(func.sum(signed), 0)).where(
        LedgerEntry.vendor_id == Milestone.vendor_id, LedgerEntry.milestone_id == Milestone.id
    )
    return entries.correlate(Milestone).scalar_subquery()


def _released() -> ColumnElement[bool]:
    return (
        exists()
        .where(Release.vendor_id == Milestone.vendor_id, Release.milestone_id == Milestone.id)
        .correlate(Milestone)
    )


def _reported() -> ColumnElement[int]:
    open_reports = select(func.coalesce(func.sum(Payment.amount_minor), 0)).where(
        Payment.vendor_id == Milestone.vendor_id,
        Payment.milestone_id == Milestone.id,
        Payment.state == PaymentState.REPORTED,
    )
    return open_reports.correlate(Milestone).scalar_subquery()
