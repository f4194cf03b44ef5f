"""What a status update is drafted from: the milestones as they stand, and the record since the last update."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from portal.access import ledger
from portal.models.client import Client
from portal.models.entry import Entry
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.models.vendor import Vendor
from portal.rules import gate, schedule
from portal.rules import status_updates as rules
from portal.rules.status_updates import Facts, Happened, Step

# What moves the turn from one side to the other; the last of them says since when it has been theirs.
TURNS = ("milestone.opened", "milestone.submitted", "milestone.approved", "payment.reversed")


@dataclass(frozen=True, slots=True)
class _Around:
    """The project's clock and flow, and the moment all is seen from."""

    project: Project
    now: datetime

    def day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.project.time_zone)).date()


def facts(session: Session, project: Project, *, after_seq: int, now: datetime) -> Facts:
    """The facts at `now`; of the record what came after entry `after_seq`. The caller may see the project."""
    around = _Around(project, now)
    given = {"vendor": project.vendor_id, "project": project.id}
    connection = session.connection()
    rows = connection.execute(_STEPS, given).all()
    since = {row.milestone_id: row.at for row in connection.execute(_SINCE, given)}
    titles = {row.id: row.title for row in rows}
    entries = connection.execute(_HAPPENED, given | {"after": after_seq})
    names = connection.execute(_NAMES, given).one()
    return Facts(
        vendor=names.vendor,
        client=names.client,
        currency=project.currency,
        price_minor=project.price_minor,
        paid_minor=sum(_paid(ledger.read_facts(row)) for row in rows),
        today=around.day(now),
        steps=tuple(_step(row, around, since.get(row.id)) for row in rows),
        happened=tuple(_happened(entries, around, titles)),
    )


def _step(row: Row[Any], around: _Around, since: datetime | None) -> Step:
    snapshot = ledger.read_facts(row)
    return Step(
        position=row.position,
        title=row.title,
        due_on=row.due_on,
        standing=gate.standing(snapshot, around.project.flow),
        since=around.day(since) if since else None,
        is_over=schedule.is_overdue(row.due_on, around.project.time_zone, around.now),
        balance_minor=gate.balance(snapshot),
        reported_minor=snapshot.reported_minor,
    )


def _paid(snapshot: gate.Facts) -> int:
    return max(0, min(snapshot.net_minor, snapshot.due_minor))


def _happened(rows: Iterable[Any], around: _Around, titles: dict[UUID, str]) -> Iterable[Happened]:
    for row in rows:
        body = json.loads(row.body)
        yield Happened(
            kind=row.kind,
            day=around.day(row.at),
            milestone=titles.get(row.milestone_id, ""),
            minor=body.get("amount_minor"),
            by_payment=body.get("means") == "payment",
        )


_OF_PROJECT = Entry.vendor_id == bindparam("vendor"), Entry.project_id == bindparam("project")
_STEPS = (
    select(Milestone.id, Milestone.position, Milestone.title, Milestone.due_on, *ledger.facts_columns())
    .where(Milestone.vendor_id == bindparam("vendor"), Milestone.project_id == bindparam("project"))
    .order_by(Milestone.position)
)
_SINCE = (
    select(Entry.milestone_id, func.max(Entry.at).label("at"))
    .where(*_OF_PROJECT, Entry.milestone_id.is_not(None), Entry.kind.in_(TURNS))
    .group_by(Entry.milestone_id)
)
_HAPPENED = (
    select(Entry.kind, Entry.at, Entry.body, Entry.milestone_id)
    .where(*_OF_PROJECT, Entry.seq > bindparam("after"), Entry.kind.in_(rules.KINDS))
    .order_by(Entry.seq)
)
_NAMES = (
    select(Vendor.name.label("vendor"), Client.name.label("client"))
    .select_from(Project)
    .join(Vendor, Vendor.id == Project.vendor_id)
    .join(Client, (Client.vendor_id == Project.vendor_id) & (Client.id == Project.client_id))
    .where(Project.vendor_id == bindparam("vendor"), Project.id == bindparam("project"))
)
