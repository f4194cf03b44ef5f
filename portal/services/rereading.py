"""Stored files read again now and then, since disks forget: what is not what was stored any more is not handed out.

A download of 5 GB cannot wait for its hash, so files are not read whole before they leave. This does it beforehand:
each file once a week, the longest unread first, and a damaged one every time until it is mended from a backup.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.orm import Session

from portal.adapters import clock, digests, outside
from portal.adapters.storage import Damaged, Missing
from portal.db import command
from portal.models.deliverable import Deliverable

EVERY = timedelta(days=7)
# An hourly turn leaves the disk to others most of the time. What is not reached is the first of the next turn.
TURN_SECONDS = 600
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
    first_seen = func.coalesce(Deliverable.damaged_at, now) if is_damaged else None
    shown = update(Deliverable).where(Deliverable.id == file_id, Deliverable.removed_at.is_(None))
    session.execute(shown.values(checked_at=now, damaged_at=first_seen).execution_options(synchronize_session=False))


def _due(session: Session) -> Sequence[Row[UUID, int, str]]:
    last = func.coalesce(Deliverable.checked_at, Deliverable.stored_at)
    wanted = or_(last < clock.now() - EVERY, Deliverable.damaged_at.is_not(None))
    columns = select(Deliverable.id, Deliverable.bytes.label("size"), Deliverable.sha256)
    rows = session.execute(columns.where(Deliverable.removed_at.is_(None), wanted).order_by(last)).all()
    session.rollback()
    return rows


def _is_whole(session: Session, file: Row[UUID, int, str]) -> bool:
    try:
        with outside.of(session).storage.open(file.id, file.size) as stored:
            return bool(digests.of_file(stored) == file.sha256)
    except (Missing, Damaged):
        return False
