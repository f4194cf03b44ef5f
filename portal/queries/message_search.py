"""Searching what was said in a project. One statement, however much was said in others.

Three characters and more are looked up in the index of pieces; one or two, which may be a whole Chinese word, are
compared with every message of the project.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, column, func, select, table
from sqlalchemy.orm import Session

from portal.models.client import Contact
from portal.models.message import Message, MessageText
from portal.models.searching import INDEX
from portal.models.vendor import Member

MOST_FOUND = 50
SHORTEST_INDEXED = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found."""

    id: UUID
    thread_id: UUID
    project_id: UUID
    seq: int
    author: str
    body: str
    at: datetime

    @property
    def address(self) -> str:
        """Where it stands in its conversation."""
        noun = "projects" if self.thread_id == self.project_id else "milestones"
        return f"/{noun}/{self.thread_id}/messages?around={self.seq}#message-{self.id}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was searched for (folded), and what was found, the newest first; `more` when that is not all of it."""

    words: str
    hits: tuple[Hit, ...]
    more: bool


def find(session: Session, vendor_id: UUID, project_id: UUID, words: str) -> Finding:
    """The messages of a project that contain every one of `words` (folded, not empty)."""
    rows = session.execute(
        select(
            Message.id,
            Message.thread_id,
            Message.project_id,
            Message.seq,
            func.coalesce(Member.name, Contact.name, ""),
            Message.body,
            Message.at,
        )
        .select_from(MessageText)
        .join(Message, and_(Message.vendor_id == MessageText.vendor_id, Message.id == MessageText.message_id))
        .outerjoin(Member, _author(Member, "member"))
        .outerjoin(Contact, _author(Contact, "contact"))
        .where(MessageText.vendor_id == vendor_id, MessageText.project_id == project_id)
        .where(*(_contains(session, word) for word in words.split()))
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(MOST_FOUND + 1)
    ).all()
    return Finding(words, tuple(Hit(*row) for row in rows[:MOST_FOUND]), len(rows) > MOST_FOUND)


def _author(person: Any, kind: str) -> ColumnElement[bool]:
    return and_(person.vendor_id == Message.vendor_id, Message.author_kind == kind, person.id == Message.author_id)


def _contains(session: Session, word: str) -> ColumnElement[bool]:
    plain = word.translate({ord(sign): f"/{sign}" for sign in "/%_"})
    if session.get_bind().dialect.name == "postgresql" or len(word) < SHORTEST_INDEXED:
        return MessageText.text.like(f"%{plain}%", escape="/")
    # As a phrase: what stands in quotes is looked for as it is, whatever signs it holds.
    phrase = '"' + word.replace('"', '""') + '"'
    return MessageText.id.in_(select(_INDEX.c.rowid).where(_INDEX.c[INDEX].op("MATCH")(phrase)))


_INDEX = table(INDEX, column("rowid"), column(INDEX))
