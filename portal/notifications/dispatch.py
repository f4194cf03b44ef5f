"""Notices leave the house: claimed, sent outside of transactions, marked. At least once, always the same Message-ID."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Update, or_, update
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.adapters.failpoints import failpoint
from portal.adapters.mail import Post, Refused
from portal.db import command
from portal.models.outbox import Notice
from portal.notifications import parcels
from portal.notifications.envelopes import Unsendable
from portal.services import preferences

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=24)
PATIENCE = timedelta(days=5)
AT_ONCE = 20
log = structlog.get_logger()


def send_due(session: Session, *, post: Post, sender: str) -> int:
    """Send every notice that is due; how many mails left. Several processes may do this at the same time."""
    sent = 0
    while claimed := parcels.claim(session, most=AT_ONCE):
        sent += sum(_send(session, notice_id, post, sender) for notice_id in claimed)
    return sent


def _is_still_ours(notice: Notice) -> bool:
    """Whoever slept longer than its lease leaves the rest of what it took to those who took it over meanwhile."""
    is_open = notice.sent_at is None and notice.gave_up_at is None and notice.dropped_at is None
    return is_open and notice.claimed_until is not None and notice.claimed_until > clock.now()


def _send(session: Session, lead_id: UUID, post: Post, sender: str) -> bool:
    try:
        lead = session.get_one(Notice, lead_id)
        if not _is_still_ours(lead):
            return False
        parcel = parcels.pack(session, lead)
        if parcel is None:
            drop(session, lead_id=lead_id)
            return False
        if parcel.due_at > clock.now():
            postpone(session, lead_id=lead_id, until=parcel.due_at)
            return False
        preferences.keep_token(session, notice=lead)
        message = parcels.compose(session, parcel, sender=sender)
        told = [notice.id for notice in parcel.notices]
        # The server may take its time; no transaction waits for it.
        session.rollback()
        failpoint("mail.composed")
        post.send(message)
        failpoint("mail.accepted")
        mark_sent(session, lead_id=lead_id, told=told)
    except (Refused, Unsendable) as error:
        give_up(session, lead_id=lead_id, reason=str(error))
        return False
    except Exception as error:
        log.exception("mail_not_sent", notice=str(lead_id))
        put_off(session, lead_id=lead_id, reason=f"{type(error).__name__}: {error}")
        return False
    return True


@command
def mark_sent(session: Session, *, lead_id: UUID, told: Sequence[UUID]) -> None:
    """The server accepted it. What went with it but was not in it, because nobody may or wants to know, is dropped."""
    now = clock.now()
    in_it = _parcel(lead_id).where(Notice.id.in_(told))
    session.execute(in_it.values(sent_at=now, claimed_until=None, last_error=""))
    session.execute(_parcel(lead_id).values(dropped_at=now, claimed_until=None))
    failpoint("mail.marking")


@command
def give_up(session: Session, *, lead_id: UUID, reason: str) -> None:
    """It will never be sent, and why."""
    log.warning("mail_given_up", notice=str(lead_id), reason=reason[:300])
    values = {"gave_up_at": clock.now(), "claimed_until": None, "last_error": reason[:300]}
    session.execute(_parcel(lead_id).values(values))


@command
def drop(session: Session, *, lead_id: UUID) -> None:
    """Whoever it was for left, lost their access, or wants or needs no mail any more: there is nothing to be told."""
    session.execute(_parcel(lead_id).values(dropped_at=clock.now(), claimed_until=None))


@command
def postpone(session: Session, *, lead_id: UUID, until: datetime) -> None:
    """It came due in quiet hours that were not known when it was written."""
    session.execute(_parcel(lead_id).values(due_at=until, patient_from=until, claimed_until=None))


@command
def put_off(session: Session, *, lead_id: UUID, reason: str) -> None:
    """Try again later: after 1 minute, then twice as long each time, at most a day; give up after five days."""
    session.expire_all()
    lead = session.get_one(Notice, lead_id)
    since = lead.patient_from or lead.created_at
    if clock.now() - since >= PATIENCE:
        give_up(session, lead_id=lead_id, reason=reason)
    else:
        due = parcels.not_in_quiet_hours(session, lead, clock.now() + wait(lead.attempts))
        values = {"due_at": due, "claimed_until": None, "last_error": reason[:300]}
        session.execute(_parcel(lead_id).values(values))


def wait(attempts: int) -> timedelta:
    """How long to wait after so many tries."""
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)


def _parcel(lead_id: UUID) -> Update:
    """A notice, and those that go in its mail; of what is over nothing changes any more."""
    mine = or_(Notice.id == lead_id, Notice.mailed_with == lead_id)
    over = Notice.sent_at.is_(None), Notice.gave_up_at.is_(None), Notice.dropped_at.is_(None)
    return update(Notice).where(mine, *over).execution_options(synchronize_session=False)
