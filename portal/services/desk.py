"""Keeping what a project is sorted by in line with its facts, inside the transaction that changes them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access import ledger
from portal.db import before_keeping
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules import desk


def tidy_later(session: Session, project: Project) -> None:
    """Before the running transaction is kept, once however often this is called, sort the project anew."""
    before_keeping(session, ("desk", project.id), lambda: tidy(session, project))


def tidy(session: Session, project: Project) -> None:
    """Write down in which drawer the project lies and from when on it asks something of the vendor."""
    mine = Milestone.vendor_id == project.vendor_id, Milestone.project_id == project.id
    rows = session.execute(select(Milestone.due_on, *ledger.facts_columns()).where(*mine).order_by(Milestone.position))
    steps = [desk.step(ledger.read_facts(row), row.due_on, project.flow) for row in rows]
    project.phase = desk.phase(steps, started=project.started_at is not None)
    project.asks_on = desk.asks_on(steps, started=project.started_at is not None)
