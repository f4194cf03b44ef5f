"""A piece of a conversation in one statement: messages with names, quotes, files, and who has read so far."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from portal.models.client import Contact
from portal.models.entry import Entry
from portal.models.message import Message, Reading, Thread
from portal.models.vendor import Member
from portal.queries.message_rows import MessageRow, Quote, Seen, read_files

ON_PAGE = 30
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """Some messages in order, the last number of the conversation, and how far the reader had read it."""

    rows: tuple[MessageRow, ...]
    head_seq: int
    read_seq: int

    @property
    def first_seq(self) -> int:
        """The number of the first of them; 1 when there are none."""
        return self.rows[0].seq if self.rows else 1

    @property
    def last_seq(self) -> int:
        """The number of the last of them; that of the conversation when there are none."""
        return self.rows[-1].seq if self.rows else self.head_seq

    @property
    def unread(self) -> int:
        """How many the reader has not seen."""
        return self.head_seq - self.read_seq


@dataclass(frozen=True, slots=True)
class Asked:
    """Which piece of a conversation: `most` messages after a number, before one, or around one; else the latest.

    `reader` is whose mark counts as "the reader's".
    """

    vendor_id: UUID
    thread_id: UUID
    reader: tuple[str, UUID]
    after: int | None = None
    before: int | None = None
    most: int = ON_PAGE


def piece(session: Session, asked: Asked) -> Piece:
    """The piece asked for, in order. The conversation was found through a door."""
    rows = session.connection().execute(_statement(asked.after is not None), _given(asked)).all()
    found: dict[UUID, MessageRow] = {}
    for row in rows:
        message = found.setdefault(row.id, _message(row))
        if row.seen_kind is not None:
            message.seen.append(Seen(row.seen_kind, row.seen_id, row.seen_name, row.seen_zone, row.seen_at))
    ordered = tuple(sorted(found.values(), key=lambda message: message.seq))
    head, read = (rows[0].head_seq, rows[0].read_seq or 0) if rows else (0, 0)
    return Piece(ordered, head, read)


def one(session: Session, vendor_id: UUID, thread_id: UUID, seq: int) -> MessageRow | None:
    """A single message by its place."""
    asked = Asked(vendor_id, thread_id, ("nobody", vendor_id), after=seq - 1, most=1)
    rows = piece(session, asked).rows
    return rows[0] if rows and rows[0].seq == seq else None


def _given(asked: Asked) -> dict[str, Any]:
    before = asked.before if asked.before is not None else 2**31 - 1
    return {
        "vendor": asked.vendor_id,
        "thread": asked.thread_id,
        "edge": asked.after if asked.after is not None else before,
        "most": asked.most,
        "reader_kind": asked.reader[0],
        "reader": asked.reader[1],
    }


def _message(row: Row[Any]) -> MessageRow:
    return MessageRow(
        id=row.id,
        thread_id=row.thread_id,
        seq=row.seq,
        author_kind=row.author_kind,
        author_id=row.author_id,
        author=row.author_name or "",
        kind=row.kind,
        body=row.body,
        at=row.at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        facts=json.loads(row.entry_body) if row.entry_body else {},
        quote=_quote(row),
        files=read_files(row.files),
    )


def _quote(row: Row[Any]) -> Quote | None:
    if row.quoted_id is None:
        return None
    return Quote(row.quoted_id, row.quoted_seq, row.quoted_name or "", row.quoted_body)


@cache
def _statement(forwards: bool) -> Select[Any]:
    """A piece first, then what belongs to each of its messages: one row for each reader who is just there."""
    message, quoted, own = aliased(Message, _piece(forwards)), aliased(Message), aliased(Reading)
    authors, quoted_authors, readers = _People(), _People(), _People()
    statement = (
        select(*_columns(message, quoted), *authors.named("author"), *quoted_authors.named("quoted"))
        .add_columns(*_marks(readers), Thread.head_seq, own.seq.label("read_seq"))
        .join(Thread, (Thread.vendor_id == message.vendor_id) & (Thread.id == message.thread_id))
        .outerjoin(Entry, _tells(message))
        .outerjoin(quoted, and_(quoted.vendor_id == message.vendor_id, quoted.id == message.quoted_id))
        .outerjoin(Reading, and_(_same_thread(Reading, message), Reading.seq == message.seq))
        .outerjoin(own, and_(_same_thread(own, message), _is_of_reader(own)))
    )
    statement = authors.join(statement, message, message.author_kind, message.author_id)
    statement = quoted_authors.join(statement, quoted, quoted.author_kind, quoted.author_id)
    return readers.join(statement, Reading, Reading.reader_kind, Reading.reader_id)


class _People:
    """Members and contacts in one role of the statement, so that it can name whoever a reference means."""

    def __init__(self) -> None:
        self.member, self.contact = aliased(Member), aliased(Contact)

    def join(self, statement: Select[Any], of: Any, kind: Any, person_id: Any) -> Select[Any]:
        """With the two tables, each row of which is in it only where it is meant."""
        member = and_(self.member.vendor_id == of.vendor_id, kind == "member", self.member.id == person_id)
        contact = and_(self.contact.vendor_id == of.vendor_id, kind == "contact", self.contact.id == person_id)
        return statement.outerjoin(self.member, member).outerjoin(self.contact, contact)

    def named(self, role: str) -> list[Any]:
        """The name, as a column of the role."""
        return [func.coalesce(self.member.name, self.contact.name).label(f"{role}_name")]

    @property
    def zone(self) -> Any:
        """The clock of whoever is meant."""
        return func.coalesce(self.member.time_zone, self.contact.time_zone)


def _piece(forwards: bool) -> Any:
    edge = bindparam("edge", type_=Integer())
    there = Message.seq > edge if forwards else Message.seq < edge
    order = Message.seq.asc() if forwards else Message.seq.desc()
    mine = Message.vendor_id == bindparam("vendor"), Message.thread_id == bindparam("thread")
    return select(Message).where(*mine, there).order_by(order).limit(bindparam("most", type_=Integer())).subquery()


def _marks(readers: _People) -> list[Any]:
    return [
        Reading.reader_kind.label("seen_kind"),
        Reading.reader_id.label("seen_id"),
        Reading.at.label("seen_at"),
        readers.zone.label("seen_zone"),
        *readers.named("seen"),
    ]


def _tells(message: Any) -> ColumnElement[bool]:
    mine = Entry.vendor_id == message.vendor_id, Entry.project_id == message.project_id
    return and_(*mine, Entry.seq == message.entry_seq)


def _is_of_reader(reading: Any) -> ColumnElement[bool]:
    return and_(reading.reader_kind == bindparam("reader_kind"), reading.reader_id == bindparam("reader"))


def _same_thread(reading: Any, message: Any) -> ColumnElement[bool]:
    return and_(reading.vendor_id == message.vendor_id, reading.thread_id == message.thread_id)


def _columns(message: Any, quoted: Any) -> list[Any]:
    return [
        message.id.label("id"),
        message.thread_id.label("thread_id"),
        message.seq.label("seq"),
        message.author_kind.label("author_kind"),
        message.author_id.label("author_id"),
        message.kind.label("kind"),
        message.body.label("body"),
        message.files.label("files"),
        message.at.label("at"),
        message.edited_at.label("edited_at"),
        message.deleted_at.label("deleted_at"),
        Entry.body.label("entry_body"),
        message.quoted_id.label("quoted_id"),
        quoted.seq.label("quoted_seq"),
        quoted.body.label("quoted_body"),
    ]
