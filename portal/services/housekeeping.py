"""What nobody needs any more: browsers that left, full buckets, answers nobody asks for again, old deliveries."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.db import command
from portal.models.outbox import Answer
from portal.models.sitting import Key, Sitting
from portal.models.webhook import Delivery
from portal.services import throttle

# A sitting ends for good after 30 days at the latest (queries.sittings).
SITTINGS_KEPT = timedelta(days=31)
ANSWERS_KEPT = timedelta(days=90)
# Ten times as long as one is tried.
DELIVERIES_KEPT = timedelta(days=30)
AT_ONCE = 500


def tidy_up(session: Session) -> int:
    """Delete it all, in small transactions; how many rows went."""
    some = (_some_sittings, _some_answers, _some_deliveries)
    return throttle.sweep(session) + sum(_until_done(session, each) for each in some)


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
def _some_deliveries(session: Session) -> int:
    old = select(Delivery.id).where(Delivery.queued_at < clock.now() - DELIVERIES_KEPT).limit(AT_ONCE)
    ids = list(session.scalars(old))
    session.execute(delete(Delivery).where(Delivery.id.in_(ids)))
    return len(ids)


@command
def _some_answers(session: Session) -> int:
    stale = select(Answer.actor, Answer.act, Answer.key).where(Answer.at < clock.now() - ANSWERS_KEPT).limit(AT_ONCE)
    rows = session.execute(stale).all()
    for row in rows:
        session.execute(delete(Answer).where(Answer.actor == row.actor, Answer.act == row.act, Answer.key == row.key))
    return len(rows)
