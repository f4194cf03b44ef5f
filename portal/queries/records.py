"""The record of a project: a page of it in readable pieces, and all of it for those who check it. Three statements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, literal, select, union_all
from sqlalchemy.orm import Session

from portal.access.actor import Actor, MemberActor
from portal.access.scopes import visible, visible_projects
from portal.models.client import Contact, Grant
from portal.models.deliverable import Deliverable
from portal.models.entry import Entry
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.models.vendor import Member
from portal.rules.errors import NotFound

LINES_ON_PAGE = 40
LINES_AT_ONCE = 500
FORMAT = "milepost-record-1"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. `facts` is its body, `milestone` the title of the one it is about, `currency` that of its amounts."""

    seq: int
    kind: str
    at: datetime
    facts: Mapping[str, Any]
    hash: str
    milestone: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some lines, the newest first. `names` says who or what a reference is, as far as the reader may know."""

    project_id: UUID
    vendor_id: UUID
    title: str
    time_zone: str
    head_seq: int
    head_hash: str
    page: int
    pages: int
    lines: tuple[Line, ...]
    names: Mapping[str, str]

    @property
    def head(self) -> str:
        """The head as papers and mails print it, and as verify_milepost.py wants it."""
        return f"{self.head_seq}:{self.head_hash}"


def page(session: Session, actor: Actor, project_id: UUID, number: int = 1) -> RecordPage:
    """Page `number` of the record, or the nearest there is. Raises NotFound when `actor` cannot see the project."""
    project = session.execute(
        select(
            Project.id, Project.vendor_id, Project.title, Project.time_zone, Project.currency,
            Project.head_seq, Project.head_hash,
        ).where(Project.id == project_id, visible_projects(actor))
    ).first()  # fmt: skip
    if project is None:
        raise NotFound
    pages = max(1, -(-project.head_seq // LINES_ON_PAGE))
    chosen = min(max(1, number), pages)
    newest = project.head_seq - (chosen - 1) * LINES_ON_PAGE
    lines = _lines(session, actor, project, newest)
    return RecordPage(
        project_id=project.id,
        vendor_id=project.vendor_id,
        title=project.title,
        time_zone=project.time_zone,
        head_seq=project.head_seq,
        head_hash=project.head_hash,
        page=chosen,
        pages=pages,
        lines=lines,
        names=names(session, actor, project.vendor_id, lines),
    )


def export(session: Session, project_id: UUID) -> Iterator[bytes]:
    """The whole record in the format of verify_milepost.py, some lines at a time. The project was found by a door.

    Between two pieces no connection is held: whoever reads slowly keeps nobody else from the database.
    """
    yield _json_line({"format": FORMAT, "project": str(project_id)})
    last = 0
    while rows := _after(session, project_id, last):
        last = rows[-1].seq
        yield b"".join(
            _json_line({"seq": row.seq, "body": row.body, "prev": row.prev, "hash": row.hash}) for row in rows
        )


def _after(session: Session, project_id: UUID, seq: int) -> Sequence[Any]:
    entries = select(Entry.seq, Entry.body, Entry.prev, Entry.hash).where(Entry.project_id == project_id)
    rows = session.execute(entries.where(Entry.seq > seq).order_by(Entry.seq).limit(LINES_AT_ONCE)).all()
    session.rollback()
    return rows


def names(session: Session, actor: Actor, vendor_id: UUID, lines: tuple[Line, ...]) -> dict[str, str]:
    """Who acted, whose access and which files `lines` are about: reference → name, in one statement.

    A contact is told no name of a file that was not delivered yet.
    """
    members = _ids(lines, "by", "member:")
    contacts = _ids(lines, "by", "contact:") | _ids(lines, "contact")
    mine = Deliverable.id.in_(_ids(lines, "deliverable")), Deliverable.vendor_id == vendor_id
    shown = literal(True) if isinstance(actor, MemberActor) else Deliverable.submission_id.is_not(None)
    people = and_(Contact.vendor_id == Grant.vendor_id, Contact.id == Grant.contact_id)
    known = union_all(
        select(literal("member"), Member.id, Member.name).where(Member.vendor_id == vendor_id, Member.id.in_(members)),
        select(literal("contact"), Contact.id, Contact.name).where(
            Contact.vendor_id == vendor_id, Contact.id.in_(contacts)
        ),
        select(literal("grant"), Grant.id, Contact.name)
        .join(Contact, people)
        .where(Grant.vendor_id == vendor_id, Grant.id.in_(_ids(lines, "grant"))),
        select(literal("deliverable"), Deliverable.id, Deliverable.name).where(*mine, shown),
    )
    return {f"{kind}:{row_id}": name for kind, row_id, name in session.execute(known)}


def _lines(session: Session, actor: Actor, project: Any, newest: int) -> tuple[Line, ...]:
    milestone = and_(Milestone.vendor_id == Entry.vendor_id, Milestone.id == Entry.milestone_id)
    rows = session.execute(
        select(Entry.seq, Entry.kind, Entry.at, Entry.body, Entry.hash, Milestone.title)
        .outerjoin(Milestone, milestone)
        .where(visible(actor, Entry.vendor_id, Entry.project_id), Entry.project_id == project.id)
        .where(Entry.seq <= newest, Entry.seq > newest - LINES_ON_PAGE)
        .order_by(Entry.seq.desc())
    )
    return tuple(
        Line(row.seq, row.kind, row.at, json.loads(row.body), row.hash, row.title, project.currency) for row in rows
    )


def _ids(lines: tuple[Line, ...], fact: str, prefix: str = "") -> set[UUID]:
    said = {str(line.facts[fact]) for line in lines if fact in line.facts}
    return {UUID(text.removeprefix(prefix)) for text in said if text.startswith(prefix)}


def _json_line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
