"""Stored files read again now and then, since disks forget: what is not what was stored any more is not handed out.

A download of 5 GB cannot wait for its hash, so files are not read whole before they leave. This does it beforehand:
each file once a week, the longest unread first, and a damaged one every time until it is mended from a backup.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Row, Select, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from portal.adapters import clock, digests, outside
from portal.adapters.storage import Damaged, Missing
from portal.db import command
from portal.models.deliverable import Deliverable
from portal.models.message import Attachment

EVERY = timedelta(days=7)
# An hourly turn leaves the disk to others most of the time. What is not reached is the first of the next turn.
TURN_SECONDS = 600
# Files too large to be read before each download, and which of them are here still.
KEPT: dict[type[Deliverable | Attachment], ColumnElement[bool]] = {
    Deliverable: Deliverable.removed_at.is_(None),
    Attachment: Attachment.is_small.is_(False),
}
log = structlog.get_logger()


def run(session: Session) -> list[UUID]:
    """Read what is due, for ten minutes at most and the file begun to its end; the damaged ones found."""
    begun, damaged = time.monotonic(), []
    for file in _due(session):
        if time.monotonic() - begun > TURN_SECONDS:
            break
        is_damaged = not _is_whole(session, file)
        mark(session, file_id=file.id, is_damaged=is_damaged)
        if is_damaged:
            log.error("stored_file_damaged", file=str(file.id))
            damaged.append(file.id)
    return damaged


@command
def mark(session: Session, *, file_id: UUID, is_damaged: bool) -> None:
    """Keep what reading it showed. The instant of a damage is the one it was first seen at."""
    now = clock.now()
    for kind, here in KEPT.items():
        first_seen = func.coalesce(kind.damaged_at, now) if is_damaged else None
        shown = update(kind).where(kind.id == file_id, here).values(checked_at=now, damaged_at=first_seen)
        session.execute(shown.execution_options(synchronize_session=False))


def _due(session: Session) -> Sequence[Row[UUID, int, str, datetime]]:
    rows = session.execute(union_all(*(_wanted(kind) for kind in KEPT)).order_by("last")).all()
    session.rollback()
    return rows


def _wanted(kind: type[Deliverable | Attachment]) -> Select[UUID, int, str, datetime]:
    last = func.coalesce(kind.checked_at, kind.stored_at)
    wanted = or_(last < clock.now() - EVERY, kind.damaged_at.is_not(None))
    return select(kind.id, kind.bytes.label("size"), kind.sha256, last.label("last")).where(KEPT[kind], wanted)


def _is_whole(session: Session, file: Row[UUID, int, str, datetime]) -> bool:
    try:
        with outside.of(session).storage.open(file.id, file.size) as stored:
            return bool(digests.of_file(stored) == file.sha256)
    except (Missing, Damaged):
        return False
