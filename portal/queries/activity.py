"""What happened lately over all of a vendor's projects. Two statements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select, text
from sqlalchemy.orm import Session

from portal.access.actor import MemberActor
from portal.models.entry import IS_FACT, Entry
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.queries import records
from portal.queries.owing import VENDOR
from portal.queries.records import Line

LATEST = 8
# The vendor's own desk work is no news to the vendor.
QUIET = ("file.stored", "file.removed", "project.revised")


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a record, and the project it belongs to."""

    line: Line
    project_id: UUID
    project: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Activity:
    """Some events, the newest first, and who or what their references are."""

    events: tuple[Event, ...]
    names: Mapping[str, str]


def latest(session: Session, actor: MemberActor) -> Activity:
    """The last entries of all records the actor can see."""
    rows = session.connection().execute(_STATEMENT, {"vendor": actor.vendor_id})
    events = tuple(
        Event(
            Line(row.seq, row.kind, row.at, json.loads(row.body), row.hash, row.milestone, row.currency),
            row.project_id, row.project, row.time_zone,
        )
        for row in rows
    )  # fmt: skip
    names = records.names(session, actor, actor.vendor_id, tuple(event.line for event in events))
    return Activity(events, names)


_STATEMENT = (
    select(Entry.project_id, Entry.seq, Entry.kind, Entry.at, Entry.body, Entry.hash)
    .add_columns(Project.title.label("project"), Project.time_zone, Project.currency)
    .add_columns(Milestone.title.label("milestone"))
    .join(Project, and_(Project.vendor_id == Entry.vendor_id, Project.id == Entry.project_id))
    .outerjoin(Milestone, and_(Milestone.vendor_id == Entry.vendor_id, Milestone.id == Entry.milestone_id))
    .where(Entry.vendor_id == VENDOR, text(IS_FACT), Entry.kind.not_in(QUIET))
    .order_by(Entry.at.desc(), Entry.seq.desc())
    .limit(LATEST)
)
