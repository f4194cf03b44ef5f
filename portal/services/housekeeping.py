"""What nobody needs any more: browsers that left long ago, full buckets, answers to requests nobody repeats."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.db import command
from portal.models.outbox import Answer
from portal.models.sitting import Key, Sitting
from portal.services import throttle

# A sitting ends for good after 30 days at the latest (queries.sittings).
SITTINGS_KEPT = timedelta(days=31)
ANSWERS_KEPT = timedelta(days=90)
AT_ONCE = 500


def tidy_up(session: Session) -> int:
    """Delete it all, in small transactions; how many rows went."""
    return throttle.sweep(session) + _until_done(session, _some_sittings) + _until_done(session, _some_answers)


def _until_done(session: Session, some) -> int:  # type: ignore[no-untyped-def]  # a command, whose type the decorator hides
    total = 0
    while count := some(session):
        total += count
    return total


@command
def _some_sittings(session: Session) -> int:
    limit = clock.now() - SITTINGS_KEPT
    dead = select(Sitting.id).where(or_(Sitting.ended_at < limit, Sitting.created_at < limit)).limit(AT_ONCE)
    ids = list(session.scalars(dead))
    session.execute(delete(Key).where(Key.sitting_id.in_(ids)))
    session.execute(delete(Sitting).where(Sitting.id.in_(ids)))
    return len(ids)


@command
def _some_answers(session: Session) -> int:
    stale = select(Answer.actor, Answer.act, Answer.key).where(Answer.at < clock.now() - ANSWERS_KEPT).limit(AT_ONCE)
    rows = session.execute(stale).all()
    for row in rows:
        session.execute(delete(Answer).where(Answer.actor == row.actor, Answer.act == row.act, Answer.key == row.key))
    return len(rows)
