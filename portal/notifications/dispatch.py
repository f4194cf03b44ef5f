"""Notices leave the house: claimed, sent outside of transactions, marked. At least once, always the same Message-ID."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Update, and_, or_, select, update
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.adapters.failpoints import failpoint
from portal.adapters.mail import Post, Refused
from portal.db import command
from portal.models.outbox import Notice
from portal.notifications import mails, recipients
from portal.notifications.mails import Unsendable

# Longer than any server may keep us waiting, so that nobody else takes over while the first still sends.
LEASE = timedelta(minutes=10)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=24)
PATIENCE = timedelta(days=5)
AT_ONCE = 20
log = structlog.get_logger()


def send_due(session: Session, *, post: Post, sender: str) -> int:
    """Send every notice that is due; how many left. Several processes may do this at the same time."""
    sent = 0
    while claimed := claim(session, most=AT_ONCE):
        sent += sum(_send(session, notice_id, post, sender) for notice_id in claimed)
    return sent


@command
def claim(session: Session, *, most: int) -> list[UUID]:
    """Take up to `most` due notices for this process alone, oldest first, until the lease ends."""
    now = clock.now()
    due = _free(now) & (Notice.due_at <= now)
    oldest = session.scalars(select(Notice.id).where(due).order_by(Notice.due_at, Notice.id).limit(most)).all()
    taken = session.scalars(
        update(Notice)
        .where(Notice.id.in_(oldest), due)
        .values(claimed_until=now + LEASE, attempts=Notice.attempts + 1)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    failpoint("mail.claiming")
    return sorted(taken)


def _free(now: object) -> ColumnElement[bool]:
    """Neither sent, given up nor dropped, and in nobody's hands; the lease of whoever died with it in hand runs out."""
    return and_(
        Notice.sent_at.is_(None),
        Notice.gave_up_at.is_(None),
        Notice.dropped_at.is_(None),
        or_(Notice.claimed_until.is_(None), Notice.claimed_until <= now),
    )


def _is_still_ours(notice: Notice) -> bool:
    """Whoever slept longer than its lease leaves the rest of what it took to those who took it over meanwhile."""
    is_open = notice.sent_at is None and notice.gave_up_at is None and notice.dropped_at is None
    return is_open and notice.claimed_until is not None and notice.claimed_until > clock.now()


def _send(session: Session, notice_id: UUID, post: Post, sender: str) -> bool:
    try:
        notice = session.get_one(Notice, notice_id)
        if not _is_still_ours(notice):
            return False
        recipient = recipients.of(session, notice)
        if recipient is None:
            drop(session, notice_id=notice_id)
            return False
        message = mails.compose(session, notice, recipient, sender=sender)
        # The server may take its time; no transaction waits for it.
        session.rollback()
        failpoint("mail.composed")
        post.send(message)
        failpoint("mail.accepted")
        mark_sent(session, notice_id=notice_id)
    except (Refused, Unsendable) as error:
        give_up(session, notice_id=notice_id, reason=str(error))
        return False
    except Exception as error:
        log.exception("mail_not_sent", notice=str(notice_id))
        put_off(session, notice_id=notice_id, reason=f"{type(error).__name__}: {error}")
        return False
    return True


@command
def mark_sent(session: Session, *, notice_id: UUID) -> None:
    """The server accepted it."""
    session.execute(_one(notice_id).values(sent_at=clock.now(), claimed_until=None, last_error=""))
    failpoint("mail.marking")


@command
def give_up(session: Session, *, notice_id: UUID, reason: str) -> None:
    """It will never be sent, and why."""
    log.warning("mail_given_up", notice=str(notice_id), reason=reason[:300])
    session.execute(_one(notice_id).values(gave_up_at=clock.now(), claimed_until=None, last_error=reason[:300]))


@command
def drop(session: Session, *, notice_id: UUID) -> None:
    """Whoever it was for left or lost their access meanwhile: nothing failed, and nothing is to be told."""
    session.execute(_one(notice_id).values(dropped_at=clock.now(), claimed_until=None))


@command
def put_off(session: Session, *, notice_id: UUID, reason: str) -> None:
    """Try again later: after 1 minute, then twice as long each time, at most a day; give up after five days."""
    session.expire_all()
    notice = session.get_one(Notice, notice_id)
    notice.claimed_until, notice.last_error = None, reason[:300]
    if clock.now() - notice.created_at >= PATIENCE:
        notice.gave_up_at = clock.now()
    else:
        notice.due_at = clock.now() + wait(notice.attempts)


def wait(attempts: int) -> timedelta:
    """How long to wait after so many tries."""
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)


def _one(notice_id: UUID) -> Update:
    return update(Notice).where(Notice.id == notice_id).execution_options(synchronize_session=False)
