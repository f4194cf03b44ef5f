"""What happened lately in a project, as far as it is worth telling on its page. One statement."""

from __future__ import annotations

import json

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from portal.models.entry import IS_FACT, Entry
from portal.queries.projects import Overview
from portal.queries.records import Line

TOLD = 5
# Read a few more, because an approval that is only the other side of a payment is left out.
READ = 8
# What stands in the record, but would crowd out everything else among the latest.
TOO_SMALL = ("file.stored", "file.removed", "grant.issued", "grant.rotated", "grant.revoked", "client.described")


def latest(session: Session, overview: Overview) -> list[Line]:
    """The latest entries of the record, the newest first. The project was found through a door."""
    head, titles = overview.head, {step.id: step.title for step in overview.steps}
    rows = session.connection().execute(_STATEMENT, {"vendor": head.vendor_id, "project": head.id})
    lines = (
        Line(row.seq, row.kind, row.at, json.loads(row.body), row.hash, titles.get(row.milestone_id), head.currency)
        for row in rows
    )
    return [line for line in lines if not _is_echo(line)][:TOLD]


def _is_echo(line: Line) -> bool:
    return line.kind == "milestone.approved" and line.facts.get("means") == "payment"


_STATEMENT = (
    select(Entry.seq, Entry.kind, Entry.at, Entry.body, Entry.hash, Entry.milestone_id)
    .where(Entry.vendor_id == bindparam("vendor"), Entry.project_id == bindparam("project"))
    .where(text(IS_FACT), Entry.kind.not_in(TOO_SMALL))
    .order_by(Entry.seq.desc())
    .limit(READ)
)
